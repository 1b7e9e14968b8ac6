"""What a test may expect of an outage, in assertions that explain themselves when they fail.

They ask for the evidence, which is counted as it happens. Where a bound kept something from being
counted, and it matters, they raise ``CannotKnow``: they have neither passed nor failed then.
"""

import threading
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol, TypeVar

from localstack_outages.schema.errors import CannotKnow
from localstack_outages.schema.vocabulary import Bound

if TYPE_CHECKING:
    from localstack_outages.schema.documents import (
        EntriesEvidence,
        EvidenceDocument,
        PlaceEvidence,
        Verdict,
    )


Place = TypeVar("Place")

_POLL_SECONDS = 0.05


class Witness(Protocol):
    """Who knows what an outage did."""

    def evidence(self) -> "EvidenceDocument":
        """Give what the rules did until now."""

    def explain(self) -> str:
        """Tell what happened, in text."""


def assert_hit(witness: Witness, times: int | None, at_least: int, within: float) -> None:
    """See ``Outage.assert_hit``."""
    __tracebackhide__ = True
    hits = 0

    def is_met() -> bool:
        nonlocal hits
        hits = witness.evidence()["hits"]
        return hits >= at_least if times is None else hits == times

    if not _is_soon(is_met, within):
        wanted = f"at least {_times(at_least)}" if times is None else _times(times)
        _fail(witness, f"expected the outage to hit {wanted}, but it hit {_times(hits)}")


def assert_retried(witness: Witness, at_least: int, *, backoff: bool) -> None:
    """See ``Outage.assert_retried``."""
    __tracebackhide__ = True
    evidence = witness.evidence()
    calls = evidence["calls"]
    wanted = f"each call that the outage hit to be retried at least {_times(at_least)}"
    lazy = sum(count for number, count in calls["attempts"].items() if int(number) <= at_least)
    if lazy:
        told = [v for v in calls["fewestAttempts"] if v["attempts"] <= at_least]
        _fail(witness, f"expected {wanted}, but not so:\n{_examples(told, lazy, calls['calls'])}")
    hasty = calls["flags"]["noBackoff"] if backoff else 0
    if hasty:
        told = calls["noBackoff"]
        expected = "expected a pause before each retry, but not so"
        _fail(witness, f"{expected}:\n{_examples(told, hasty, calls['calls'])}")
    _refuse_where_lost(
        evidence, "calls", f"whether each call was retried at least {_times(at_least)}"
    )
    if not calls["calls"]:
        _fail(witness, "expected calls to be retried, but the outage hit none")


def assert_not_repeated(witness: Witness) -> None:
    """See ``Outage.assert_not_repeated``."""
    __tracebackhide__ = True
    evidence = witness.evidence()
    calls = evidence["calls"]
    repeated = calls["flags"]["carriedOutTwice"]
    if repeated:
        told = calls["carriedOutTwice"]
        _fail(
            witness,
            "expected nothing to be carried out twice, but not so:\n"
            f"{_examples(told, repeated, calls['calls'])}",
        )
    _refuse_where_lost(evidence, "calls", "whether something was carried out twice")
    if not calls["calls"]:
        _fail(witness, "expected nothing to be carried out twice, but the outage hit no call")


def assert_recovered(witness: Witness, within: float) -> None:
    """See ``Outage.assert_recovered``."""
    __tracebackhide__ = True
    evidence, failing = _wait_for(witness, within, _still_failing, _is_too_late)
    if failing:
        _fail(
            witness,
            f"expected each operation that the outage failed to work again within {within:g} s, "
            f"but not so:\n{listed(map(_told_place, failing))}",
        )
    _refuse_where_lost(evidence, "places", "whether the application has recovered")
    if not evidence["calls"]["calls"] and not _lost(evidence, "calls"):
        _fail(witness, "expected the application to recover, but the outage hit no call of it")


def assert_no_entries_lost(witness: Witness, within: float) -> None:
    """See ``Outage.assert_no_entries_lost``."""
    __tracebackhide__ = True
    evidence, missing = _wait_for(witness, within, _not_sent_again, _cannot_be_in_time)
    if missing:
        _fail(
            witness,
            f"expected each entry that the outage failed to be sent again within {within:g} s, but "
            f"not so:\n{listed(map(_told_entries, missing))}",
        )
    _refuse_where_lost(evidence, "entries", "whether each entry that failed was sent again")
    if not evidence["entries"]:
        _fail(witness, "expected failed entries to be sent again, but the outage failed none")


