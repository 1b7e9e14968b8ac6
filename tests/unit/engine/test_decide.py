"""What happens to a call: the first rule that fires decides."""

import io
import logging
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase

import jmespath
import pytest
from hypothesis import given, settings, strategies as st
from jmespath.exceptions import JMESPathError

from localstack_outages.engine.call import Call, Principal
from localstack_outages.engine.decide import MANY, MAX_REMEMBERED, UNDECIDED, Engine
from localstack_outages.engine.store import Store
from localstack_outages.schema.effect import AwsError
from localstack_outages.schema.reading import parse_rules

CALL = Call("s3", "us-east-1", "GetObject", "000000000000", {"Bucket": "invoices", "Key": "a"})
OUTAGE = AwsError(
    "ServiceUnavailableException",
    503,
    "Service 's3' not accessible in 'us-east-1' region due to an outage",
)


def aws_errors(service, kind, operation):
    """Stand in for the catalogue of AWS errors."""
    return AwsError(f"{service}-{kind}", 599, f"{kind} of {service}")


class Setting:
    """An engine with its store and its clock."""

    def __init__(self, clock, make_random=random.Random):
        self.clock = clock
        self.store = Store(clock, make_random)
        self.engine = Engine(self.store, aws_errors)

    def rules(self, *documents):
        """Put a list of rules in place of the one there is."""
        self.store.replace(parse_rules(list(documents)))

    def decide(self, **fields):
        """Decide on a call that differs from CALL in some fields."""
        return self.engine.decide(CALL._replace(**fields))

    def deciders(self, count, **fields):
        """Give the ids of the rules that decide on a number of calls."""
        decisions = [self.decide(**fields) for _ in range(count)]
        return [decision and decision.rule_id for decision in decisions]


@pytest.fixture
def setting(clock):
    """Give an engine without rules."""
    return Setting(clock)


# --- the plain definition ---------------------------------------------------------------------------


class PlainRule:
    """A rule as its definition reads: no index, nothing remembered, no haste."""

    def __init__(self, document):
        self.document = document
        self.hits = 0

    def __getattr__(self, field):
        return self.document.get(field)

    def is_over(self, seconds):
        """Say whether its budget, its outcomes or its time are used up."""
        budget = len(self.sequence) if self.sequence else self.times
        if budget is not None and self.hits >= budget:
            return True
        return self.duration is not None and seconds >= (self.after or 0) + self.duration

    def matches(self, call):
        """Say whether the call is one of those that it is for."""
        for field in ("service", "region", "operation", "account"):
            if not fnmatchcase(getattr(call, field), self.document.get(field, "*")):
                return False
        if call.internal and self.origin == "external":
            return False
        if not call.internal and self.origin == "internal":
            return False
        if self.condition is None:
            return True
        try:
            return bool(jmespath.search(self.condition, call.parameters))
        except JMESPathError:
            return False

    def is_in_force(self, seconds):
        """Say whether it is its time."""
        since = seconds - (self.after or 0)
        if since < 0 or self.is_over(seconds):
            return False
        return (
            self.flap is None or since % (self.flap["down"] + self.flap["up"]) < self.flap["down"]
        )

    def fires(self, call, seconds):
        """Say whether it decides on the call."""
        is_lucky = self.document.get("probability", 1) == 1
        return self.is_in_force(seconds) and self.matches(call) and is_lucky

    def outcome(self):
        """Give what the next call gets."""
        if not self.sequence:
            return self.document
        step = self.sequence[self.hits]
        if step == "pass":
            return {"latency": 0}
        is_step = isinstance(step, dict) and {"latency", "error", "connection"} & set(step)
        return step if is_step else {"error": step}


def plain_error(outcome, call):
    """Give the error of an outcome as its definition reads."""
    error = outcome.get("error")
    if isinstance(error, str):
        return aws_errors(call.service, error, call.operation)
    if error is None and {"latency", "connection"} & set(outcome):
        return None
    text = f"Service '{call.service}' not accessible in '{call.region}' region due to an outage"
    given = {"code": "ServiceUnavailableException", "statusCode": 503, "message": text} | (
        error or {}
    )
    return AwsError(given["code"], given["statusCode"], given["message"])


