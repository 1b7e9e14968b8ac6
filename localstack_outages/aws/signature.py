"""Who signed a request, and for which region, whatever the form and the place of the signature.

LocalStack asks only the ``Authorization`` header, and rewrites every region outside partition
``aws`` to ``us-east-1`` before an extension sees the request (``localstack/aws/handlers/region.py``
in 4.8.1 and 2026.3.0). An outage of ``us-gov-*`` needs the region that the client meant.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs

_SCOPE = re.compile(
    r"(?P<key>[^/,\s=]{1,128})/\d{8}/(?:(?P<region>[^/,\s]{1,64})/)?[^/,\s]+/aws4_request"
)
"""A credential scope. SigV4A (``AWS4-ECDSA-P256-SHA256``) leaves out the region."""

_VERSION_2 = re.compile(r"AWS (?P<key>[^:\s]{1,128}):")
_CONCRETE = re.compile(r"[a-z0-9-]{1,64}", re.ASCII)


MAX_CREDENTIAL_LENGTH = 512
"""What is longer is read, but not remembered."""


class Signature(NamedTuple):
    """What a signature says."""

    access_key: str | None = None
    """None where there is no signature, or one without an access key, such as a bearer token."""
    region: str | None = None
    """None where it names none (SigV2, bearer tokens, no signature)."""


_NONE = Signature()


def read_signature(headers: Mapping[str, str], query: str, form: Mapping[str, str]) -> Signature:
    """Read the signature of a request.

    Asked in this order: the ``Authorization`` header (SigV4, SigV4A, SigV2), the query of a
    presigned URL, the form of a browser's POST to S3.

    :param headers: the request's headers as the client sent them; ``Authorization`` and
        ``X-Amz-Region-Set`` are looked at
    :param query: the raw query string of the request
    :param form: the request's form fields, by lower-case name, where it is a form upload
    """
    authorization = headers.get("Authorization")
    if authorization:
        # The credential comes first; what follows is new in each request.
        start = authorization.partition(",")[0]
        if "Credential=" in start and len(start) <= MAX_CREDENTIAL_LENGTH:
            return _of_credential(start, headers.get("X-Amz-Region-Set"))
        return _of_scope(authorization, headers.get("X-Amz-Region-Set"))
    if "X-Amz-Credential" in query:
        values = parse_qs(query)
        region_set = values.get("X-Amz-Region-Set", [None])[0]
        return _of_scope(values.get("X-Amz-Credential", [""])[0], region_set)
    if "AWSAccessKeyId" in query:
        return Signature(parse_qs(query).get("AWSAccessKeyId", [None])[0])
    if form:
        credential = form.get("x-amz-credential")
        if credential:
            return _of_scope(credential, form.get("x-amz-region-set"))
        return Signature(form.get("awsaccesskeyid") or None)
    return _NONE


@lru_cache(maxsize=1024)
def _of_credential(text: str, region_set: str | None) -> Signature:
    return _of_scope(text, region_set)


def _of_scope(text: str, region_set: str | None) -> Signature:
    scope = _SCOPE.search(text)
    if scope is None:
        version_2 = _VERSION_2.match(text)
        return Signature(version_2["key"]) if version_2 else _NONE
    if scope["region"]:
        return Signature(scope["key"], scope["region"])
    # SigV4A signs for a set of regions, in which "*" and "eu-*" may stand. The first that is a
    # region's name is where the request is served; a set of patterns alone names no region.
    for region in (region_set or "").split(","):
        if _CONCRETE.fullmatch(region.strip()):
            return Signature(scope["key"], region.strip())
    return Signature(scope["key"])
