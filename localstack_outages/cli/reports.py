"""The commands ``status`` and ``verdicts``."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from .fail_on import FAIL_ON, WAIT, asked, fail_where, flagged
from .options import IDS, MARK, OWNER, REGION, SERVICE, SINCE
from .printing import print_json, show
from .settings import Command, settings

if TYPE_CHECKING:
    from localstack_outages.schema.documents import VerdictsDocument
    from localstack_outages.schema.vocabulary import Flag


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
@FAIL_ON
@WAIT
def verdicts(
    ids: tuple[str, ...],
    limit: int | None,
    fail_on: "list[Flag]",
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
    client = settings().client()
    document = asked(
        lambda wait: client.verdicts(limit, rules=ids, wait=wait, **where), _counts, fail_on, wait
    )
    if settings().json:
        print_json(document)
    else:
        from .verdict_lines import verdict_parts

        show(verdict_parts(document, shows_all=shows_all))
    fail_where(flagged(document["summary"]["flags"], fail_on))


def _counts(document: "VerdictsDocument") -> tuple[int, Mapping[Any, int]]:
    summary = document["summary"]
    return summary["endings"]["open"], summary["flags"]
