"""The commands ``status`` and ``verdicts``."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from localstack_outages.schema.durations import format_duration, parse_duration

from .completing import complete_flag
from .exit_codes import NotAsAsked
from .options import IDS, MARK, OWNER, REGION, SERVICE, SINCE
from .printing import print_json, show
from .settings import Command, reading, settings

if TYPE_CHECKING:
    from localstack_outages.schema.documents import VerdictsDocument

ANY = "any"


@click.command(cls=Command)
@click.option(
    "--all", "with_departed", is_flag=True, help="Also show the rules that have left the list."
)
@OWNER
def status(with_departed: bool, owner: str | None) -> None:
    """Show how the rules are doing.

    With --json it is the document of /outages/status.
    """
    from .changes import status_of

    document = status_of(settings().client(), owner)
    if settings().json:
        print_json(document)
        return
    from .rendering import status_parts

    show(status_parts(document, with_departed=with_departed))


def _flags(ctx: click.Context, param: click.Parameter, value: str | None) -> list[str]:
    if value is None:
        return []
    from localstack_outages.schema.vocabulary import FLAGS

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
@OWNER
@SINCE
@MARK
@click.option(
    "--all", "shows_all", is_flag=True, help="Also show efforts that ended well and have no flag."
)
@click.option(
    "--limit",
    type=int,
    metavar="N",
    help="List the newest N efforts, up to 5,000, by default 100. All are counted.",
)
@click.option(
    "--fail-on",
    metavar="FLAG,...",
    callback=_flags,
    shell_complete=complete_flag,
    help="Exit with 1 if an effort has one of these flags, or 'any' flag.",
)
@click.option(
    "--wait",
    metavar="DURATION",
    callback=reading(parse_duration),
    help="Wait for efforts that are still open, 60s at most. By default 30s with --fail-on, else 0s.",
)
def verdicts(
    ids: tuple[str, ...],
    limit: int | None,
    fail_on: list[str],
    wait: float | None,
    shows_all: bool,
    **where: Any,
) -> None:
    """Judge how applications dealt with the faults.

    An effort is all that an application did to get one thing done, with retries of its SDK and of its
    own. Shows those that failed, are undecided or have a flag; those that came to the same together.
    An ending is 'succeeded', 'recovered' or 'failed', or 'open' while it is undecided: for 30s after a
    failure the application may still try again. With --json it is the document of /outages/verdicts.
    """
    ask = partial(settings().client().verdicts, limit, rules=ids, **where)
    document = ask(wait=wait or 0)
    is_open = document["summary"]["endings"]["open"] > 0
    if fail_on and wait is None and is_open and not _flagged(document, fail_on):
        document = ask(wait=_announced_wait())
    if settings().json:
        print_json(document)
    else:
        from .verdict_lines import verdict_parts

        show(verdict_parts(document, shows_all=shows_all))
    found = _flagged(document, fail_on)
    if found:
        raise NotAsAsked("Flagged", ", ".join(f"{n} {f}" for f, n in found.items()))


def _announced_wait() -> float:
    """Give how long an effort is open, seconds, and say that this is waited for."""
    from localstack_outages.aws.retryable import OPEN_SECONDS

    if not settings().json:
        limit = format_duration(OPEN_SECONDS)
        click.echo(f"Waiting for up to {limit}: an application may try again.", err=True)
    return OPEN_SECONDS


def _flagged(document: "VerdictsDocument", fail_on: list[str]) -> dict[str, int]:
    """Give how many efforts have each of the flags that someone fails on."""
    return {f: n for f, n in document["summary"]["flags"].items() if n and f in fail_on}
