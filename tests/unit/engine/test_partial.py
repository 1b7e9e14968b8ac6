"""Batches that fail in part: which entries are chosen, what is to be done, and what is recorded."""

import random

import pytest

from localstack_outages.aws.errors import aws_error
from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import Engine
from localstack_outages.engine.edits import Answer, EditAnswer, EditRequest
from localstack_outages.engine.entries import KEPT_SECONDS, MAX_FINGERPRINTS, fingerprints
from localstack_outages.engine.finished import Envelope
from localstack_outages.engine.injection import Injector
from localstack_outages.engine.steps import Refuse, Wait
from localstack_outages.engine.store import Store
from localstack_outages.evidence.record import observe
from localstack_outages.schema.effect import PartialFailure
from localstack_outages.schema.reading import parse_rules

ENVELOPE = Envelope(1_800_000_000.0, "AKIA")


def sends(*bodies, service="sqs", operation="SendMessageBatch", queue="q", first_id=0):
    """Give a call that sends messages."""
    entries = [{"Id": str(first_id + i), "MessageBody": body} for i, body in enumerate(bodies)]
    parameters = {"QueueUrl": queue, "Entries": entries}
    return Call(service, "us-east-1", operation, "000000000000", parameters)


CALL = sends(*"abcd")


class Setting:
    """An injector with its store and its clock."""

    def __init__(self, clock):
        self.clock, self.finished = clock, []
        self.store = Store(clock, random.Random)
        engine = Engine(self.store, aws_error)
        self.injector = Injector(engine, aws_error, self.finished.append, clock)

    def rules(self, *rules):
        self.store.replace(parse_rules([{"service": "sqs", **rule} for rule in rules]))

    def inject(self, call=CALL):
        return self.injector.inject(call, ENVELOPE, self.clock.now)


@pytest.fixture
def setting(clock):
    """Give an injector without rules."""
    return Setting(clock)


def failed(injection, result=None, sent=None):
    """Carry an injection out; give the request that the service gets and the answer that comes of it."""
    sent = sent or injection.call.parameters
    (step,) = injection.before()
    if isinstance(step, Answer):
        assert [] == list(injection.after())
        return None, step.change(sent, None)
    rest = step.change(sent)
    done = {"Successful": [{"Id": entry["Id"]} for entry in rest["Entries"]]}
    (step,) = injection.after()
    assert isinstance(step, EditAnswer)
    return rest, step.change(sent, done)


@pytest.mark.parametrize(
    ("partial", "expected"),
    [
        ({"count": 1}, ["0"]),
        ({"count": 3}, ["0", "1", "2"]),
        ({"indexes": [2, 0, 9, 0]}, ["0", "2"]),
        ({"indexes": [3]}, ["3"]),
    ],
)
def test_choices(setting, partial, expected):
    """The first entries fail, or those at certain places; the service gets the others, and the answer
    has both.
    """
    setting.rules({"partial": partial, "error": {"code": "Busy", "statusCode": 503}})
    injection = setting.inject()

    rest, answer = failed(injection)

    others = [n for n in "0123" if n not in expected]
    assert others == [entry["Id"] for entry in rest["Entries"]]
    assert others == [entry["Id"] for entry in answer["Successful"]]
    assert expected == [entry["Id"] for entry in answer["Failed"]]
    assert {("Busy", False)} == {(e["Code"], e["SenderFault"]) for e in answer["Failed"]}
    assert (len(expected), 4) == injection.injected.partial[:2]
    assert (None, None, False) == (
        injection.injected.code, injection.injected.status, injection.injected.fails,
    )  # fmt: skip


@pytest.mark.parametrize(("times", "share"), [(400, 0.25), (400, 0.75)])
def test_share(setting, times, share):
    """Each entry has the same chance, and a seed gives the same draws again."""
    setting.rules({"partial": {"share": share}, "seed": 7})
    drawn = [i and i.partial.failed for i in _injected(setting, times)]
    setting.rules({"partial": {"share": share}, "seed": 7})
    again = [i and i.partial.failed for i in _injected(setting, times)]

    assert drawn == again
    assert share == pytest.approx(sum(filter(None, drawn)) / (4 * times), abs=0.05)
    assert None in drawn or share > 0.5


def _injected(setting, times):
    for _ in range(times):
        injection = setting.inject()
        list(injection.before())
        yield injection.injected


def test_no_entry_is_hit(setting):
    """Where no entry fails the call passes, the rule has not fired, and the next one is asked."""
    setting.rules({"partial": {"indexes": [9]}, "times": 1}, {"error": "internal"})

    (step,) = setting.inject().before()

    assert isinstance(step, Refuse)
    assert [0, 1] == [entry.lifecycle.hits for entry in setting.store.entries()]


def test_other_operations(setting):
    """A call of an operation without entries passes."""
    setting.rules({"partial": {"count": 1}})

    assert [] == list(setting.inject(sends("a", operation="SendMessage")).before())