def plain_decision(rules, call, seconds):
    """Walk the list: the first rule that matches and fires decides."""
    for position, rule in enumerate(rules):
        if rule.fires(call, seconds):
            outcome = rule.outcome()
            rule.hits += 1
            connection = outcome.get("connection")
            acts = "after" if connection == "truncate" else "before"
            error = plain_error(outcome, call)
            return position, outcome.get("latency", 0), error, connection, acts
    return None


def documents():
    """Make rules that leave nothing to chance."""
    error = st.sampled_from(["unavailable", "internal", {}, {"code": "A", "statusCode": 400}])
    connection = st.sampled_from(["reset", "truncate"])
    answer = st.one_of(
        st.fixed_dictionaries({}, optional={"latency": st.just(10), "error": error}),
        st.fixed_dictionaries({"connection": connection}, optional={"latency": st.just(10)}),
    )
    budget = st.fixed_dictionaries({}, optional={"times": st.integers(1, 3)})
    step = st.just("pass") | error | answer.filter(bool)
    sequence = st.fixed_dictionaries({"sequence": st.lists(step, min_size=1, max_size=3)})
    fault = st.tuples(answer, budget).map(lambda parts: parts[0] | parts[1]) | sequence
    common = st.fixed_dictionaries(
        {},
        optional={
            "service": st.sampled_from(["*", "s3", "sqs", "s*", "?3", "[!s]3", "[s]?*"]),
            "region": st.sampled_from(["*", "us-*", "us-east-1", "eu-west-[12]"]),
            "operation": st.sampled_from(["*", "Get*", "PutObject"]),
            "account": st.sampled_from(["*", "0*", "111111111111"]),
            "condition": st.sampled_from(["Key == 'a'", "length(Key) > `1`", "Flag", "Missing"]),
            "origin": st.sampled_from(["external", "internal", "any"]),
            "probability": st.sampled_from([0, 1, 1, 1.0]),
            "after": st.sampled_from([0, 0.5, 2]),
            "duration": st.sampled_from([0.5, 1, 3]),
            "flap": st.sampled_from([{"down": 0.5, "up": 0.5}, {"down": 1, "up": 0.25}]),
        },
    )
    return st.tuples(common, fault).map(lambda parts: parts[0] | parts[1])


CALLS = st.builds(
    Call,
    service=st.sampled_from(["s3", "sqs", "b3"]),
    region=st.sampled_from(["us-east-1", "eu-west-1"]),
    operation=st.sampled_from(["GetObject", "PutObject"]),
    account=st.sampled_from(["000000000000", "111111111111"]),
    parameters=st.fixed_dictionaries(
        {}, optional={"Key": st.sampled_from(["a", "ab", True, None]), "Flag": st.booleans()}
    ),
    internal=st.booleans(),
    names=st.just(()),
)
STEPS = st.tuples(CALLS, st.sampled_from([0, 0, 0, 0.25, 0.5, 1]), st.integers(0, 9))


def check_definition(clock, rule_documents, steps, latency_ms=0):
    """Hold an engine against the definition over a series of calls, with looks at the list."""
    setting = Setting(clock)
    setting.rules(*rule_documents)
    setting.store.latency_ms = latency_ms
    positions = {entry.id: i for i, entry in enumerate(setting.store.snapshot.entries)}
    rules = [PlainRule(document) for document in rule_documents]
    start = clock.now

    for call, wait, look in steps:
        clock.advance(wait)
        expected = plain_decision(rules, call, clock.now - start)
        decision = setting.engine.decide(call)
        if decision is None or decision.rule_id is None:
            assert expected is None
            assert (latency_ms or None) == (decision and decision.delay_ms)
        else:
            assert expected == (
                positions[decision.rule_id],
                decision.delay_ms - latency_ms,
                decision.error,
                decision.connection,
                decision.acts,
            )
        if look == 0:
            left = [r.document for r in rules if not r.is_over(clock.now - start)]
            assert left == setting.store.documents()


@settings(max_examples=300)
@given(
    st.lists(documents(), max_size=12),
    st.lists(STEPS, min_size=1, max_size=30),
    st.sampled_from([0, 0, 7]),
)
def test_definition(make_clock, rule_documents, steps, latency_ms):
    """Whatever the rules, the calls and the time between them: the first rule that fires decides."""
    check_definition(make_clock(), rule_documents, steps, latency_ms)


