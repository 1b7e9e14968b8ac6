"""The command ``watch``."""

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from localstack_outages.schema.durations import parse_duration

from .exit_codes import NOT_AS_ASKED
from .options import OWNER, REGION, SERVICE
from .printing import is_coloured, is_terminal, show
from .settings import Command, reading, settings
from .signals import interruptible
from .tally import Tally

if TYPE_CHECKING:
    from rich.text import Text

    from .feed import Notice

Printer = Callable[["Notice", Tally], None]


@click.command(cls=Command)
@SERVICE
@REGION
@OWNER
@click.option(
    "--for",
    "seconds",
    metavar="DURATION",
    callback=reading(parse_duration),
    help="Stop after this long.",
)
@click.option(
    "--count", type=click.IntRange(min=1), metavar="N", help="Stop after this many affected calls."
)
@click.option("--past", is_flag=True, help="Start with the calls that LocalStack remembers.")
def watch(seconds: float | None, count: int | None, past: bool, **where: str | None) -> None:
    """Show calls that rules affect, as they happen.

    Prints a line for each call when it ends: the time, the rule, the operation, the region, the
    attempt and the result; and how each effort ended, once that is decided. Ctrl-C ends it with a
    summary. If LocalStack restarts, it waits. With
    --count and --for it exits with 1 if there were fewer calls in that time. With --json each line
    is a JSON object.
    """
    from .feed import Watch

    client = settings().client()
    tally = Tally()
    with interruptible():
        # Ctrl-C ends the block and nothing more.
        with contextlib.suppress(KeyboardInterrupt):
            feed = Watch(client, past=past, **where)
            _begin(client.endpoint)
            with _printer() as tell:
                for notice in feed.notices(seconds):
                    _count(tally, notice)
                    tell(notice, tally)
                    if tally.calls == count:
                        break
        _finish(tally)
    if count is not None and seconds is not None and tally.calls < count:
        raise click.exceptions.Exit(NOT_AS_ASKED)


def _count(tally: Tally, notice: "Notice") -> None:
    from .feed import Back, Called, Missed

    if isinstance(notice, Called):
        tally.add(notice.event)
    elif isinstance(notice, Missed):
        tally.missed += notice.calls
    elif isinstance(notice, Back):
        tally.restarts += notice.restarted


def _begin(endpoint: str) -> None:
    if settings().json:
        _print_object("watching", endpoint=endpoint)
    else:
        click.echo(f"Watching {endpoint}; Ctrl-C ends it.", err=True)


def _finish(tally: Tally) -> None:
    if settings().json:
        _print_object("summary", summary=tally.summary())
        return
    from .watch_lines import summary_parts

    show(summary_parts(tally.summary()))


@contextlib.contextmanager
def _printer() -> Iterator[Printer]:
    """Make what prints a notice: as JSON, as a line, or above a summary that stays at the bottom."""
    if settings().json:
        yield _print_notice
    elif is_terminal():
        with _live_printer() as tell:
            yield tell
    else:
        line = _lines()
        yield lambda notice, _tally: click.echo(line(notice).plain)


@contextlib.contextmanager
def _live_printer() -> Iterator[Printer]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from .watch_lines import summary_line

    console = Console(
        file=sys.stdout,
        force_terminal=True,
        color_system="standard" if is_coloured() else None,
        legacy_windows=False,
    )
    line = _lines()
    # The line at the bottom disappears at the end, when the full summary is printed.
    with Live(Text(""), console=console, auto_refresh=False, transient=True) as live:

        def tell(notice: "Notice", tally: Tally) -> None:
            live.console.print(line(notice))
            live.update(summary_line(tally.summary()), refresh=True)

        yield tell


def _lines() -> Callable[["Notice"], "Text"]:
    """Make what turns notices into lines whose columns align."""
    from .feed import Called, Judged
    from .watch_lines import CallLines, notice_line

    calls = CallLines()

    def line(notice: "Notice") -> "Text":
        if isinstance(notice, Judged):
            return calls.verdict_line(notice.verdict)
        return calls.line(notice.event) if isinstance(notice, Called) else notice_line(notice)

    return line


def _print_notice(notice: "Notice", _tally: Tally) -> None:
    """Print a notice as an object: ``{"type": "call", "event": {...}}``."""
    from .feed import Called, Judged

    kinds = {Called: "call", Judged: "verdict"}
    kind = kinds.get(type(notice), type(notice).__name__.lower())
    _print_object(kind, **notice._asdict())


def _print_object(kind: str, **fields: Any) -> None:
    click.echo(json.dumps({"type": kind, **fields}))
