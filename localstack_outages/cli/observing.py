"""The commands ``status`` and ``verdicts``."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from localstack_outages.durations import format_duration, parse_duration

from .completing import complete_flag
from .frame import Command, NotAsAsked, print_json, reading, settings, show
from .selecting import IDS, REGION, SERVICE

if TYPE_CHECKING:
    from localstack_outages.answers import VerdictsDocument

ANY = "any"


@click.command(cls=Command)
@click.option("--all", "with_departed", is_flag=True, help="Also the rules that left the list.")
def status(with_departed: bool) -> None:
    """Show how the rules are doing.

    With --json it is the document of /outages/status.
    """
    document = settings().client().status()
    if settings().json:
        print_json(document)
        return
    from .rendering import status_parts

    show(status_parts(document, with_departed=with_departed))


def _flags(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str]:
    if value is None:
        return []
    from localstack_outages.retries import FLAGS

    wanted = [flag.strip() for flag in value.split(",")]
    for flag in wanted:
        if flag not in (*FLAGS, ANY):
            known = ", ".join(FLAGS)
            raise click.BadParameter(f"'{flag}' is none of {known} or {ANY}", ctx, param)
    return list(FLAGS) if ANY in wanted else wanted


@click.command(cls=Command)
@SERVICE
@REGION
@IDS
@click.option(
    "--limit", type=int, metavar="N", help="Calls to list, up to 5,000; 100 where left out."
)
@click.option(
    "--fail-on",
    metavar="FLAG,...",
    callback=_flags,
    shell_complete=complete_flag,
    help="Exit with 1 where a call has one of these flags, or 'any' flag.",
)
@click.option(
    "--wait",
    metavar="DURATION",
    callback=reading(parse_duration),
    help="Wait so long, 60s at most, while a call is open, for it may be tried again; 30s where "
    "--fail-on is given, else not at all.",
)
def verdicts(
    ids: tuple[str, ...], limit: int | None, fail_on: list[str], wait: float | None, **where: Any
) -> None:
    """Judge how clients retried.

    With --json it is the document of /outages/verdicts.
    """
    ask = partial(settings().client().verdicts, limit, rules=ids, **where)
    document = ask(wait=wait or 0)
    is_open = document["summary"]["endings"]["open"] > 0
    if fail_on and wait is None and is_open and not _flagged(document, fail_on):
        document = ask(wait=_announced_wait())
    if settings().json:
        print_json(document)
    else:
        from .rendering import verdict_parts

        show(verdict_parts(document))
    found = _flagged(document, fail_on)
    if found:
        raise NotAsAsked("Flagged", ", ".join(f"{n} {f}" for f, n in found.items()))


def _announced_wait() -> float:
    """Give how long a call is open, seconds, and say that this is waited for."""
    from localstack_outages.retries import OPEN_SECONDS

    if not settings().json:
        limit = format_duration(OPEN_SECONDS)
        click.echo(f"Waiting for up to {limit}: a call may be tried again.", err=True)
    return OPEN_SECONDS


def _flagged(document: "VerdictsDocument", fail_on: list[str]) -> dict[str, int]:
    """Give how many calls have each of the flags that someone fails on."""
    return {f: n for f, n in document["summary"]["flags"].items() if n and f in fail_on}
