"""Prints what commands say: JSON, tables and lines, as the output can show them."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable
from io import StringIO
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

_WITHOUT_END = 100_000
"""Columns of an output that is no terminal: nothing is wrapped there."""


def print_json(document: Any) -> None:
    """Print a JSON document, readable for people too."""
    click.echo(json.dumps(document, indent=2))


def is_coloured() -> bool:
    """Whether the output is a terminal and the user wants colours (https://no-color.org)."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return is_terminal() and not is_plain


def is_terminal() -> bool:
    """Whether the output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def show(parts: "Iterable[RenderableType]") -> None:
    """Print tables and lines: as wide as the terminal, or as they are where it is none."""
    width = shutil.get_terminal_size().columns if is_terminal() else None
    for part in parts:
        click.echo(to_text(part, width, colour=is_coloured()), color=is_coloured())


def print_text(text: str) -> None:
    """Print a sentence. Escape sequences in it are written out, so that no terminal obeys them.

    On a terminal a long sentence breaks between words.
    """
    shown = visible(text).plain
    if is_terminal():
        columns = shutil.get_terminal_size().columns
        wrapped = textwrap.wrap(
            shown, columns, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        shown = "\n".join(wrapped)
    click.echo(shown)


def warn(text: str) -> None:
    """Print a warning, apart from the output."""
    click.echo(f"warning: {text}", err=True)


def to_text(what: "RenderableType", width: int | None = None, *, colour: bool = False) -> str:
    """Render something as a terminal shows it, without the line break at its end.

    :param width: columns; None wraps no line
    :param colour: whether to use escape sequences for colours
    """
    from rich.console import Console

    console = Console(
        file=StringIO(),
        width=width or _WITHOUT_END,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
        highlight=False,
        emoji=False,
        markup=False,
    )
    with console.capture() as capture:
        console.print(what)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def visible(text: str, style: str = "") -> "Text":
    """Make text whose escape sequences are written out, so that no terminal obeys them."""
    from rich.text import Text

    return Text("".join(c if c.isprintable() else repr(c)[1:-1] for c in text), style)
