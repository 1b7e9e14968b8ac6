"""Signs a request anew (Signature Version 4), where its own signature was made for another host.

Source: "Create a signed AWS API request", AWS IAM User Guide.
"""

import hashlib
import hmac
import posixpath
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import quote, unquote

UNSIGNED = "UNSIGNED-PAYLOAD"
EMPTY_HASH = hashlib.sha256().hexdigest()

_ALGORITHM = "AWS4-HMAC-SHA256"
_TIME = "%Y%m%dT%H%M%SZ"
_PLAIN = "-_.~"
_SIGNED_TOO = frozenset(("content-md5", "content-type", "host"))
_OF_VERSION_2 = frozenset(("AWSAccessKeyId", "Expires", "Signature", "x-amz-security-token"))
_OF_PRESIGNED = frozenset(
    ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-Security-Token",
     "X-Amz-Signature", "X-Amz-SignedHeaders")
)  # fmt: skip


class Keys(NamedTuple):
    """Whose signature it is."""

    access_key: str
    secret_key: str
    token: str | None = None


class Target(NamedTuple):
    """What is signed for."""

    region: str
    name: str
    """The signing name of the service."""
    is_s3: bool
    """Whether paths count as they are: S3 alone does not encode them again."""


def signed_headers(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    payload: str,
    target: Target,
    keys: Keys,
    at: datetime,
) -> dict[str, str]:
    """Give the headers of a request with a signature in place of the one that they have.

    :param path: as it is sent, percent-encoded
    :param query: as it is sent, without the signature of a presigned URL
    :param headers: by name in lower case, with ``host``
    :param payload: the SHA-256 of the body in hexadecimal, or what stands for it
    :param at: the time, UTC
    """
    time = at.strftime(_TIME)
    dropped = ("authorization", "x-amz-date", "x-amz-security-token")
    sent = {name: value for name, value in headers.items() if name not in dropped}
    sent["x-amz-date"] = time
    if keys.token:
        sent["x-amz-security-token"] = keys.token
    if target.is_s3:
        sent["x-amz-content-sha256"] = payload
    signed = sorted(name for name in sent if name.startswith("x-amz-") or name in _SIGNED_TOO)
    names = ";".join(signed)
    canonical = "\n".join(
        (
            method,
            path if target.is_s3 else _encoded_again(path),
            _sorted(query),
            *(f"{name}:{' '.join(sent[name].split())}" for name in signed),
            "",
            names,
            payload,
        )
    )
    scope = f"{time[:8]}/{target.region}/{target.name}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    signature = _hmac(_key(keys, scope), f"{_ALGORITHM}\n{time}\n{scope}\n{digest}").hex()
    sent["authorization"] = (
        f"{_ALGORITHM} Credential={keys.access_key}/{scope}, SignedHeaders={names}, "
        f"Signature={signature}"
    )
    return sent


def is_presigned(query: str) -> bool:
    """Whether a query signs its request, by either version of signatures."""
    return "X-Amz-Signature=" in query or "AWSAccessKeyId=" in query


def expiry_of(query: str) -> datetime | None:
    """Give when a presigned URL expires; None where it does not say so as it must."""
    fields = dict(pair.partition("=")[::2] for pair in query.split("&"))
    try:
        if "AWSAccessKeyId" in fields:
            return datetime.fromtimestamp(int(fields["Expires"]), UTC)
        began_at = datetime.strptime(fields["X-Amz-Date"], _TIME).replace(tzinfo=UTC)
        return began_at + timedelta(seconds=int(fields["X-Amz-Expires"]))
    except (LookupError, ValueError, OverflowError, OSError):
        return None


def without_signature(query: str) -> str:
    """Give the query of a presigned URL without what signs it."""
    dropped = _OF_VERSION_2 if "AWSAccessKeyId=" in query else _OF_PRESIGNED
    return "&".join(pair for pair in query.split("&") if pair.partition("=")[0] not in dropped)


def _encoded_again(path: str) -> str:
    normal = posixpath.normpath(path).replace("//", "/", 1)
    if path.endswith(("/", "/.", "/..")) and normal != "/":
        normal += "/"
    return quote(normal, safe=f"/{_PLAIN}")


def _sorted(query: str) -> str:
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    encoded = [(_encoded(name), _encoded(value)) for name, _, value in pairs]
    return "&".join(f"{name}={value}" for name, value in sorted(encoded))


def _encoded(text: str) -> str:
    return quote(unquote(text, errors="surrogateescape"), safe=_PLAIN, errors="surrogateescape")


def _key(keys: Keys, scope: str) -> bytes:
    key = f"AWS4{keys.secret_key}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
