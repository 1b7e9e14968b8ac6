"""The commands ``start``, ``stop`` and ``clear``."""

from typing import TYPE_CHECKING, Any

import click

from localstack_outages.errors import InvalidRules

from .completing import complete_region, complete_service
from .frame import Command, NotAsAsked, settings, usage_error
from .reporting import DRY_RUN, FIRST, report
from .rule_options import option_of, rule_document, rule_options
from .selecting import IDS

if TYPE_CHECKING:
    from localstack_outages.answers import RuleStatus

MAX_SHOWN = 10
"""So many rules are named where none is the one that was meant."""


@click.command(cls=Command)
@click.argument("services", metavar="SERVICE...", nargs=-1, shell_complete=complete_service)
@rule_options
@FIRST
@DRY_RUN
def start(services: tuple[str, ...], first: bool, dry_run: bool, **options: Any) -> None:
    """Make services fail.

    Adds a rule for each SERVICE, a glob on its name; '*' means all services. Without --error,
    --latency, --throttle, --connection or --sequence it is an outage: HTTP 503,
    ServiceUnavailableException.
    """
    if not services:
        raise click.UsageError("name a service, such as s3; '*' means all")
    from localstack_outages.parsing import parse_rules

    from .changes import change

    documents = [{"service": service, **rule_document(options)} for service in services]
    try:
        rules = [parsed.rule for parsed in parse_rules(documents)]
    except InvalidRules as e:
        option, place = option_of(e.path)
        usage_error(option, f"{place}: {e.message}" if place else e.message)
    client = settings().client()
    report(
        change(
            client,
            rules,
            lambda: client.add(rules, first=first, dry_run=dry_run),
            replaces=False,
            dry_run=dry_run,
        )
    )


@click.command(cls=Command)
@click.argument("services", metavar="[SERVICE]...", nargs=-1, shell_complete=complete_service)
@click.option(
    "--region", metavar="GLOB", shell_complete=complete_region, help="Rules of this region."
)
@IDS
@DRY_RUN
def stop(
    services: tuple[str, ...], region: str | None, ids: tuple[str, ...], dry_run: bool
) -> None:
    """End outages.

    Ends the rules whose service, region and id are exactly what is named: 's3' ends rules for
    's3', and none for 's*'.
    """
    if not services and region is None and not ids:
        raise click.UsageError("name a service, --region or --id; 'clear' ends all outages")
    from .changes import end

    client = settings().client()
    entries = client.status()["rules"]
    meant = [
        entry
        for entry in entries
        if (not services or _field(entry, "service") in services)
        and (region is None or _field(entry, "region") == region)
        and (not ids or entry["id"] in ids)
    ]
    if not meant:
        raise NotAsAsked(
            "NothingMatched", f"no rule is {_named(services, region, ids)}. {_there(entries)}"
        )
    report(end(client, meant, dry_run=dry_run))
    missing = [s for s in services if s not in {_field(entry, "service") for entry in meant}]
    missing += [i for i in ids if i not in {entry["id"] for entry in meant}]
    if missing:
        raise NotAsAsked("NothingMatched", f"no rule was there for {', '.join(missing)}")


@click.command(cls=Command)
@DRY_RUN
def clear(dry_run: bool) -> None:
    """End all outages."""
    from .changes import end_all

    report(end_all(settings().client(), dry_run=dry_run))


def _field(entry: "RuleStatus", name: str) -> str:
    return str(entry["rule"].get(name, "*"))


def _named(services: tuple[str, ...], region: str | None, ids: tuple[str, ...]) -> str:
    parts = [f"for service {' or '.join(services)}"] if services else []
    parts += [f"for region {region}"] if region is not None else []
    parts += [f"called {' or '.join(ids)}"] if ids else []
    return " and ".join(parts)


def _there(entries: "list[RuleStatus]") -> str:
    if not entries:
        return "There is no rule at all."
    from localstack_outages.rules import Rule
    from localstack_outages.wording import what_fails

    shown = [
        f"{e['id']} ({what_fails(Rule.model_validate(e['rule']))})" for e in entries[:MAX_SHOWN]
    ]
    more = f" and {len(entries) - MAX_SHOWN} more" if len(entries) > MAX_SHOWN else ""
    return f"There is {', '.join(shown)}{more}."