@given(
    st.lists(
        st.fixed_dictionaries(
            {"times": st.integers(1, 2)},
            optional={"service": st.sampled_from(["s3", "s*"]), "duration": st.just(1)},
        ),
        min_size=MANY,
        max_size=4 * MANY,
    ),
    st.lists(documents(), max_size=3),
    st.lists(STEPS, min_size=2 * MANY, max_size=3 * MANY),
)
def test_definition_with_many_dead_rules(make_clock, dead, rule_documents, steps):
    """Rules that are over and passed over take no other rule with them."""
    check_definition(make_clock(), [*dead, *rule_documents], steps)


# --- what a call gets -------------------------------------------------------------------------------


def test_no_rules(setting):
    """Without rules there is nothing to decide."""
    assert setting.decide() is None


def test_outage(setting):
    """A rule that names no fault is an outage, in the words of the original."""
    setting.rules({"service": "s3", "region": "us-east-1"})

    decision = setting.decide()

    assert OUTAGE == decision.error
    assert (0, None, "before") == (decision.delay_ms, decision.connection, decision.acts)
    assert setting.decide(service="sqs") is None
    assert setting.decide(region="us-east-2") is None


def test_outage_message_names_the_call(setting):
    """The message of an outage names the service and the region of the call, not those of the rule."""
    setting.rules({"service": "s*", "region": "us-gov-*"})

    assert (
        "Service 'sqs' not accessible in 'us-gov-west-1' region due to an outage"
        == setting.decide(service="sqs", region="us-gov-west-1").error.message
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("throttling", AwsError("s3-throttling", 599, "throttling of s3")),
        ("unavailable", AwsError("s3-unavailable", 599, "unavailable of s3")),
        ("internal", AwsError("s3-internal", 599, "internal of s3")),
        ({}, OUTAGE),
        ({"statusCode": 429}, OUTAGE._replace(status=429)),
        ({"code": "SlowDown"}, OUTAGE._replace(code="SlowDown")),
        ({"message": ""}, OUTAGE._replace(message="")),
        ({"statusCode": 403, "code": "No", "message": "no"}, AwsError("No", 403, "no")),
    ],
)
def test_errors(setting, error, expected):
    """A word stands for what AWS answers for the service of the call; an object says it itself."""
    setting.rules({"error": error})

    assert expected == setting.decide().error


def test_throttle(setting):
    """Calls over the rate get what AWS answers; the others go on to the next rule."""
    setting.rules({"throttle": {"rate": 1, "burst": 2}}, {"latency": 5})

    assert ["r2", "r2", "r1", "r1"] == setting.deciders(4)
    assert "s3-throttling" == setting.decide().error.code


@pytest.mark.parametrize("connection", ["reset", "close", "hang", "truncate"])
def test_connections(setting, connection):
    """A broken connection takes the place of the operation, a truncated answer comes after it."""
    setting.rules({"connection": connection, "latency": 5})

    decision = setting.decide()

    assert (5, None, connection) == (decision.delay_ms, decision.error, decision.connection)
    assert ("after" if connection == "truncate" else "before") == decision.acts


def test_pass(setting):
    """A pass of a sequence decides too: no other rule is asked."""
    setting.rules({"sequence": ["pass", "internal"]}, {})

    decision = setting.decide()

    assert "r1" == decision.rule_id
    assert (0, None, None) == (decision.delay_ms, decision.error, decision.connection)
    assert ["r1", "r2"] == setting.deciders(2)


def test_first_decides(setting):
    """The first rule that matches decides, also where a later one is more exact."""
    setting.rules({"service": "s*"}, {"service": "s3", "operation": "GetObject"}, {})

    assert ["r1"] == setting.deciders(1)
    assert ["r3"] == setting.deciders(1, service="ec2")


def test_position(setting):
    """A decision names the place of its rule in the list, from 0."""
    setting.rules({"service": "sqs"}, {"after": 60}, {"probability": 0}, {})

    assert [3, 3] == [setting.decide().position for _ in range(2)]
    assert 0 == setting.decide(service="sqs").position


