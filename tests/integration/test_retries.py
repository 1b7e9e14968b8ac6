"""SDKs retry in an outage as they do against AWS."""

import pytest

from .helpers import failure, outage


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("legacy", 5), ("standard", 3), ("adaptive", 3)],
)
@pytest.mark.parametrize(("service", "operation"), [("sts", "get_caller_identity")])
def test_attempts(outages, client, mode: str, expected: int, service: str, operation: str) -> None:
    """A plain outage is retried to the end: five attempts in legacy mode, three in the others."""
    outages.post([{"service": service}])
    made = client(service, retries={"mode": mode})
    attempts = []
    made.meta.events.register("before-send", lambda **_: attempts.append(1))

    assert outage(service) == failure(getattr(made, operation))
    assert expected == len(attempts)
    assert expected == outages.status()[1]["rules"][0]["hits"]


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_short_outage_is_not_noticed(outages, client, mode: str) -> None:
    """A call that fails twice works at its third attempt, in either mode."""
    outages.post([{"service": "sts", "times": 2}])
    sts = client("sts", retries={"mode": mode})

    assert 2 == sts.get_caller_identity()["ResponseMetadata"]["RetryAttempts"]


@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_what_aws_does_not_have_retried_is_not(outages, client, mode: str) -> None:
    """An error of the client is given to the application at once."""
    denied = {"statusCode": 403, "code": "AccessDenied", "message": "no"}
    outages.post([{"service": "sts", "error": denied}])

    found = failure(client("sts", retries={"mode": mode}).get_caller_identity)
    assert (403, "AccessDenied", "no") == found
    assert 1 == outages.status()[1]["rules"][0]["hits"]
