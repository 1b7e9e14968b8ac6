"""What a request is signed for: access key, account, region, and the name of the service.

The signature itself is not checked.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from localstack_outages.aws.signature import MAX_CREDENTIAL_LENGTH, Signature, read_signature

from . import forms
from .accounts import account_of
from .messages import DEFAULT_ACCOUNT, MAX_QUERY_LENGTH, HttpRequest

MAX_AUTHORIZATION_LENGTH = 4096
"""Longer headers are cut here; AWS's have some 300 characters."""

_MAX_REGION_SET_LENGTH = 256
_SIGNED_NAME = re.compile(r"/(?P<name>[^/,\s]{1,128})/aws4_request")


class Scope(NamedTuple):
    """What a signature says, with the name that is signed for."""

    access_key: str | None = None
    region: str | None = None
    name: str | None = None
    account: str = DEFAULT_ACCOUNT
    is_bearer: bool = False


_UNSIGNED = Scope()


def read_scope(request: HttpRequest, form: bytes) -> Scope:
    """Read the scope of a request, wherever its signature stands.

    :param form: its body where it is a form; forms may be signed themselves
    """
    headers = request.headers
    authorization = headers.get("authorization")
    region_set = headers.get("x-amz-region-set")
    if authorization:
        start = authorization.partition(",")[0]
        if len(start) <= MAX_CREDENTIAL_LENGTH and (
            not region_set or len(region_set) <= _MAX_REGION_SET_LENGTH
        ):
            return _of_header(start, region_set)
        start = authorization[:MAX_AUTHORIZATION_LENGTH]
        return _scope(read_signature({"Authorization": start}, "", {}), start)
    query = request.query[:MAX_QUERY_LENGTH]
    if "X-Amz-Credential" in query or "AWSAccessKeyId" in query:
        signature = read_signature({}, query, {})
        return _scope(signature, query.replace("%2F", "/").replace("%2f", "/"))
    return _read_form_signature(headers, form) if form else _UNSIGNED


def _read_form_signature(headers: Mapping[str, str], form: bytes) -> Scope:
    if headers.get("content-type", "").startswith(forms.UPLOAD):
        fields = forms.upload_fields(form)
        return _scope(read_signature({}, "", fields), fields.get("x-amz-credential", ""))
    # Signature Version 2 of the Query protocols
    key = forms.field(form, b"AWSAccessKeyId")
    return _scope(Signature(key), "") if key else _UNSIGNED


@lru_cache(maxsize=1024)
def _of_header(authorization: str, region_set: str | None) -> Scope:
    headers = {"Authorization": authorization}
    if region_set:
        headers["X-Amz-Region-Set"] = region_set
    return _scope(read_signature(headers, "", {}), authorization)


def _scope(signature: Signature, text: str) -> Scope:
    found = _SIGNED_NAME.search(text)
    is_bearer = text[:7].lower() == "bearer "
    name = found["name"] if found else None
    return Scope(*signature, name, account_of(signature.access_key), is_bearer)