@pytest.mark.parametrize(
    "document",
    [
        {"probability": 0},
        {"after": 1},
        {"origin": "internal"},
        {"condition": "Bucket == 'orders'"},
        {"operation": "Put*"},
        {"account": "1*"},
    ],
    ids=str,
)
def test_next_is_asked(setting, document):
    """A rule that does not fire leaves the call to the next one."""
    setting.rules(document, {})

    assert ["r2"] == setting.deciders(1)


@pytest.mark.parametrize(
    ("origin", "internal", "expected"),
    [
        ("any", True, True),
        ("any", False, True),
        ("external", True, False),
        ("external", False, True),
        ("internal", True, True),
        ("internal", False, False),
    ],
)
def test_origin(setting, origin, internal, expected):
    """A rule hits calls of clients, those between LocalStack's services, or both."""
    setting.rules({"origin": origin})

    assert expected is (setting.decide(internal=internal) is not None)


def test_latency_of_all_calls(setting):
    """The delay of every call is added to that of a rule, and applies where no rule does."""
    setting.store.latency_ms = 50
    setting.rules({"service": "s3", "latency": 100}, {"service": "sqs"})

    assert 150 == setting.decide().delay_ms

    outage = setting.decide(service="sqs")
    assert (50, "ServiceUnavailableException") == (outage.delay_ms, outage.error.code)

    alone = setting.decide(service="ec2")
    assert (None, 50) == (alone.rule_id, alone.delay_ms)
    assert (None, None, "before") == (alone.error, alone.connection, alone.acts)
    assert alone.hold is setting.store.snapshot.latency_hold
    assert (None, None, None) == (alone.position, alone.ends_at, alone.entry)


def test_latency_without_rules(setting):
    """The delay of every call needs no rule."""
    setting.store.latency_ms = 50

    assert 50 == setting.decide().delay_ms

    setting.store.latency_ms = 0

    assert setting.decide() is None


def test_release(setting):
    """Whoever waits on a decision is told when its rule is deleted."""
    setting.rules({"service": "s3", "latency": 100, "times": 1, "duration": 60})
    decision = setting.decide()

    assert setting.clock.now + 60 == decision.ends_at
    assert [] == setting.store.documents()
    assert not decision.hold.is_released

    setting.rules()

    assert decision.hold.is_released


def test_waiting_calls_hold_their_rule(setting):
    """A spent rule is released as long as a call holds its decision, however many rules left since."""
    setting.rules({"latency": 100, "times": 1})
    decision = setting.decide()
    for i in range(150):
        setting.store.add(parse_rules([{"times": 1, "description": str(i)}]))
        setting.decide()
        setting.store.entries()

    setting.rules()

    assert decision.hold.is_released


# --- conditions -------------------------------------------------------------------------------------


class Stream(io.RawIOBase):
    """A body that arrives as it is read, and notes who reads it."""

    def __init__(self):
        self.reads = []

    def _note(self, *_):
        self.reads.append("read")
        raise AssertionError("a condition has read the body")

    read = readall = readinto = readline = readlines = seek = tell = _note
    __iter__ = __next__ = __getitem__ = __contains__ = _note


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Bucket == 'invoices'", True),
        ("Bucket == 'orders'", False),
        ("Bucket", True),
        ("Missing", False),
        ("Missing == null", True),
        ("starts_with(Key, 'a')", True),
        ("Size", True),
        ("Size > `10`", False),
        ("Flag", False),
        ("Flag == `false`", True),
        ("Items[?Name == 'b'] | [0]", True),
        ("Items[?Name == 'c']", False),
        ("Empty", False),
        ("Items[*].Name | contains(@, 'a')", True),
    ],
)
def test_conditions(setting, condition, expected):
    """A condition is true where what it gives is neither false, empty nor nothing."""
    parameters = {
        **CALL.parameters,
        "Size": 3,
        "Flag": False,
        "Empty": [],
        "Items": [{"Name": "a"}, {"Name": "b"}],
    }
    setting.rules({"condition": condition})

    assert expected is (setting.decide(parameters=parameters) is not None)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Body", True),
        ("length(Body)", False),
        ("contains(Body, 'x')", False),
        ("to_string(Body)", True),
        ("Body == 'x'", False),
        ("Body != 'x'", True),
        ("Body || 'x'", True),
        ("!Body", False),
        ("Body && Key == 'a'", True),
        ("Body[0]", False),
        ("Body[*]", False),
        ("Body[].a", False),
        ("Body.*", False),
        ("Body.name", False),
        ("Body[?a]", False),
        ("starts_with(Body, 'x')", False),
        ("to_array(Body)", True),
        ("not_null(Body)", True),
        ("Key == 'a'", True),
        ("*", True),
        ("@", True),
    ],
)
def test_streams_are_not_read(setting, condition, expected):
    """No condition reads a streaming body, which the operation would then not get."""
    body = Stream()
    setting.rules({"condition": condition})

    decision = setting.decide(parameters={"Key": "a", "Body": body})

    assert [] == body.reads
    assert expected is (decision is not None)


