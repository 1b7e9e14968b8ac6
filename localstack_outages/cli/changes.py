"""What a command changed in the list of rules: compares the list before and after."""

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from localstack_outages.rules import Rule

if TYPE_CHECKING:
    from localstack_outages.answers import DepartedStatus, RuleStatus, StatusDocument, WarningStatus
    from localstack_outages.client import OutagesClient


class Changed(TypedDict):
    """A rule that a command was about."""

    id: str | None
    """None where it was not really put into the list."""
    rule: dict[str, Any]
    hits: int
    warnings: "list[WarningStatus]"


class Change(TypedDict):
    """What ``start``, ``stop``, ``clear`` and ``apply`` did; part of the command line with ``--json``."""

    dryRun: bool
    started: list[Changed]
    unchanged: list[Changed]
    """Those that were asked for and were in the list already: they go on as they were."""
    ended: list[Changed]


def change(
    client: "OutagesClient",
    rules: Sequence[Rule],
    act: Callable[[], list[Rule]],
    *,
    replaces: bool,
    dry_run: bool,
) -> Change:
    """Put rules into the list; tell what that changed.

    :param rules: what is put there
    :param act: does it, and gives the list that comes of it
    :param replaces: whether all other rules end by it, and equal ones start anew
    :param dry_run: whether it only finds out
    """
    before = client.status()
    wanted = {rule.identity for rule in rules}
    after = act()
    if dry_run:
        return _prospect(before, after, wanted, replaces=replaces)
    now = client.status()
    known = {entry["id"] for entry in (*before["rules"], *before["departed"])}
    # A rule that was too quick to be seen in the list has departed already.
    entries: list[RuleStatus | DepartedStatus] = [*now["rules"], *now["departed"]]
    new = [entry for entry in entries if entry["id"] not in known]
    there = [entry for entry in now["rules"] if entry["id"] in known]
    return {
        "dryRun": False,
        "started": [_changed(entry) for entry in new if _identity(entry) in wanted],
        "unchanged": [_changed(entry) for entry in there if _identity(entry) in wanted],
        "ended": _ended(before, now) if replaces else [],
    }


def end(client: "OutagesClient", entries: "Collection[RuleStatus]", *, dry_run: bool) -> Change:
    """Take rules out of the list; tell which ended: also those that are equal to one of them.

    :param entries: the rules
    :param dry_run: whether it only finds out
    """
    before = client.status()
    gone = {_identity(entry) for entry in entries}
    if not dry_run:
        client.remove(entry["rule"] for entry in entries)
    ended = [_changed(entry) for entry in before["rules"] if _identity(entry) in gone]
    return {"dryRun": dry_run, "started": [], "unchanged": [], "ended": ended}


def end_all(client: "OutagesClient", *, dry_run: bool) -> Change:
    """Take all rules out of the list; tell which ended.

    :param dry_run: whether it only finds out
    """
    before = client.status()
    if not dry_run:
        client.clear()
    ended = [_changed(entry) for entry in before["rules"]]
    return {"dryRun": dry_run, "started": [], "unchanged": [], "ended": ended}


def _prospect(
    before: "StatusDocument", after: Sequence[Rule], wanted: Collection[Hashable], *, replaces: bool
) -> Change:
    from localstack_outages.advice import advise

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
