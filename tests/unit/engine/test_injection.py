"""The steps that a decision comes to, and the record of what was done."""

import random

import pytest

from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import UNDECIDED, UNSEARCHED, Engine
from localstack_outages.engine.finished import MAX_REQUEST_ID_LENGTH, Envelope, Injected
from localstack_outages.engine.injection import Injector
from localstack_outages.engine.steps import Break, Refuse, Wait
from localstack_outages.engine.store import Store
from localstack_outages.schema.effect import AwsError
from localstack_outages.schema.reading import parse_rules

CALL = Call("s3", "us-east-1", "GetObject", "000000000000", {})
ENVELOPE = Envelope(1_800_000_000.0, "AKIA")
SLOW_DOWN = AwsError("SlowDown", 503, "Please reduce your request rate.")
UNAVAILABLE = AwsError("ServiceUnavailable", 503, "unavailable")


class Setting:
    """An injector with its store, its clock and what it was told."""

    def __init__(self, clock):
        self.clock = clock
        self.finished = []
        self.store = Store(clock, random.Random)
        errors = {"throttling": SLOW_DOWN, "unavailable": UNAVAILABLE}
        aws_errors = lambda _, kind, __: errors[kind]  # noqa: E731 - of one line
        engine = Engine(self.store, aws_errors)
        self.injector = Injector(engine, aws_errors, self.finished.append, clock)

    def inject(self, *rules):
        """Begin the injection of a call, with rules in force."""
        self.store.replace(parse_rules(list(rules)))
        return self.injector.inject(CALL, ENVELOPE, self.clock.now)


@pytest.fixture
def setting(clock):
    """Give an injector without rules."""
    return Setting(clock)


def steps(injection, seconds=0.0, clock=None, can_break=True, on_wait=lambda wait: None):
    """Carry out what is to be done before the call; give the steps."""
    found = []
    for step in injection.before(lambda: can_break):
        found.append(step)
        if isinstance(step, Wait):
            if clock is not None:
                clock.advance(seconds)
            on_wait(step)
    return found


def test_nothing(setting):
    """A call that no rule is for is left alone, and recorded."""
    injection = setting.inject({"service": "sqs"})

    assert ([], [], None) == (steps(injection), list(injection.after()), injection.injected)
    assert not injection.refuses_at_once

    setting.clock.advance(2)
    injection.finish(200, None, "id")

    (finished,) = setting.finished
    told = (CALL, ENVELOPE, None, 1000.0, 1002.0, 0.0, 200, None, "id", (), None, None, None)
    assert told == finished


def test_refused(setting):
    """A call that is refused gets the error and is recorded with its rule."""
    injection = setting.inject({"service": "s3", "error": "throttling"})

    assert injection.refuses_at_once
    assert [Refuse(SLOW_DOWN)] == steps(injection)
    assert [] == list(injection.after())

    injection.finish(503, "SlowDown", "id")

    assert Injected("r1", 0, "SlowDown", 503) == setting.finished[0].injected
    assert (503, "SlowDown") == (setting.finished[0].status, setting.finished[0].error_code)


def test_delayed_and_refused(setting):
    """A call waits first, as long as the rule says."""
    injection = setting.inject({"latency": 250, "error": "throttling"})

    wait, refuse = steps(injection, 0.3, setting.clock)

    assert (0.25, False, Refuse(SLOW_DOWN)) == (wait.seconds, wait.for_client, refuse)
    assert not injection.refuses_at_once
    assert 300 == pytest.approx(injection.injected.delay_ms)
    assert "SlowDown" == injection.injected.code


def test_delayed_only(setting):
    """A call that only waits is recorded with the time that it took."""
    injection = setting.inject({"latency": 250})

    assert 1 == len(steps(injection, 0.25, setting.clock))
    assert Injected("r1", 0, delay_ms=250) == injection.injected