@pytest.mark.parametrize(
    "condition",
    [
        "length(Flag)",
        "starts_with(Key, 'a') && length(Flag)",
        "abs(Name)",
        "sort(Items)",
        "nope(@)",
    ],
)
def test_failing_conditions(setting, caplog, condition):
    """A condition that fails on a call's parameters does not match, and is warned about once."""
    parameters = {"Flag": True, "Key": "a", "Name": "b", "Items": [1, "a"]}
    setting.rules({"condition": condition}, {"latency": 5})

    with caplog.at_level(logging.WARNING):
        assert ["r2"] * 5 == setting.deciders(5, parameters=parameters)

    (record,) = caplog.records
    assert "WARNING" == record.levelname
    assert record.exc_info in (None, False)
    assert "Outage rule r1 " in record.getMessage()
    assert condition in record.getMessage()


def test_warnings_by_rule(setting, caplog):
    """Each rule that fails is warned about, also one that replaces an equal one."""
    document = {"condition": "length(Flag)"}

    with caplog.at_level(logging.WARNING):
        setting.rules(document, document)
        setting.deciders(3, parameters={"Flag": True})
        setting.rules(document)
        setting.deciders(3, parameters={"Flag": True})

    assert ["r1", "r2", "r3"] == [record.getMessage().split()[2] for record in caplog.records]


def test_traceback_for_developers(setting, caplog):
    """The traceback of what failed is logged where debugging is on."""
    setting.rules({"condition": "length(Flag)"})

    with caplog.at_level(logging.DEBUG):
        setting.decide(parameters={"Flag": True})

    assert caplog.records[0].exc_info


def test_waiting_conditions(setting, caplog):
    """A condition is not asked before the rule's time."""
    setting.rules({"condition": "length(Flag)", "after": 5})

    with caplog.at_level(logging.WARNING):
        setting.decide(parameters={"Flag": True})
        assert [] == caplog.records
        setting.clock.advance(5)
        setting.decide(parameters={"Flag": True})

    assert 1 == len(caplog.records)


def test_conditions_cost_no_budget(setting):
    """A call that a condition leaves alone takes nothing from the budget."""
    setting.rules({"condition": "Key == 'b'", "times": 1})

    assert [None] * 5 == setting.deciders(5)
    assert ["r1", None] == setting.deciders(2, parameters={"Key": "b"})


def test_own_failures(clock, caplog):
    """A rule that fails for reasons of its own leaves the call to the next one."""

    def make_random(_seed):
        raise OSError("no entropy")

    setting = Setting(clock, make_random)
    setting.rules({"probability": 0.5}, {"latency": 5})

    with caplog.at_level(logging.WARNING):
        assert ["r2", "r2"] == setting.deciders(2)

    assert ["no entropy"] == [record.getMessage()[-10:] for record in caplog.records]


# --- rules that are over ----------------------------------------------------------------------------


def test_rules_end(setting):
    """A rule decides up to its end and from its start, without anyone looking at the list."""
    setting.rules({"duration": 5}, {"after": 10})

    assert ["r1"] == setting.deciders(1)
    setting.clock.advance(5)
    assert [None] == setting.deciders(1)
    setting.clock.advance(5)
    assert ["r2"] == setting.deciders(1)


