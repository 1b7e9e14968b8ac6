"""What is worth another attempt. What each mode retries is held against botocore in test_aws_errors."""

import pytest

from localstack_outages.aws.retryable import is_worth_retrying, modes_that_give_up


@pytest.mark.parametrize(
    ("service", "code", "status", "expected"),
    [
        ("s3", "SlowDown", 503, True),
        ("s3", "SlowDown", 400, True),
        ("ecs", "LimitExceededException", 400, None),
        ("es", "LimitExceededException", 409, None),
        ("kinesis", "LimitExceededException", 400, True),
        ("transcribe", "LimitExceededException", 429, True),
        ("s3", "NoSuchKey", 404, False),
        ("s3", "", 200, None),
        ("sts", "ExpiredToken", 400, None),
        ("s3", "", 509, None),
    ],
)
def test_worth(service, code, status, expected):
    """A quota that is used up is no reason to blame who does not retry; a rate is."""
    assert expected is is_worth_retrying(service, code, status)


@pytest.mark.parametrize(
    ("code", "status", "services", "expected"),
    [
        ("Throttling", 400, (), None),
        ("RequestThrottled", 403, ("sqs",), None),
        ("RequestThrottled", 403, ("sqs", "s3"), "mode 'legacy'"),
        ("X", 509, ("s3",), "modes 'standard' and 'adaptive'"),
        ("X", 429, ("s3",), None),
        ("X", 429, ("organizations",), "mode 'legacy'"),
        ("X", 400, ("s3",), "modes 'legacy', 'standard' and 'adaptive'"),
    ],
)
def test_modes(code, status, services, expected):
    """A mode gives up where one of the services is not retried by it."""
    assert expected == modes_that_give_up(code, status, services)
