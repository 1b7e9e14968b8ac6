"""Which region a request was signed for, whatever the form and the place of its signature.

LocalStack asks only the ``Authorization`` header, and rewrites every region outside partition
``aws`` to ``us-east-1`` before an extension sees the request (``localstack/aws/handlers/region.py``
in 4.8.1 and 2026.3.0). An outage of ``us-gov-*`` needs the region that the client meant.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qs

_SCOPE = re.compile(r"(?P<key>[^/,\s=]+)/\d{8}/(?:(?P<region>[^/,\s]{1,64})/)?[^/,\s]+/aws4_request")
"""A credential scope. SigV4A (``AWS4-ECDSA-P256-SHA256``) leaves out the region."""

_CONCRETE = re.compile(r"[a-z0-9-]+", re.ASCII)


def signed_region(headers: Mapping[str, str], query: str, form: Mapping[str, str]) -> str | None:
    """Give the region that a request was signed for.

    Asked in this order: the ``Authorization`` header (SigV4, SigV4A), the query of a presigned URL,
    the form of a browser's POST to S3.

    :param headers: the request's headers as the client sent them; ``Authorization`` and
        ``X-Amz-Region-Set`` are looked at
    :param query: the raw query string of the request
    :param form: the request's form fields, by lower-case name, where it is a form upload
    :return: the region; None where the signature names none (SigV2, bearer tokens, no signature)
    """
    authorization = headers.get("Authorization")
    if authorization:
        return _of_scope(authorization, headers.get("X-Amz-Region-Set"))
    if "X-Amz-Credential" in query:
        values = parse_qs(query)
        region_set = values.get("X-Amz-Region-Set", [None])[0]
        return _of_scope(values.get("X-Amz-Credential", [""])[0], region_set)
    if form:
        return _of_scope(form.get("x-amz-credential", ""), form.get("x-amz-region-set"))
    return None


def _of_scope(text: str, region_set: str | None) -> str | None:
    scope = _SCOPE.search(text)
    if scope is None:
        return None
    if scope["region"]:
        return scope["region"]
    # SigV4A signs for a set of regions, in which "*" and "eu-*" may stand. The first that is a
    # region's name is where the request is served; a set of patterns alone names no region.
    for region in (region_set or "").split(","):
        if _CONCRETE.fullmatch(region.strip()):
            return region.strip()
    return None
