"""Collects the report of a run from the control API."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localstack_outages.explain.words import in_words
from localstack_outages.schema.effort_report import VERSION, Asked, EffortReport, Subject
from localstack_outages.schema.rules import Rule

from .rule_like import ALL

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Advice, Verdict

    from .client import OutagesClient

MAX_EFFORTS = 5000
"""How many efforts a report has, the newest: as many as the control API lists."""


def make_report(
    endpoint: str,
    subjects: Iterable[Subject],
    asked: Iterable[Asked] = (),
    advice: "Iterable[Advice]" = (),
) -> EffortReport:
    """Put a report together.

    :param endpoint: the host that was asked
    """
    return {
        "version": VERSION,
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "endpoint": endpoint,
        "asked": list(asked),
        "subjects": list(subjects),
        "advice": list(advice),
    }


def report_of_operations(
    client: "OutagesClient",
    *,
    owner: str | None = None,
    since: str | None = None,
    mark: str | None = None,
    wait: float = 0,
) -> EffortReport:
    """Make the report of what a host has seen, for each operation in each region.

    :param owner: only rules of this owner, and efforts that these touched
    :param since: only efforts that began since then
    :param mark: only efforts that began after this mark
    :param wait: how long to wait while efforts are undecided, seconds
    """
    status = client.status()
    document = client.verdicts(
        MAX_EFFORTS, account=ALL, owner=owner, since=since, mark=mark, wait=wait
    )
    entries = [*status["rules"], *reversed(status["departed"])]
    asked = [
        asked_of(entry["rule"], entry["hits"])
        for entry in entries
        if owner in (None, entry["owner"])
    ]
    by_name: dict[str, list[Verdict]] = {}
    for verdict in document["verdicts"]:
        name = f"{verdict['service']}.{verdict['operation']} in {verdict['region']}"
        by_name.setdefault(name, []).append(verdict)
    subjects: list[Subject] = [
        {"name": name, "outcome": None, "seconds": None, "asked": [], "verdicts": by_name[name]}
        for name in sorted(by_name)
    ]
    return make_report(client.endpoint, subjects, asked, document["advice"])


def asked_of(rule: dict[str, Any], hits: int) -> Asked:
    """Give a rule in words, with how often it fired.

    :param rule: as the control API gives it
    """
    return {"rule": in_words(Rule.model_validate(rule)), "hits": hits}