@pytest.mark.timeout(20)
def test_dead_rules(setting):
    """Many rules that are spent one after another do not slow down the calls."""
    count = 10_000
    setting.rules(*({"times": 1, "description": str(i)} for i in range(count)), {"service": "sqs"})

    assert [f"r{i + 1}" for i in range(count)] == setting.deciders(count)
    assert [None] * count == setting.deciders(count)
    assert [f"r{count + 1}"] * count == setting.deciders(count, service="sqs")
    assert [{"service": "sqs"}] == setting.store.documents()


@pytest.mark.timeout(20)
def test_rules_for_others(setting):
    """Many rules for other calls cost nothing."""
    setting.rules(
        *({"service": f"a{i}*", "region": "us-*"} for i in range(10_000)), {"account": "0*"}
    )

    assert ["r10001"] * 20_000 == setting.deciders(20_000)


def test_changes_count_at_once(setting):
    """The first call after a change is decided by the new list."""
    setting.rules({"latency": 1})
    setting.decide()

    setting.store.add(parse_rules([{"latency": 2}]))
    assert ["r1"] == setting.deciders(1)

    setting.store.remove(parse_rules([{"latency": 1}]))
    assert ["r2"] == setting.deciders(1)

    setting.rules()
    assert [None] == setting.deciders(1)


# --- what is remembered -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [{}, {"times": 10**6}, {"error": "throttling"}, {"latency": {"min": 1, "max": 2}}],
    ids=str,
)
def test_hits_from_threads(setting, fields):
    """Each hit is counted, from however many threads they come."""
    threads, each = 8, 5_000
    setting.rules({"service": "none"}, {"service": "s3", **fields})
    barrier = threading.Barrier(threads)

    def call(_):
        barrier.wait(10)
        return {setting.decide().rule_id for _ in range(each)}

    with ThreadPoolExecutor(threads) as pool:
        deciders = set().union(*pool.map(call, range(threads)))

    _, entry = setting.store.entries()
    assert {entry.id} == deciders
    assert threads * each == entry.lifecycle.hits


def test_equal_decisions(setting):
    """Where all calls alike get the same, nothing is made anew for each."""
    setting.rules({"service": "s3", "error": "throttling"})

    first = setting.decide()

    assert first is setting.decide()
    assert first is not setting.decide(region="eu-west-1")
    assert 3 == setting.store.entries()[0].lifecycle.hits


def test_position_after_changes(setting):
    """A decision tells the place of its rule in the list as it is when it is made."""
    setting.rules({"service": "sqs"}, {"service": "s3"})
    before = setting.decide()
    setting.store.remove(parse_rules([{"service": "sqs"}]))
    after = setting.decide()

    assert (1, 0) == (before.position, after.position)
    assert before.rule_id == after.rule_id


def test_what_is_remembered_is_bounded(setting):
    """Keys come from requests, so the number of those that are remembered is bounded."""
    setting.rules({"service": "s3"})

    for i in range(MAX_REMEMBERED + 500):
        assert setting.decide(region=f"r{i}") is not None
        assert setting.engine.reaches("s3", f"r{i}")

    assert len(setting.engine._memory.plans) <= MAX_REMEMBERED
    assert len(setting.engine._memory.reached) <= MAX_REMEMBERED