@pytest.mark.parametrize("fault", [{"error": "throttling"}, {"connection": "reset"}, {"connection": "hang"}, {"connection": "truncate"}])  # fmt: skip
def test_a_deleted_rule_lets_go(setting, fault):
    """A call whose rule is deleted while it waits goes on as if the rule had never been."""
    injection = setting.inject({"latency": 250, **fault})

    found = steps(injection, 0.1, setting.clock, on_wait=lambda _: setting.store.replace([]))

    assert [Wait] == [type(step) for step in found]
    assert [] == list(injection.after())
    assert Injected("r1", 0, delay_ms=pytest.approx(100)) == injection.injected


@pytest.mark.parametrize("kind", ["reset", "close"])
def test_broken(setting, kind):
    """A connection that is broken gives no answer, whatever status stands there."""
    injection = setting.inject({"connection": kind})

    assert [Break(kind)] == steps(injection)

    injection.finish(200, None, None)

    assert (None, Injected("r1", 0, connection=kind)) == (
        setting.finished[0].status,
        setting.finished[0].injected,
    )


@pytest.mark.parametrize("kind", ["reset", "close", "hang", "truncate"])
def test_what_cannot_be_broken(setting, kind):
    """A call without a connection of its own gets an error that is worth another try."""
    injection = setting.inject({"connection": kind})

    assert [Refuse(UNAVAILABLE)] == steps(injection, can_break=False)
    assert [] == list(injection.after())


def test_whether_it_can_be_broken_is_asked_only_where_needed(setting):
    """To look for a connection costs, so it is not done for a plain error."""
    injection = setting.inject({"error": "throttling"})

    assert [Refuse(SLOW_DOWN)] == list(injection.before(lambda: 1 / 0))


def test_cut(setting):
    """An answer is cut after the call was carried out; its status was sent."""
    injection = setting.inject({"connection": "truncate"})

    assert [] == steps(injection)
    assert injection.injected is None
    assert [Break("truncate")] == list(injection.after())

    injection.finish(200, None, None)

    assert 200 == setting.finished[0].status
    assert "truncate" == setting.finished[0].injected.connection


@pytest.mark.parametrize(
    ("rule", "step", "done"),
    [
        ({"error": "throttling"}, Refuse(SLOW_DOWN), {"code": "SlowDown", "status": 503}),
        ({"connection": "reset"}, Break("reset"), {"connection": "reset"}),
        ({"connection": "truncate"}, Break("truncate"), {"connection": "truncate"}),
    ],
    ids=["error", "reset", "truncate"],
)
def test_after(setting, rule, step, done):
    """Nothing is done to a call before it is carried out; then it fails, and the record tells both."""
    injection = setting.inject({**rule, "phase": "after"})

    assert [] == steps(injection)
    assert injection.injected is None
    assert [step] == list(injection.after())
    assert Injected("r1", 0, done=True, **done) == injection.injected


def test_after_what_cannot_be_broken(setting):
    """A call without a connection of its own is carried out, and then gets an error."""
    injection = setting.inject({"connection": "reset", "phase": "after"})

    assert [] == steps(injection, can_break=False)
    assert [Refuse(UNAVAILABLE)] == list(injection.after(lambda: False))


@pytest.mark.parametrize("was_refused", [False, True])
@pytest.mark.parametrize("rule", [{"phase": "after"}, {"connection": "truncate"}], ids=str)
def test_what_the_service_refused_was_not_done(setting, rule, was_refused):
    """A call that the service itself refused was not carried out, whatever comes after it."""
    injection = setting.inject(rule)
    steps(injection)

    assert 1 == len(list(injection.after(was_refused=was_refused)))
    assert (not was_refused) is injection.injected.done


def test_after_alone(setting):
    """A rule that names no fault beside the phase is an outage after the fact."""
    injection = setting.inject({"phase": "after"})

    assert [] == steps(injection)
    assert ["ServiceUnavailableException"] == [step.error.code for step in injection.after()]


def test_after_in_a_sequence(setting):
    """A step of a sequence can come after the fact."""
    injection = setting.inject({"sequence": [{"error": "throttling", "phase": "after"}]})

    assert [] == steps(injection)
    assert [Refuse(SLOW_DOWN)] == list(injection.after())