def test_all_entries(setting):
    """Where all fail the service is not asked."""
    setting.rules({"partial": {"count": 10}})
    injection = setting.inject()

    rest, answer = failed(injection)

    assert rest is None
    assert {"Successful": []} == {k: v for k, v in answer.items() if k != "Failed"}
    assert ["InternalError"] * 4 == [entry["Code"] for entry in answer["Failed"]]
    assert (4, 4) == injection.injected.partial[:2]


@pytest.mark.parametrize("phase", ["before", "after"])
def test_all_entries_of_dynamodb(setting, phase):
    """Where DynamoDB can process none, it answers with an error."""
    write = {"PutRequest": {"Item": {"id": {"S": "a"}}}}
    call = Call(
        "dynamodb", "us-east-1", "BatchWriteItem", "0" * 12, {"RequestItems": {"t": [write]}}
    )
    setting.rules({"service": "dynamodb", "partial": {"share": 1}, "phase": phase})
    injection = setting.inject(call)
    steps = [*injection.before(), *injection.after()]

    assert ["ProvisionedThroughputExceededException"] == [step.error.code for step in steps]
    assert (1, 1) == injection.injected.partial[:2]
    assert (400, phase == "after", True) == (
        injection.injected.status, injection.injected.done, injection.injected.fails,
    )  # fmt: skip


def test_after(setting):
    """With the phase after all entries are carried out, and the answer says otherwise."""
    setting.rules({"partial": {"indexes": [1]}, "phase": "after"})
    injection = setting.inject()
    done = {"Successful": [{"Id": n} for n in "0123"]}

    assert [] == list(injection.before())
    (step,) = injection.after()

    answer = step.change(CALL.parameters, done)
    assert ["0", "2", "3"] == [entry["Id"] for entry in answer["Successful"]]
    assert ["1"] == [entry["Id"] for entry in answer["Failed"]]
    assert injection.injected.done
    assert injection.is_late


def test_it_waits_first(setting):
    """With a latency the call waits, and then its entries are taken out."""
    setting.rules({"partial": {"count": 1}, "latency": 100})

    assert [Wait, EditRequest] == [type(step) for step in setting.inject().before()]


def test_in_a_sequence(setting):
    """Steps of a sequence can fail in part."""
    setting.rules({"sequence": [{"partial": {"count": 1}}, "pass", {"partial": {"count": 2}}]})

    drawn = [i and i.partial and i.partial.failed for i in _injected(setting, 4)]

    assert [1, None, 2, None] == drawn


def test_let_pass(setting):
    """A request that cannot be edited passes, and nothing is done to its answer."""
    setting.rules({"partial": {"count": 1}})
    injection = setting.inject()
    list(injection.before())
    injection.let_pass()

    assert ([], None) == (list(injection.after()), injection.injected)


def test_entries_are_recorded(setting):
    """The record tells which entries failed, and all entries of calls that come within minutes."""
    setting.rules({"partial": {"indexes": [1, 2]}, "times": 1})
    for call in (
        CALL,
        sends("c", "b", first_id=7),
        sends("c", queue="other"),
        sends("c", service="sns"),
    ):
        injection = setting.inject(call)
        list(injection.before())
        injection.finish(200, None, "id")
    first, again, elsewhere, other_service = map(observe, setting.finished)

    assert PartialFailure(2, 4, fingerprints(CALL)[1:3]) == first.injected.partial
    assert fingerprints(CALL) == first.entries
    assert list(first.injected.partial.entries) == list(reversed(again.entries))
    assert set(first.entries).isdisjoint(elsewhere.entries)
    assert () == other_service.entries


def test_it_is_not_recorded_for_ever(setting):
    """Calls long after the last partial failure are not looked at, nor are those before the first."""
    assert not setting.injector.asks_parameters(CALL)
    setting.rules({"partial": {"count": 1}, "times": 1})
    list(setting.inject().before())
    setting.rules({"operation": "SendMessage"})
    assert setting.injector.asks_parameters(CALL)
    setting.clock.advance(KEPT_SECONDS + 1)

    assert not setting.injector.asks_parameters(CALL)
    injection = setting.inject()
    injection.finish(200, None, "id")
    assert () == setting.finished[-1].entries


def test_fingerprints():
    """They are hashes, the same for equal entries, of a bounded number."""
    many = fingerprints(sends(*map(str, range(MAX_FINGERPRINTS + 5))))

    assert (MAX_FINGERPRINTS, MAX_FINGERPRINTS) == (len(many), len(set(many)))
    assert {16} == set(map(len, many))
    assert fingerprints(sends("a", "a"))[0] == fingerprints(sends("a", "a"))[1]
    assert fingerprints(sends(b"a", b"b"))[0] == fingerprints(sends(b"a"))[0]
    assert () == fingerprints(sends("a", operation="SendMessage"))
