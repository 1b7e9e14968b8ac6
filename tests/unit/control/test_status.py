"""What the status says, and the warnings in it and in the log."""

import threading
import time

import pytest

from localstack_outages.control import advice
from localstack_outages.control.advice import Adviser
from localstack_outages.engine.store import Store
from localstack_outages.schema.reading import parse_rules

ODD = {"service": "s4", "times": 2}


@pytest.fixture
def store(clock):
    """Give an empty store."""
    return Store(clock)


def rules(*documents):
    """Make what a change of the list is given."""
    return parse_rules(list(documents))


def test_the_document(api, clock):
    """The status tells all of each rule, in the list and out of it."""
    api.store.add(rules({"service": "s3", "times": 3, "after": 2, "duration": 8}, {}), owner="me")
    api.store.replace(rules({"times": 1}), owner="you")
    spent = api.store.entries()[2]
    spent.lifecycle.fire(None, clock())
    api.store.latency_ms = 5
    clock.advance(3)
    api.store.entries()
    clock.advance(1)

    assert {
        "version": "1.2.3",
        "localstack": "4.5.6",
        "instance": api.status.instance,
        "ready": False,
        "revision": 4,
        "latencyMs": 5,
        "rules": [
            {
                "id": "r1",
                "owner": "me",
                "rule": {"service": "s3", "times": 3, "after": 2, "duration": 8},
                "words": {
                    "what": "s3",
                    "how": "503 ServiceUnavailableException",
                    "when": "3 times, after 2s, for 8s",
                },
                "state": "active",
                "inForce": True,
                "hits": 0,
                "hitsLeft": 3,
                "startsIn": 0.0,
                "startedAgo": 2.0,
                "timeLeft": 6.0,
                "warnings": [],
            },
            {
                "id": "r2",
                "owner": "me",
                "rule": {},
                "words": {
                    "what": "everything",
                    "how": "503 ServiceUnavailableException",
                    "when": "",
                },
                "state": "active",
                "inForce": True,
                "hits": 0,
                "hitsLeft": None,
                "startsIn": 0.0,
                "startedAgo": 4.0,
                "timeLeft": None,
                "warnings": [],
            },
        ],
        "departed": [
            {
                "id": "r3",
                "owner": "you",
                "rule": {"times": 1},
                "words": {
                    "what": "everything",
                    "how": "503 ServiceUnavailableException",
                    "when": "once",
                },
                "state": "spent",
                "hits": 1,
                "startedAgo": 4.0,
                "secondsAgo": 1.0,
            }
        ],
        "fleet": None,
    } == api.status.document()


def test_counts(api, clock):
    """Rules are counted by state, and those that are over are not counted."""
    api.store.replace(rules({"after": 5}, {}, {"times": 1}, {"duration": 1}))
    assert {"waiting": 1, "active": 3} == api.status.counts()

    api.store.entries()[2].lifecycle.fire(None, clock())
    clock.advance(1)
    assert {"waiting": 1, "active": 1} == api.status.counts()


def test_a_rule_that_is_spent_while_it_is_counted(api, clock, monkeypatch):
    """A call that takes a rule's last hit between two looks breaks neither metrics nor status."""
    api.store.replace(rules({"times": 1}))
    entries = api.store.entries()
    snapshot = api.store.snapshot
    entries[0].lifecycle.fire(None, clock())
    monkeypatch.setattr(api.store, "current", lambda: snapshot)

    assert {"waiting": 0, "active": 0} == api.status.counts()
    assert 200 == api.answer(path="/metrics").status
    assert ["spent"] == [rule["state"] for rule in api.status.document()["rules"]]


def codes(found):
    """Give the warnings about each rule."""
    return [[one.code for one in each] for each in found.values()]


def test_warnings(store):
    """Each rule of the list gets its own warnings, and those that come of its place."""
    store.replace(rules(ODD, {}, {"service": "s3"}))

    assert [["UnknownService"], [], ["Shadowed"]] == codes(Adviser(store).advise(store.entries()))


