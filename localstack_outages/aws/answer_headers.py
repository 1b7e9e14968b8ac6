"""Headers of answers by which AWS tells a client when to try again, and what time it is; and ours,
that names a rule.
"""

import math
from email.utils import formatdate

Headers = tuple[tuple[str, str], ...]

DATE = "Date"

RULE_HEADER = "x-outages-rule"
"""The id of the rule that touched the call."""


def answer_headers(retry_after: float | None, skew: float, now: float) -> Headers:
    """Write the headers.

    ``x-amz-retry-after`` has milliseconds: SDKs with AWS's retry behaviour of 2026 add it to their
    back-off, up to five seconds (botocore 1.44, ``retries/standard.py``). ``Retry-After`` has whole
    seconds (RFC 9110, 10.2.3): the SDK for JavaScript reads it too (``@smithy/core``,
    ``parseRetryAfterHeader``). Clients correct their clock by ``Date``.

    :param retry_after: seconds
    :param skew: how far the clock of the answer is ahead, seconds
    :param now: seconds since 1970 (UTC)
    """
    headers: Headers = ()
    if retry_after is not None:
        headers = (
            ("x-amz-retry-after", str(round(retry_after * 1000))),
            ("Retry-After", str(math.ceil(retry_after))),
        )
    return (*headers, (DATE, formatdate(now + skew, usegmt=True))) if skew else headers