def test_what_is_remembered_goes_with_the_rules(setting):
    """A change of the rules counts for the next call, also for one that was met before."""

    def reaches():
        return [setting.engine.reaches("s3", region) for region in ("us-east-1", "eu-west-1")]

    assert setting.decide() is None
    assert [False, False] == reaches()
    setting.rules({"service": "s3", "region": "us-*"})
    assert setting.decide() is not None
    assert [True, False] == reaches() == reaches()
    setting.rules({"service": "sqs"})
    assert setting.decide() is None
    assert [False, False] == reaches()
    setting.store.latency_ms = 5
    assert 5 == setting.decide().delay_ms
    setting.rules()
    setting.store.latency_ms = 0
    assert setting.decide() is None


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([], False),
        ([{"service": "sqs"}], False),
        ([{"service": "s3"}], True),
        ([{"service": "s3", "error": "throttling", "times": 2}], True),
        ([{"service": "s3", "probability": 0.5}], True),
        ([{"service": "s3", "throttle": {"rate": 1}}], True),
        ([{"service": "s3", "latency": 10, "error": "internal"}], True),
        ([{"service": "s3", "origin": "external"}], True),
        ([{"service": "s3", "latency": 10}], False),
        ([{"service": "s3", "connection": "reset"}], False),
        ([{"service": "s3", "sequence": ["unavailable"]}], False),
        ([{"service": "s3", "condition": "Bucket"}], False),
        ([{"service": "s3", "principal": "*:root"}], False),
        ([{"service": "s3", "header": {"x-test-id": "*"}}], True),
        ([{"service": "s3"}, {"service": "s3", "condition": "Bucket"}], True),
        ([{"service": "s3", "condition": "Bucket"}, {"service": "s3"}], False),
        ([{"service": "s3", "times": 1}, {"service": "s3", "latency": 10}], False),
    ],
    ids=str,
)
def test_early(setting, documents, expected):
    """A call is decided on before its parameters are read where its rules only refuse."""
    setting.rules(*documents)

    decision = setting.engine.decide_early(CALL)

    assert expected is (decision is not UNDECIDED)
    hits = sum(entry.lifecycle.hits for entry in setting.store.entries())
    assert hits == (1 if expected and decision is not None else 0)


def test_early_decides_as_ever(setting):
    """What is decided early is what would be decided later, budget and all."""
    rule = {"service": "s3", "times": 3, "error": "throttling"}
    setting.rules(rule)
    late = [setting.decide() for _ in range(5)]
    setting.rules(rule)
    early = [setting.engine.decide_early(CALL) for _ in range(5)]

    assert [d and d.error for d in late] == [d and d.error for d in early]
    assert [True] * 3 + [False] * 2 == [d is not None for d in early]


def test_early_with_the_delay_of_every_call(setting):
    """The delay of every call alone refuses nothing."""
    setting.store.latency_ms = 5

    assert setting.engine.decide_early(CALL) is UNDECIDED


def test_rules_that_are_over_have_no_place(setting, clock):
    """A rule's place is the one that who reads the list sees, whether or not anyone has looked."""
    setting.store.replace(
        parse_rules([{"times": 1}, {"service": "sqs"}, {"duration": 5, "times": 1}, {}, {}])
    )
    engine, call = setting.engine, Call("s3", "us-east-1", "GetObject", "0" * 12, {})

    def place():
        decision = engine.decide(call)
        return decision.rule_id, decision.position

    assert [("r1", 0), ("r3", 1), ("r4", 1)] == [place(), place(), place()]
    clock.advance(5)
    assert ("r4", 1) == place()
    setting.store.entries()
    assert ("r4", 1) == place()
    setting.store.move("r4", 0)
    assert ("r4", 0) == place()


def test_ended_rules_have_no_place(setting, clock):
    """A rule whose time is up has no place, also before anyone has looked."""
    setting.store.replace(parse_rules([{"duration": 5, "service": "sqs"}, {"duration": 9}, {}]))
    call = Call("s3", "us-east-1", "GetObject", "0" * 12, {})
    found = []
    for _ in range(3):
        decision = setting.engine.decide(call)
        found.append((decision.rule_id, decision.position))
        clock.advance(5)

    assert [("r2", 1), ("r2", 0), ("r3", 0)] == found


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([], False),
        ([{"service": "s3"}], False),
        ([{"service": "s3", "condition": "Bucket == 'a'"}], True),
        ([{"service": "sqs", "condition": "QueueUrl == 'a'"}], False),
        # The first rule always fires: the second is never asked.
        ([{"service": "s3"}, {"service": "s3", "condition": "Bucket == 'a'"}], False),
        ([{"operation": "GetObject", "times": 1}, {"condition": "Bucket == 'a'"}], True),
    ],
)
def test_asks_parameters(setting, documents, expected):
    """Parameters are read only where a rule that may decide has a condition."""
    setting.rules(*documents)

    assert expected is setting.engine.asks_parameters(CALL._replace(parameters={}))


ROLE = "arn:aws:iam::000000000000:role/teams/payments"
SESSION = Principal("arn:aws:sts::000000000000:assumed-role/payments/one", ROLE)