def test_rules_are_judged_once(store, monkeypatch):
    """Only new rules are judged when the list has changed, and only the list that is there is kept."""
    judged = []
    judge = advice.advise_on_rules
    monkeypatch.setattr(
        advice,
        "advise_on_rules",
        lambda some, **how: judged.append(len(some)) or judge(some, **how),
    )
    adviser = Adviser(store)
    store.replace(rules(ODD, ODD, {}))
    adviser.advise(store.entries())
    adviser.advise(store.entries())
    store.add(rules({"service": "s5"}))
    store.move("r3", 0)

    found = adviser.advise(store.entries())

    assert [3, 1] == judged
    assert [[], ["UnknownService", "Shadowed"], ["UnknownService", "Shadowed"]] == codes(found)[:3]
    store.replace([])
    assert {} == adviser.advise(store.entries()) == adviser._alone


def test_nothing_waits_while_warnings_are_worked_out(store, monkeypatch):
    """While one thread judges, the list is read and changed, and no second one judges."""
    begun, go_on = threading.Event(), threading.Event()
    judging = []

    def judge(some, **_):
        judging.append(len(some))
        begun.set()
        assert go_on.wait(10)
        return [[] for _ in some]

    monkeypatch.setattr(advice, "advise_on_rules", judge)
    adviser = Adviser(store)
    store.subscribe(adviser.on_change)
    store.replace(rules({}))
    assert begun.wait(10)
    asking = threading.Thread(target=lambda: adviser.advise(store.entries()))
    asking.start()
    for number in range(300):
        store.add(rules({"description": str(number)}))

    assert 301 == len(store.entries())
    assert [1] == judging
    assert 1 == sum(thread.name == "outages-advice" for thread in threading.enumerate())

    go_on.set()
    asking.join(10)
    until(lambda: not adviser._is_logging)


def until(condition):
    """Wait for something."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def logged(store, caplog):
    """Give what changes the list and gives the warnings that are then logged."""
    adviser = Adviser(store)
    store.subscribe(adviser.on_change)

    def change(*documents):
        store.replace(rules(*documents))
        until(lambda: not adviser._is_logging)
        texts = [record.getMessage() for record in caplog.records]
        caplog.clear()
        return texts

    return change


def test_warnings_about_few_rules_are_logged(logged):
    """The log says what is likely wrong with rules that are new, and with which."""
    first, second = logged(ODD, {}, {"service": "s3"})

    assert first.startswith(f"Outage rule r1 {ODD}: no service matches 's4'")
    assert second.startswith("Outage rule r3 ")
    assert [] == logged({})


def test_warnings_about_many_rules_are_not_logged(logged):
    """To find them would take time from the calls; the status has them."""
    assert advice.MAX_LOGGED_RULES == len(logged(*[ODD] * advice.MAX_LOGGED_RULES))
    assert [] == logged(*[ODD] * (advice.MAX_LOGGED_RULES + 1))


def test_the_log_is_bounded(logged, monkeypatch):
    """Of very many warnings about one change the log has the first ones, and their number."""
    monkeypatch.setattr(advice, "MAX_LOGGED", 2)

    assert "3 more warnings: see /outages/status" == logged(*[ODD] * 5)[-1]


def test_a_few_rules_in_a_long_list(store, monkeypatch):
    """In a long list single rules are judged by themselves."""
    monkeypatch.setattr(advice, "MAX_ORDERED_RULES", 2)
    store.replace(rules({}, {"service": "s3"}, ODD))
    entries = store.entries()

    assert [["UnknownService"]] == codes(Adviser(store).advise_on_some(entries[2:]))


def test_a_failure_is_logged_and_the_next_rules_get_theirs(logged, monkeypatch):
    """Whatever goes wrong with warnings, later ones are found."""
    judge = advice.advise_on_rules
    monkeypatch.setattr(advice, "advise_on_rules", lambda some, **_: 1 / 0)
    assert ["Likely mistakes in rules cannot be found: division by zero"] == logged(ODD)

    monkeypatch.setattr(advice, "advise_on_rules", judge)
    assert 1 == len(logged(ODD))