def _not_sent_again(evidence: "EvidenceDocument", within: float) -> "list[EntriesEvidence]":
    return [
        place
        for place in evidence["entries"]
        if place["missingFor"] is not None or (place["longestRecovery"] or 0) > within
    ]


def _cannot_be_in_time(place: "EntriesEvidence", within: float) -> bool:
    """Whether an entry came too late, or would now."""
    return max(place["missingFor"] or 0, place["longestRecovery"] or 0) > within


def _still_failing(evidence: "EvidenceDocument", within: float) -> "list[PlaceEvidence]":
    return [
        place
        for place in evidence["places"]
        if place["recoveredAfter"] is None or place["recoveredAfter"] > within
    ]


def _is_too_late(place: "PlaceEvidence", within: float) -> bool:
    """Whether no answer that is yet to come can be in time."""
    after = place["recoveredAfter"]
    return place["lastFailedAgo"] > within if after is None else after > within


def _lost(evidence: "EvidenceDocument", bound: Bound) -> str:
    """Say what a bound kept from being counted; nothing where it was not reached."""
    return next((r["message"] for r in evidence["reached"] if r["bound"] == bound), "")


def _refuse_where_lost(evidence: "EvidenceDocument", bound: Bound, question: str) -> None:
    __tracebackhide__ = True
    lost = _lost(evidence, bound)
    if lost:
        raise CannotKnow(question, lost)


def _wait_for(
    witness: Witness,
    within: float,
    left_of: "Callable[[EvidenceDocument, float], list[Place]]",
    is_too_late: "Callable[[Place, float], bool]",
) -> "tuple[EvidenceDocument, list[Place]]":
    """Wait until nothing is left, or something of it is too late.

    :param within: for so long, seconds
    :param left_of: gives what is not as it should be
    """
    evidence = witness.evidence()

    def is_decided() -> bool:
        nonlocal evidence
        evidence = witness.evidence()
        left = left_of(evidence, within)
        return not left or any(is_too_late(place, within) for place in left)

    _is_soon(is_decided, within)
    return evidence, left_of(evidence, within)


def _is_soon(is_met: Callable[[], bool], within: float) -> bool:
    """Whether something is so, or comes to be so in time."""
    deadline = time.monotonic() + within
    never = threading.Event()
    while not is_met():
        if time.monotonic() >= deadline:
            return False
        never.wait(_POLL_SECONDS)
    return True


def _fail(witness: Witness, message: str) -> None:
    __tracebackhide__ = True
    raise AssertionError(f"{message}\n{witness.explain()}")


def _examples(verdicts: "list[Verdict]", count: int, of: int) -> str:
    told = [_told(verdict) for verdict in verdicts]
    if count > len(told):
        told.append(f"({count} of {of} calls in all)")
    return listed(told)


def _told(verdict: "Verdict") -> str:
    place = f"{verdict['service']}.{verdict['operation']} in {verdict['region']}"
    gaps = ", ".join("?" if gap is None else f"{gap:.0f}" for gap in verdict["gapsMs"])
    pauses = f", {gaps} ms between them" if gaps else ""
    flags = f" ({', '.join(verdict['flags'])})" if verdict["flags"] else ""
    tries = f" in {verdict['tries']} tries" if verdict["tries"] > 1 else ""
    return f"{place}: attempts: {verdict['attempts']}{tries}{pauses}, {verdict['ending']}{flags}"


def _told_place(place: "PlaceEvidence") -> str:
    name = f"{place['service']}.{place['operation']} in {place['region']}"
    after = place["recoveredAfter"]
    if after is not None:
        return f"{name}, account {place['account']}: only after {after:g} s"
    return (
        f"{name}, account {place['account']}: last failed {place['lastFailedAgo']:g} s ago, "
        "not answered since"
    )


def _told_entries(place: "EntriesEvidence") -> str:
    name = f"{place['service']}.{place['operation']} in {place['region']}"
    told = f"{name}, account {place['account']}: "
    missing = place["failed"] - place["recovered"]
    if missing:
        of = "1 entry" if place["failed"] == 1 else f"{place['failed']} entries"
        return told + (
            f"{missing} of {of} not sent again, the first of them failed {place['missingFor']:g} s ago"
        )
    return f"{told}one was sent again only after {place['longestRecovery']:g} s"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def listed(lines: Iterable[str]) -> str:
    """Write lines one below the other, indented."""
    return "\n".join(f"  {line}" for line in lines)
