"""The commands ``start``, ``stop`` and ``clear``."""

from typing import TYPE_CHECKING, Any

import click

from localstack_outages.schema.errors import InvalidRules

from .completing import complete_region, complete_service
from .exit_codes import NotAsAsked
from .options import DRY_RUN, FIRST, IDS, NEW_OWNER, OWNER, STRICT
from .reporting import carry_out, report
from .rule_options import option_of, rule_document, rule_options
from .settings import Command, settings, usage_error

if TYPE_CHECKING:
    from localstack_outages.schema.documents import RuleStatus
    from localstack_outages.schema.rules import Rule

    from .changes import Change

MAX_SHOWN = 10
"""How many rules a message names when none is the one that was meant."""


@click.command(cls=Command)
@click.argument("services", metavar="SERVICE...", nargs=-1, shell_complete=complete_service)
@rule_options
@NEW_OWNER
@FIRST
@STRICT
@DRY_RUN
def start(
    services: tuple[str, ...],
    owner: str | None,
    first: bool,
    strict: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Make services fail.

    Adds a rule for each SERVICE, a glob on its name; '*' means all services. Where no
    option says how they fail, calls get HTTP 503, ServiceUnavailableException.
    """
    if not services:
        raise click.UsageError("name a service, such as s3; '*' means all")
    from localstack_outages.schema.reading import parse_rules

    from .changes import change

    documents = [{"service": service, **rule_document(options)} for service in services]
    try:
        rules = [parsed.rule for parsed in parse_rules(documents)]
    except InvalidRules as e:
        option, place = option_of(e.path)
        usage_error(option, f"{place}: {e.message}" if place else e.message)
    client = settings().client()

    def act(only_ask: bool) -> "list[Rule]":
        return client.add(rules, first=first, owner=owner, dry_run=only_ask)

    def start_them(only_ask: bool) -> "Change":
        return change(client, rules, act, owner=owner, replaces=False, dry_run=only_ask)

    carry_out(start_them, dry_run=dry_run, strict=strict)


@click.command(cls=Command)
@click.argument("services", metavar="[SERVICE]...", nargs=-1, shell_complete=complete_service)
@click.option(
    "--region",
    metavar="GLOB",
    shell_complete=complete_region,
    help="Only rules for exactly this region or glob.",
)
@IDS
@OWNER
@DRY_RUN
def stop(
    services: tuple[str, ...],
    region: str | None,
    ids: tuple[str, ...],
    owner: str | None,
    dry_run: bool,
) -> None:
    """End outages.

    Deletes the rules whose service, region and id are exactly those given: 's3' deletes rules for
    's3', but none for 's*'.
    """
    if not services and region is None and not ids:
        raise click.UsageError("name a service, --region or --id; 'clear' ends all outages")
    from .changes import end, status_of

    client = settings().client()
    entries = status_of(client, owner)["rules"]
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
@OWNER
@DRY_RUN
def clear(owner: str | None, dry_run: bool) -> None:
    """End all outages: delete every rule."""
    from .changes import end_all

    report(end_all(settings().client(), owner, dry_run=dry_run), nothing="No outages.")


def _field(entry: "RuleStatus", name: str) -> str:
    return str(entry["rule"].get(name, "*"))


def _named(services: tuple[str, ...], region: str | None, ids: tuple[str, ...]) -> str:
    parts = [f"for service {' or '.join(services)}"] if services else []
    parts += [f"for region {region}"] if region is not None else []
    parts += [f"called {' or '.join(ids)}"] if ids else []
    return " and ".join(parts)


def _there(entries: "list[RuleStatus]") -> str:
    if not entries:
        return "There are no rules."
    from localstack_outages.explain.words import what_fails
    from localstack_outages.schema.rules import Rule

    shown = [
        f"{e['id']} ({what_fails(Rule.model_validate(e['rule']))})" for e in entries[:MAX_SHOWN]
    ]
    more = f" and {len(entries) - MAX_SHOWN} more" if len(entries) > MAX_SHOWN else ""
    return f"There is {', '.join(shown)}{more}."
