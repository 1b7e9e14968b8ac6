"""What becomes of the rules of a store that takes over a list."""

from typing import Any

from localstack_outages.engine.adoption import Adoption, adopt
from localstack_outages.engine.rule_state import Lifecycle
from localstack_outages.engine.shared import SharedDeparture, SharedRule, SharedState
from localstack_outages.engine.snapshot import Entry
from localstack_outages.schema.reading import parse_rule

OFFSET, NOW = 1000.0, 50.0


def rule(number: int, set_at: float = 1000, **document: Any) -> SharedRule:
    """Give a rule as all hosts know it."""
    return SharedRule(f"r{number}", document, "me", set_at, None)


def make(shared: SharedRule) -> Entry:
    """Make what a store has of it."""
    parsed = parse_rule(shared.document)
    lifecycle = Lifecycle(parsed.rule, shared.set_at - OFFSET, lambda _: None)
    return Entry(shared.id, parsed, lifecycle, shared.owner, shared.set_at)


def take_over(known: list[Entry], state: SharedState, gone: set[Any] = frozenset()) -> Adoption:
    """Take over a list at a time."""
    return adopt(state, known, gone, make, lambda at: at - OFFSET, NOW)


def state(*rules: SharedRule, departed: tuple[SharedDeparture, ...] = ()) -> SharedState:
    """Give a list."""
    return SharedState(9, 9, 0, rules, departed)


def test_what_is_in_both_goes_on():
    """A rule that is in both lists is the same entry, in its new place; one that is new is made."""
    old = [make(rule(1)), make(rule(2))]

    found = take_over(old, state(rule(3), rule(2), rule(1)))

    assert [old[1], old[0]] == list(found.entries[1:])
    assert (found.entries[:1], found.entries[:1], ()) == (
        found.added,
        found.entered,
        found.departed,
    )


def test_a_rule_that_was_edited_starts_anew():
    """It has the id of another one, which has not left the list."""
    old = make(rule(1))

    found = take_over([old], state(rule(1, 1020, service="s3")))

    assert ((old,), (), ()) == (found.edited, found.departed, found.entered)
    assert [20.0] == [entry.lifecycle.starts_at for entry in found.added]


def test_how_a_rule_left_is_told():
    """A rule left as those say who have taken it out, by the time of this store."""
    old = make(rule(1, times=1))

    found = take_over([old], state(departed=(SharedDeparture(rule(1), "spent", 1040),)))

    assert [(old, "spent", 40.0)] == list(found.departed)


def test_a_rule_may_come_and_go_unseen():
    """Its owner is to be known all the same."""
    found = take_over([], state(departed=(SharedDeparture(rule(7), "deleted", 1001),)))

    assert ["r7"] == [entry.id for entry in found.entered]
    assert found.entered == tuple(one.entry for one in found.departed)
    assert () == found.entries


def test_how_a_rule_left_may_be_forgotten():
    """Then it has ended where its time was up, and was deleted where it was not."""
    known = [make(rule(1, duration=30)), make(rule(2))]

    found = take_over(known, state())

    assert [("r1", "ended", 30.0), ("r2", "deleted", NOW)] == [
        (one.entry.id, one.why, one.at) for one in found.departed
    ]


def test_what_was_taken_out_while_nobody_could_be_told_stays_out():
    """It is neither a new rule nor leaves a second time."""
    told = rule(1), SharedDeparture(rule(2), "spent", 1001)

    found = take_over([], state(told[0], departed=(told[1],)), gone={rule(1).key, rule(2).key})

    assert ((), (), (), (), ()) == found
