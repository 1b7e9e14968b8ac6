"""The short forms of a rule's fields stand for what the rule has in full."""

import pytest

from localstack_outages.cli.shorthand import parse_flap, parse_probability
from localstack_outages.schema.faults import all_faults

READERS = {
    **{fault.name: fault.option.read for fault in all_faults()},
    "flap": parse_flap,
    "probability": parse_probability,
}


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
        ("throttle", "1.5x", {"capacity": 1.5}),
        ("throttle", "2x/10", {"capacity": 2, "burst": 10}),
        ("throttle", '{"rate": 5, "by": "account"}', {"rate": 5, "by": "account"}),
        ("flap", "5s/1m", {"down": 5, "up": 60}),
        ("probability", "0.2", 0.2),
        ("probability", "20%", 0.2),
        ("probability", "1", 1),
        ("probability", '{"from": 0, "to": 1}', {"from": 0, "to": 1}),
        ("partial", "2", {"count": 2}),
        ("partial", "30%", {"share": 0.3}),
        ("partial", "#0", {"indexes": [0]}),
        ("partial", "#0,#12", {"indexes": [0, 12]}),
        ("partial", '{"share": 1}', {"share": 1}),
        ("sequence", "throttling, pass", ["throttling", "pass"]),
        ("sequence", '[{"latency": 5}]', [{"latency": 5}]),
    ],
)
def test_it_is_read(parse, text, value):
    """A short form is read, and JSON is taken as it is."""
    assert value == READERS[parse](text)


@pytest.mark.parametrize(
    ("parse", "text", "hint"),
    [
        ("error", "throtling", "did you mean 'throttling'?"),
        ("payload", "truncate", "a payload; write truncate:BYTES"),
        ("partial", "half", "write how many (2), a share of them (30%)"),
        ("payload", "cut:5", "is not a payload"),
        ("error", "xyz", "notFound, expiredCursor, a code such as SlowDown"),
        ("error", "", "STATUS:CODE such as 403:AccessDenied"),
        ("error", "403:", "or JSON"),
        ("error", "{", "is not valid JSON"),
        ("latency", "-5", "a range (100-300)"),
        ("latency", "", "milliseconds (200)"),
        ("latency", "100-", "a time (1.5s)"),
        ("latency", "5h", "or JSON"),
        ("throttle", "5/", "with a burst (5/10)"),
        ("flap", "5s", "write DOWN/UP such as 5s/10s"),
        ("flap", "5s/x", "'x' is not a duration"),
        ("probability", "often", "a percentage (20%)"),
        ("sequence", "[", "is not valid JSON"),
    ],
)
def test_what_is_none_is_refused(parse, text, hint):
    """The message says how to write it."""
    with pytest.raises(ValueError, match="is not ") as caught:
        READERS[parse](text)

    assert hint in str(caught.value)
