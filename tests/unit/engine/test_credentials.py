"""Errors that depend on who sends a call, and when: credentials that expire, clocks that are off."""

import random
from email.utils import parsedate_to_datetime

import pytest

from localstack_outages.aws.errors import aws_error
from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import UNDECIDED, Engine
from localstack_outages.engine.finished import Envelope
from localstack_outages.engine.injection import Injector
from localstack_outages.engine.known_keys import KnownKeys
from localstack_outages.engine.steps import Refuse
from localstack_outages.engine.store import Store
from localstack_outages.schema.reading import parse_rules

CALL = Call("s3", "us-east-1", "GetObject", "000000000000", {})
NOW = 1_795_427_040.0
"""2026-11-23T09:44:00Z."""
SIGNED = {0: "20261123T094400Z", 3600: "20261123T104400Z", -3600: "20261123T084400Z"}


class Setting:
    """An injector with its rules."""

    def __init__(self, clock):
        self.clock = clock
        self.store = Store(clock, random.Random)
        engine = Engine(self.store, aws_error)
        self.injector = Injector(engine, aws_error, lambda _: None, clock)

    def rules(self, *documents):
        self.store.replace(parse_rules(list(documents)))

    def call(self, key="AKIA", signed_at=None, **fields):
        """Make a call; give its injection and the code that it gets."""
        envelope = Envelope(NOW, key, signed_at=signed_at)
        injection = self.injector.inject(CALL._replace(**fields), envelope, self.clock.now)
        codes = [step.error.code for step in injection.before() if isinstance(step, Refuse)]
        return injection, codes[0] if codes else None

    def codes(self, *keys):
        return [self.call(key)[1] for key in keys]


@pytest.fixture
def setting(clock):
    """Give an injector without rules."""
    return Setting(clock)


def test_expired(setting, clock):
    """Access keys that were seen before the rule began are refused, new ones pass, and go on to."""
    setting.call("OLD")
    clock.advance(1)
    setting.rules({"error": "expired"})
    clock.advance(1)

    assert ["ExpiredToken", None, None, "ExpiredToken"] == setting.codes("OLD", "NEW", "NEW", "OLD")


def test_expired_later(setting, clock):
    """A rule that begins later takes the keys that were seen until then."""
    setting.rules({"error": "expired", "after": 5})
    assert [None] == setting.codes("OLD")
    clock.advance(6)

    assert ["ExpiredToken", None] == setting.codes("OLD", "NEW")


def test_next_rule(setting, clock):
    """A key that passes comes to the next rule."""
    setting.call("OLD")
    clock.advance(1)
    setting.rules({"error": "expired"}, {"error": "denied"})

    assert ["ExpiredToken", "AccessDenied"] == setting.codes("OLD", "NEW")


def test_unsigned(setting):
    """A call that nobody signed has no key that could expire."""
    setting.rules({"error": "expired"})

    assert [None] == setting.codes(None)


def test_bound_of_keys(clock):
    """Of too many keys the one that was first seen the longest ago is forgotten, and counts as new."""
    keys = KnownKeys(most=2)
    for at, key in enumerate("abc"):
        keys.note(key, at)

    assert [False, True, True] == [keys.is_older(key, 9) for key in "abc"]
    assert 2 == len(keys.first_seen)


@pytest.mark.parametrize("skew", [3600, -3600])
def test_skewed(setting, skew):
    """A call that is signed by the right clock is refused, with a Date by which the client corrects
    its own; one that is signed by that clock passes, and keeps it.
    """
    setting.rules({"error": "skewed", "skew": skew})
    refused, code = setting.call(signed_at=SIGNED[0])
    passed, nothing = setting.call(signed_at=SIGNED[skew])

    assert ["RequestTimeTooSkewed", None] == [code, nothing]
    for injection in (refused, passed):
        date = parsedate_to_datetime(dict(injection.headers)["Date"])
        assert NOW + skew == date.timestamp()
    assert refused.injected.fails
    assert not passed.injected.fails


@pytest.mark.parametrize("signed_at", [None, "yesterday", "20261123"])
def test_no_date(setting, signed_at):
    """A call of which it is not known when it was signed passes."""
    setting.rules({"error": "skewed"})
    injection, code = setting.call(signed_at=signed_at)

    assert (None, (), None) == (code, injection.headers, injection.injected)


def test_retry_after(setting):
    """An error says in both headers that SDKs read when they are to try again."""
    setting.rules({"error": "throttling", "retryAfter": 1.5})
    injection, _ = setting.call()

    retry = (("x-amz-retry-after", "1500"), ("Retry-After", "2"))
    assert (*retry, ("x-outages-rule", "r1")) == injection.headers


def test_retry_after_a_throttle(setting):
    """It stands beside a throttle too, and says nothing to the calls that pass."""
    setting.rules({"throttle": {"rate": 1}, "retryAfter": 3})
    passed, refused = setting.call()[0], setting.call()[0]

    assert () == passed.headers
    assert "3000" == dict(refused.headers)["x-amz-retry-after"]


def test_in_a_sequence(setting, clock):
    """A step may be any of it; a call that a step lets pass does not use it up."""
    setting.call("OLD")
    clock.advance(1)
    setting.rules({"sequence": ["expired", {"error": "denied", "retryAfter": 2}]})

    assert [None, "ExpiredToken", "AccessDenied", None] == setting.codes("NEW", "OLD", "OLD", "OLD")


@pytest.mark.parametrize("error", ["expired", "skewed", "expiredCursor"])
def test_not_early(setting, error):
    """What depends on more than the place of a call is not decided early."""
    setting.rules({"error": error})

    assert UNDECIDED is setting.injector.engine.decide_early(CALL)


def test_expired_cursor(setting):
    """Calls that send a token or an iterator are refused, others pass."""
    setting.rules({"error": "expiredCursor"})
    records = {"service": "kinesis", "operation": "GetRecords"}

    assert (
        "ExpiredIteratorException" == setting.call(**records, parameters={"ShardIterator": "i"})[1]
    )
    assert None is setting.call(**records, parameters={})[1]
    assert None is setting.call()[1]
    assert setting.injector.engine.asks_parameters(CALL)


def test_page(setting):
    """A page is a selection like others: what the rule does, it does to that page alone."""
    setting.rules({"page": 2})
    pages = [{}, {"NextToken": "a"}, {"NextToken": "b"}]
    calls = [{"service": "sqs", "operation": "ListQueues", "parameters": page} for page in pages]

    codes = [setting.call(**call)[1] for call in calls]
    assert [None, "ServiceUnavailableException", None] == codes
    assert setting.injector.engine.asks_parameters(CALL)
    assert UNDECIDED is setting.injector.engine.decide_early(CALL)
