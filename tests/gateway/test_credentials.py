"""Errors of credentials and clocks at the gateway, what the answers say beside them, and rules for one
page or one call.
"""

import time
from email.utils import parsedate_to_datetime

SKEW = 7200


def signed(seconds_ahead=0):
    """Give the header that says when a request was signed."""
    at = time.gmtime(time.time() + seconds_ahead)
    return time.strftime("X-Amz-Date: %Y%m%dT%H%M%SZ", at)


def seconds_ahead(headers):
    """Say how far the clock of an answer is ahead."""
    return parsedate_to_datetime(headers["date"]).timestamp() - time.time()


def test_skewed(play):
    """A call is refused with the date of another clock; one that is signed by it passes, with the
    same clock in place of the upstream's.
    """

    async def scene(setup):
        setup.rules({"service": "s3", "error": "skewed", "skew": SKEW})
        status, headers, body = await setup.call("s3", "GET /bucket/key", signed())
        assert 403 == status
        assert b"RequestTimeTooSkewed" in body
        assert abs(seconds_ahead(headers) - SKEW) < 60

        status, headers, body = await setup.call("s3", "GET /bucket/key", signed(SKEW))
        assert (200, b"0123456789" * 10) == (status, body)
        assert abs(seconds_ahead(headers) - SKEW) < 60

        setup.rules()
        _, headers, _ = await setup.call("s3", "GET /bucket/key", signed())
        assert abs(seconds_ahead(headers)) < 60

    play(scene)


def test_retry_after(play):
    """An error says when to try again."""

    async def scene(setup):
        setup.rules({"service": "s3", "error": "throttling", "retryAfter": 2})
        status, headers, _ = await setup.call()

        assert (503, "2000", "2") == (
            status, headers["x-amz-retry-after"], headers["retry-after"],
        )  # fmt: skip
        assert "date" in headers

    play(scene)


def test_page(play):
    """Only the page that is asked for fails, by a token in the query."""

    async def scene(setup):
        setup.rules({"service": "s3", "page": 2, "error": "expiredCursor"})
        listing = "GET /bucket?list-type=2"
        statuses = [
            (await setup.call("s3", line))[0]
            for line in (
                listing,
                f"{listing}&continuation-token=a",
                f"{listing}&continuation-token=b",
            )
        ]

        assert [200, 400, 200] == statuses

    play(scene)


def test_call(play):
    """All attempts of the second call fail, by their invocation id; a request without one is a call."""

    async def scene(setup):
        setup.rules({"service": "s3", "call": 2, "error": "internal"})
        ids = ("a", "b", "a", "b", "c")
        statuses = [
            (await setup.call("s3", "GET /bucket/key", f"amz-sdk-invocation-id: {name}"))[0]
            for name in ids
        ]
        assert [200, 500, 200, 500, 200] == statuses

        setup.rules({"service": "s3", "call": 2, "error": "internal"})
        assert [200, 500, 200] == [(await setup.call())[0] for _ in range(3)]

    play(scene)
