"""What a command changed in the list of rules: compares the list before and after."""

import contextlib
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from localstack_outages.schema.errors import UnknownRule
from localstack_outages.schema.rules import Rule

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient
    from localstack_outages.schema.documents import (
        DepartedStatus,
        RuleStatus,
        StatusDocument,
        WarningStatus,
    )


class Changed(TypedDict):
    """A rule that a command was about."""

    id: str | None
    """None if it was only asked about."""
    rule: dict[str, Any]
    hits: int
    warnings: "list[WarningStatus]"


class Change(TypedDict):
    """What ``start``, ``stop``, ``clear`` and ``apply`` did; part of the command line with ``--json``."""

    dryRun: bool
    started: list[Changed]
    unchanged: list[Changed]
    """Those that were already in the list: they go on as they were."""
    ended: list[Changed]


def change(
    client: "OutagesClient",
    rules: Sequence[Rule],
    act: Callable[[bool], list[Rule]],
    *,
    owner: str | None,
    replaces: bool,
    dry_run: bool,
) -> Change:
    """Put rules into the list, and say what that changed.

    :param rules: what is put there
    :param act: does it and gives the list; with True only asks what the list would be
    :param owner: whose rules they are; None for nobody's
    :param replaces: whether all other rules end, and equal ones start anew
    :param dry_run: whether only to find out
    """
    before = status_of(client, owner)
    wanted = {rule.identity for rule in rules}
    after = act(dry_run)
    if dry_run:
        return _prospect(before, after, wanted, replaces=replaces)
    now = status_of(client, owner)
    known = {entry["id"] for entry in (*before["rules"], *before["departed"])}
    # A rule that was over at once has left the list already.
    entries: list[RuleStatus | DepartedStatus] = [*now["rules"], *now["departed"]]
    new = [entry for entry in entries if entry["id"] not in known]
    there = [entry for entry in now["rules"] if entry["id"] in known]
    return {
        "dryRun": False,
        "started": [_changed(entry) for entry in new if _identity(entry) in wanted],
        "unchanged": [_changed(entry) for entry in there if _identity(entry) in wanted],
        "ended": _ended(before, now) if replaces else [],
    }


def status_of(client: "OutagesClient", owner: str | None) -> "StatusDocument":
    """Ask how the rules are doing: those of an owner, or all where none is named."""
    status = client.status()
    if owner is not None:
        status["rules"] = [entry for entry in status["rules"] if entry["owner"] == owner]
        status["departed"] = [entry for entry in status["departed"] if entry["owner"] == owner]
    return status


def end(client: "OutagesClient", entries: "Collection[RuleStatus]", *, dry_run: bool) -> Change:
    """Delete rules; say which were deleted.

    :param entries: the rules, as the status gives them
    :param dry_run: whether only to find out
    """
    ended = []
    for entry in entries:
        with contextlib.suppress(UnknownRule):  # it may have left the list by itself
            if not dry_run:
                client.end(entry["id"])
        ended.append(_changed(entry))
    return {"dryRun": dry_run, "started": [], "unchanged": [], "ended": ended}


def end_all(client: "OutagesClient", owner: str | None, *, dry_run: bool) -> Change:
    """Delete all rules, or those of an owner; say which were deleted.

    :param dry_run: whether only to find out
    """
    before = status_of(client, owner)
    if not dry_run:
        client.clear(owner=owner)
    ended = [_changed(entry) for entry in before["rules"]]
    return {"dryRun": dry_run, "started": [], "unchanged": [], "ended": ended}


def _prospect(
    before: "StatusDocument", after: Sequence[Rule], wanted: Collection[Hashable], *, replaces: bool
) -> Change:
    from localstack_outages.explain.mistakes import advise

    there = {} if replaces else {_identity(entry): entry for entry in before["rules"]}
    started: list[Changed] = []
    for rule, advice in zip(after, advise(after), strict=True):
        if rule.identity in wanted and rule.identity not in there:
            warnings = [warning._asdict() for warning in advice]
            document = rule.model_dump(mode="json", by_alias=True, exclude_unset=True)
            started.append({"id": None, "rule": document, "hits": 0, "warnings": warnings})  # type: ignore[typeddict-item] # the same fields
    return {
        "dryRun": True,
        "started": started,
        "unchanged": [_changed(entry) for key, entry in there.items() if key in wanted],
        "ended": [_changed(entry) for entry in before["rules"]] if replaces else [],
    }


def _ended(before: "StatusDocument", now: "StatusDocument") -> list[Changed]:
    there = {entry["id"] for entry in now["rules"]}
    return [_changed(entry) for entry in before["rules"] if entry["id"] not in there]


def _identity(entry: "RuleStatus | DepartedStatus") -> Hashable:
    return Rule.model_validate(entry["rule"]).identity


def _changed(entry: "RuleStatus | DepartedStatus") -> Changed:
    return {
        "id": entry["id"],
        "rule": entry["rule"],
        "hits": entry["hits"],
        "warnings": list(entry.get("warnings", ())),  # type: ignore[call-overload] # one that left has none
    }
