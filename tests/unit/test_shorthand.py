"""The short forms of a rule's fields stand for what the rule has in full."""

from typing import get_args

import pytest

from localstack_outages import shorthand
from localstack_outages.effects import ErrorKind


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        ("error", "throttling", "throttling"),
        ("error", "SlowDown", {"code": "SlowDown"}),
        ("error", "AWS.SimpleQueueService.X", {"code": "AWS.SimpleQueueService.X"}),
        ("error", "403:AccessDenied", {"statusCode": 403, "code": "AccessDenied"}),
        ("error", "500", {"statusCode": 500}),
        ("error", '{"code": "x"}', {"code": "x"}),
        ("latency", "200", 200),
        ("latency", "0.5", 0.5),
        ("latency", "200ms", 200),
        ("latency", "1.5s", 1500),
        ("latency", "2m", 120_000),
        ("latency", "100-300", {"min": 100, "max": 300}),
        ("latency", "100-300ms", {"min": 100, "max": 300}),
        ("latency", "1-3s", {"min": 1000, "max": 3000}),
        ("latency", "500ms-3s", {"min": 500, "max": 3000}),
        ("latency", '{"p50": 40}', {"p50": 40}),
        ("throttle", "5", {"rate": 5}),
        ("throttle", "0.5/10", {"rate": 0.5, "burst": 10}),
        ("throttle", '{"rate": 5, "by": "account"}', {"rate": 5, "by": "account"}),
        ("flap", "5s/1m", {"down": 5, "up": 60}),
        ("probability", "0.2", 0.2),
        ("probability", "20%", 0.2),
        ("probability", "1", 1),
        ("probability", '{"from": 0, "to": 1}', {"from": 0, "to": 1}),
        ("sequence", "throttling, pass", ["throttling", "pass"]),
        ("sequence", '[{"latency": 5}]', [{"latency": 5}]),
    ],
)
def test_it_is_read(parse, text, value):
    """A short form is read, and JSON is taken as it is."""
    assert value == getattr(shorthand, f"parse_{parse}")(text)


@pytest.mark.parametrize(
    ("parse", "text", "hint"),
    [
        ("error", "throtling", "unavailable, throttling, internal, a code such as SlowDown"),
        ("error", "", "STATUS:CODE such as 403:AccessDenied"),
        ("error", "403:", "or JSON"),
        ("error", "{", "is no valid JSON"),
        ("latency", "-5", "a range (100-300)"),
        ("latency", "", "milliseconds (200)"),
        ("latency", "100-", "a time (1.5s)"),
        ("latency", "5h", "or JSON"),
        ("throttle", "5/", "with a burst (5/10)"),
        ("flap", "5s", "write DOWN/UP such as 5s/10s"),
        ("flap", "5s/x", "'x' is no duration"),
        ("probability", "often", "a percentage (20%)"),
        ("sequence", "[", "is no valid JSON"),
    ],
)
def test_what_is_none_is_refused(parse, text, hint):
    """The message says how to write it."""
    with pytest.raises(ValueError, match="is no ") as caught:
        getattr(shorthand, f"parse_{parse}")(text)

    assert hint in str(caught.value)


def test_the_words_for_errors_are_those_of_a_rule():
    """A kind of error that rules learn is known here too."""
    assert get_args(ErrorKind) == shorthand._KINDS