def leave(wait):
    wait.client_left = True


@pytest.mark.parametrize(
    ("rule", "seconds"), [({}, None), ({"duration": 5}, 5.0)], ids=["for ever", "for 5 s"]
)
def test_hang(setting, rule, seconds):
    """A call hangs until its client has gone, at most as long as its rule."""
    injection = setting.inject({"connection": "hang", **rule})

    wait, end = steps(injection, 3, setting.clock, on_wait=leave)

    assert (True, seconds, Break("hang")) == (wait.for_client, wait.seconds, end)
    assert Injected("r1", 0, delay_ms=3000, connection="hang") == injection.injected


@pytest.mark.parametrize(
    "on_wait",
    [lambda setting: None, lambda setting: setting.store.replace([])],
    ids=["its time is up", "its rule is deleted"],
)
def test_hang_ends(setting, on_wait):
    """A call that need not hang any more goes on, late."""
    injection = setting.inject({"connection": "hang", "duration": 5})

    found = steps(injection, 5, setting.clock, on_wait=lambda _: on_wait(setting))

    assert [Wait] == [type(step) for step in found]
    assert Injected("r1", 0, delay_ms=5000) == injection.injected


def test_hang_after_a_delay(setting):
    """Both waits count."""
    injection = setting.inject({"connection": "hang", "latency": 1000})

    def on_wait(wait):
        wait.client_left = wait.for_client

    steps(injection, 1, setting.clock, on_wait=on_wait)

    assert 2000 == injection.injected.delay_ms


@pytest.mark.parametrize("rule", [{"latency": 100}, {"connection": "hang"}])
def test_no_room(setting, rule):
    """A host that cannot have the call wait refuses it, and that is recorded."""
    injection = setting.inject(rule)

    def on_wait(wait):
        wait.refusal = UNAVAILABLE

    assert Refuse(UNAVAILABLE) == steps(injection, on_wait=on_wait)[-1]
    assert ("ServiceUnavailable", 503) == (injection.injected.code, injection.injected.status)


def test_what_a_host_could_not_do(setting):
    """A step that a host could not carry out is not recorded, but for the delay before it."""
    injection = setting.inject({"error": "throttling"})
    steps(injection)
    injection.let_pass()

    assert injection.injected is None

    injection = setting.inject({"latency": 100, "connection": "truncate"})
    steps(injection, 0.1, setting.clock)
    injection.let_pass()

    assert [] == list(injection.after())
    assert Injected("r2", 0, delay_ms=pytest.approx(100)) == injection.injected


def test_the_owner(setting):
    """What was done to a call names the owner of the rule."""
    setting.store.replace(parse_rules([{}]), owner="a test")
    injection = setting.injector.inject(CALL, ENVELOPE, 0)
    steps(injection)

    assert "a test" == injection.injected.owner


def test_early(setting):
    """A call whose parameters are not read yet is refused where that is certain."""
    setting.store.replace(parse_rules([{"error": "throttling"}]))
    injection = setting.injector.inject_early(CALL, ENVELOPE, 0)

    assert [Refuse(SLOW_DOWN)] == steps(injection)

    setting.store.replace(parse_rules([{"latency": 1}]))

    assert UNDECIDED is setting.injector.inject_early(CALL, ENVELOPE, 0)

    setting.store.replace(parse_rules([{"service": f"x{i}*"} for i in range(100)] + [{}]))

    assert UNSEARCHED is setting.injector.inject_early(CALL, ENVELOPE, 0, may_search=False)
    assert not isinstance(setting.injector.inject_early(CALL, ENVELOPE, 0), type(UNDECIDED))
    assert not isinstance(
        setting.injector.inject_early(CALL, ENVELOPE, 0, may_search=False), type(UNDECIDED)
    )


def test_long_ids_are_cut(setting):
    """A request id is the client's where it sends one, and kept no longer than needed."""
    injection = setting.inject({})
    injection.finish(200, None, "x" * 100_000)

    assert MAX_REQUEST_ID_LENGTH == len(setting.finished[0].request_id)
