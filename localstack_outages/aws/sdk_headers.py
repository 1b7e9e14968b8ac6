"""What a request says of the AWS SDK that sent it: its name, its retry mode, and which attempt it is.

AWS SDKs since about 2020 number the attempts of one logical call::

    User-Agent: Boto3/1.42.5 md/Botocore#1.42.5 ... cfg/retry-mode#standard
    amz-sdk-invocation-id: 5a9f6c3e-2d0b-4d7e-8e5b-0a8ce1a0f1d3
    amz-sdk-request: attempt=2; max=3

All of it comes from the client, so that nothing here may fail on it or grow with it.
"""

import re
from functools import lru_cache
from typing import NamedTuple

MAX_HEADER_LENGTH = 1024
"""What stands behind it in a header is not looked at."""

THREAD_HEADER = "X-Outages-Thread"
"""Names the process and thread that make a call. The pytest plugin adds it to what botocore sends."""

MAX_THREAD_LENGTH = 64
"""A longer name of a thread is none."""

MAX_INVOCATION_ID_LENGTH = 64
"""SDKs send a UUID; anything longer is no invocation id."""

_REMEMBERED = 1024

_SDK = (
    "(?i)"
    r"(?:^|[\s(])(?P<name>aws-cli|boto3|(?:aio)?botocore|aws-sdk-[a-z0-9-]+)(?:/(?P<version>[^\s;,()]*))?"
)
"""Patterns are compiled at their first use: LocalStack's start does not wait for it."""

_PRODUCT = r"\s*(?P<name>[^\s/;,()]+)(?:/(?P<version>[^\s;,()]*))?"
_RETRY_MODE = r"\bcfg/retry-mode[#/](?P<mode>[A-Za-z]+)"
_FEATURES = r"(?:^|\s)m/(?P<features>[A-Za-z0-9+\-,]+)"
_MODE_BY_FEATURE = {"D": "legacy", "E": "standard", "F": "adaptive"}
"""SDKs that do not write out their retry mode have a letter for it among the features they use."""

_ATTEMPT = r"(?i)(?:^|[;\s])attempt\s*=\s*(\d{1,6})\s*(?:;|$)"
_MAX = r"(?i)(?:^|[;\s])max\s*=\s*(\d{1,6})\s*(?:;|$)"


class Sdk(NamedTuple):
    """Who sent a request, as far as its ``User-Agent`` says."""

    name: str | None = None
    """The SDK in lower case, such as ``boto3``, ``aws-cli``, ``aws-sdk-java``; of other software
    the first product that it names, such as ``curl``."""
    version: str | None = None
    """Its version."""
    retry_mode: str | None = None
    """``legacy``, ``standard`` or ``adaptive``."""


class SdkRequest(NamedTuple):
    """Which attempt of a logical call a request is, as far as ``amz-sdk-request`` says."""

    number: int | None = None
    """Counted from 1."""
    maximum: int | None = None
    """After how many attempts the SDK will give up."""


NO_SDK = Sdk()
NO_SDK_REQUEST = SdkRequest()


def read_sdk(user_agent: str | None) -> Sdk:
    """Read a ``User-Agent``. Where an SDK is wrapped (Terraform, an application's name first), it
    is the SDK that is given.
    """
    return _read_sdk(user_agent[:MAX_HEADER_LENGTH]) if user_agent else NO_SDK


def read_sdk_request(sdk_request: str | None) -> SdkRequest:
    """Read an ``amz-sdk-request`` header; what is not understood is None."""
    return _read_sdk_request(sdk_request[:MAX_HEADER_LENGTH]) if sdk_request else NO_SDK_REQUEST


def read_invocation_id(value: str | None) -> str | None:
    """Read an ``amz-sdk-invocation-id`` header."""
    return value if value and len(value) <= MAX_INVOCATION_ID_LENGTH else None


def read_thread(value: str | None) -> str | None:
    """Read a header ``X-Outages-Thread``."""
    return value if value and len(value) <= MAX_THREAD_LENGTH else None


@lru_cache(maxsize=_REMEMBERED)
def _read_sdk(user_agent: str) -> Sdk:
    found = re.search(_SDK, user_agent) or re.match(_PRODUCT, user_agent)
    if found is None:
        return NO_SDK
    return Sdk(found["name"].lower(), found["version"] or None, _retry_mode(user_agent))


def _retry_mode(user_agent: str) -> str | None:
    mode = re.search(_RETRY_MODE, user_agent)
    if mode is not None:
        return mode["mode"].lower()
    features = re.search(_FEATURES, user_agent)
    for feature in features["features"].split(",") if features else ():
        if feature in _MODE_BY_FEATURE:
            return _MODE_BY_FEATURE[feature]
    return None


@lru_cache(maxsize=_REMEMBERED)
def _read_sdk_request(sdk_request: str) -> SdkRequest:
    return SdkRequest(_number(_ATTEMPT, sdk_request), _number(_MAX, sdk_request))


def _number(pattern: str, text: str) -> int | None:
    found = re.search(pattern, text)
    return int(found[1]) or None if found else None
