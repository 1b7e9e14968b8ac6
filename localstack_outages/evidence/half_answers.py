"""Which clients take half an answer for a whole one."""

import re
from functools import cache

from .record import Observed

_UNCHECKED = (1, 43)
"""From this version on botocore asks urllib3 not to compare the length of a body with
``Content-Length`` (``enforce_content_length=False`` in ``botocore/httpsession.py``)."""

_SDKS = frozenset(("boto3", "botocore"))
"""Their versions go together."""

_VERSION = re.compile(r"(\d+)\.(\d+)")


def takes_half(attempt: Observed) -> bool:
    """Say whether a client took an answer that was cut off for a whole one.

    Of half a JSON document botocore makes an empty answer, and of half an XML document an error.
    Protocols whose answers may be streams, such as the content of an S3 object, are left out: who
    reads a stream compares it with its length.
    """
    version = _VERSION.match(attempt.client.version or "")
    if attempt.client.name not in _SDKS or version is None:
        return False
    is_unchecked = (int(version[1]), int(version[2])) >= _UNCHECKED
    return is_unchecked and _speaks_json(attempt.service)


@cache
def _speaks_json(service: str) -> bool:
    from localstack_outages.aws.wire.catalog import catalog

    entry = catalog().by_name.get(service)
    return entry is not None and entry.protocols[0] == "json"
