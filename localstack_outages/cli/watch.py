"""The command ``watch``."""

import contextlib
import json
import signal
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from localstack_outages.durations import parse_duration

from .frame import (
    NOT_AS_ASKED,
    Command,
    is_coloured,
    is_terminal,
    print_text,
    reading,
    settings,
    show,
)
from .selecting import REGION, SERVICE
from .tally import Tally

if TYPE_CHECKING:
    from rich.text import Text

    from .watching import Notice

Printer = Callable[["Notice", Tally], None]


@click.command(cls=Command)
@SERVICE
@REGION
@click.option(
    "--for",
    "seconds",
    metavar="DURATION",
    callback=reading(parse_duration),
    help="End after so long.",
)
@click.option(
    "--count", type=click.IntRange(min=1), metavar="N", help="End after so many affected calls."
)
@click.option("--past", is_flag=True, help="Begin with the calls that LocalStack remembers.")
def watch(
    service: str | None, region: str | None, seconds: float | None, count: int | None, past: bool
) -> None:
    """Show calls that rules affect, as they happen.

    A line for each call, and a summary at the end, which comes with Ctrl-C. A restart of
    LocalStack is waited for. With --count and --for it exits with 1 where the time is over before
    there were so many calls. With --json each line is a JSON object.
    """
    from .watching import Watch

    client = settings().client()
    tally = Tally()
    with _ended_by_signals():
        feed = Watch(client, service, region, past=past)
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


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let Ctrl-C end the block and nothing more, and ``kill`` as well."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _count(tally: Tally, notice: "Notice") -> None:
    from .watching import Back, Called, Missed

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
    from .rendering import summary_parts

    show(summary_parts(tally.summary()))


@contextlib.contextmanager
def _printer() -> Iterator[Printer]:
    """Give what prints a notice: as JSON, as a line, or above a summary that stays at the bottom."""
    if settings().json:
        yield _print_notice
    elif is_terminal():
        with _live_printer() as tell:
            yield tell
    else:
        yield lambda notice, _tally: print_text(_line(notice).plain)


@contextlib.contextmanager
def _live_printer() -> Iterator[Printer]:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    from .rendering import summary_line

    console = Console(
        file=sys.stdout,
        force_terminal=True,
        color_system="standard" if is_coloured() else None,
        legacy_windows=False,
    )
    # What stays at the bottom goes at the end: the whole summary comes then.
    with Live(Text(""), console=console, auto_refresh=False, transient=True) as live:

        def tell(notice: "Notice", tally: Tally) -> None:
            live.console.print(_line(notice), soft_wrap=True)
            live.update(summary_line(tally.summary()), refresh=True)

        yield tell


def _line(notice: "Notice") -> "Text":
    from .rendering import call_line, notice_line
    from .watching import Called

    return call_line(notice.event) if isinstance(notice, Called) else notice_line(notice)


def _print_notice(notice: "Notice", _tally: Tally) -> None:
    """Print a notice as an object: ``{"type": "call", "event": {...}}``."""
    from .watching import Called

    kind = "call" if isinstance(notice, Called) else type(notice).__name__.lower()
    _print_object(kind, **notice._asdict())


def _print_object(kind: str, **fields: Any) -> None:
    click.echo(json.dumps({"type": kind, **fields}))