@pytest.mark.parametrize(
    ("glob", "principal", "expected"),
    [
        ("*", None, True),
        ("arn:*", None, False),
        (ROLE, SESSION, True),
        ("arn:aws:sts::*:assumed-role/payments/*", SESSION, True),
        ("*:role/*", SESSION, True),
        ("*:user/*", SESSION, False),
        (SESSION.arn, Principal(ROLE), False),
        ("*:root", Principal("arn:aws:iam::000000000000:root"), True),
    ],
)
def test_principal(setting, glob, principal, expected):
    """A rule for a principal matches either ARN of an assumed role, and nobody who is not known."""
    setting.rules({"service": "s3", "principal": glob})

    assert expected is (setting.engine.decide(CALL._replace(principal=principal)) is not None)


def test_a_principal_that_does_not_match_leaves_the_call_to_the_next_rule(setting):
    """A rule for other principals takes no call from those behind it, and counts no hit."""
    setting.rules({"principal": "*:role/other", "times": 1}, {"service": "s3"})

    assert "r2" == setting.engine.decide(CALL._replace(principal=SESSION)).rule_id
    assert [0, 1] == [entry.lifecycle.hits for entry in setting.store.entries()]


@pytest.mark.parametrize(
    ("documents", "expected"),
    [
        ([], False),
        ([{"service": "s3"}], False),
        ([{"service": "s3", "principal": "*"}], False),
        ([{"service": "s3", "principal": "*:root"}], True),
        ([{"service": "sqs", "principal": "*:root"}], False),
        ([{"service": "s3"}, {"principal": "*:root"}], False),
    ],
    ids=str,
)
def test_asks_principal(setting, documents, expected):
    """Who calls is worked out only where a rule that may decide asks for it."""
    setting.rules(*documents)

    assert expected is setting.engine.asks_principal(CALL)


@pytest.mark.parametrize(
    ("header", "sent", "expected"),
    [
        ({"x-test-id": "run-7"}, {"x-test-id": "run-7"}, True),
        ({"X-Test-Id": "run-*"}, {"x-test-id": "run-7"}, True),
        ({"x-test-id": "RUN-7"}, {"x-test-id": "run-7"}, False),
        ({"x-test-id": "run-7"}, {"x-test-id": "run-77"}, False),
        ({"x-test-id": "*"}, {"x-test-id": ""}, True),
        ({"x-test-id": "*"}, {}, False),
        ({"x-test-id": "*", "x-team": "pay*"}, {"x-test-id": "1", "x-team": "payments"}, True),
        ({"x-test-id": "*", "x-team": "pay*"}, {"x-test-id": "1", "x-team": "web"}, False),
        ({"x-test-id": "*", "x-team": "pay*"}, {"x-team": "payments"}, False),
    ],
)
@pytest.mark.parametrize("way", ["decide", "decide_early"])
def test_header(setting, way, header, sent, expected):
    """A rule is for the requests that have all its headers; others go to the rule behind it, and count
    no hit.
    """
    setting.rules({"header": header, "times": 1}, {"service": "s3", "error": "internal"})
    first, second = setting.store.entries()
    decision = getattr(setting.engine, way)(CALL, None, sent.get)

    assert ("r1" if expected else "r2") == decision.rule_id
    assert [expected, not expected] == [first.lifecycle.hits, second.lifecycle.hits]


def test_headers_are_asked_for_only_where_a_rule_may_match(setting):
    """A call that no rule with a header can meet pays nothing for those that there are."""
    asked = []
    setting.rules({"service": "sqs", "header": {"x-test-id": "*"}}, {"region": "sa-*"})

    assert setting.engine.decide(CALL, None, asked.append) is None
    assert setting.engine.decide(CALL._replace(service="sqs"), None, asked.append) is None
    assert ["x-test-id"] == asked


def test_fis_is_spared(setting):
    """An outage of everything leaves FIS alone, so that an experiment can be stopped; a rule that names
    it does not.
    """
    setting.rules({})
    setting.store.latency_ms = 50
    assert setting.decide(service="s3") is not None
    assert setting.decide(service="fis") is None

    setting.rules({"service": "*"}, {"service": "fis"})

    assert 1 == setting.decide(service="fis").position
