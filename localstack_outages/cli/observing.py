"""The commands ``status`` and ``verdicts``."""

from typing import Any

import click

from .completing import complete_flag
from .frame import Command, NotAsAsked, print_json, settings, show
from .selecting import IDS, REGION, SERVICE

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
def verdicts(ids: tuple[str, ...], limit: int | None, fail_on: list[str], **where: Any) -> None:
    """Judge how clients retried.

    With --json it is the document of /outages/verdicts.
    """
    document = settings().client().verdicts(limit, rules=ids, **where)
    if settings().json:
        print_json(document)
    else:
        from .rendering import verdict_parts

        show(verdict_parts(document))
    found = {f: n for f, n in document["summary"]["flags"].items() if n and f in fail_on}
    if found:
        raise NotAsAsked("Flagged", ", ".join(f"{n} {f}" for f, n in found.items()))
