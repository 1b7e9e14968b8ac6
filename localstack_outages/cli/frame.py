"""What all commands share: the options that each takes, how they print, and how they fail."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from localstack_outages.durations import parse_duration

if TYPE_CHECKING:
    from rich.console import RenderableType

    from localstack_outages.client import OutagesClient

T = TypeVar("T")

DONE, NOT_AS_ASKED, USAGE, UNREACHABLE = range(4)
"""The exit codes. Part of the command line, as the names of options are."""

DEFAULT_TIMEOUT_SECONDS = 10.0


class NotAsAsked(click.ClickException):
    """What was asked for was not done, or is not so.

    :param code: what kind of failure it is, for programs
    :param message: what is wrong, and what would be right
    """

    exit_code = NOT_AS_ASKED

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def reading(
    parse: Callable[[str], T],
) -> Callable[[click.Context, click.Parameter, str | None], T | None]:
    """Make the callback of an option that is written in a form of its own.

    :param parse: reads it; a ``ValueError`` of it is refused as click does
    """

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> T | None:
        try:
            return None if value is None else parse(value)
        except ValueError as e:
            raise click.BadParameter(str(e), ctx, param) from None

    return read


@dataclass
class Settings:
    """The options that stand before a command or after it."""

    endpoint: str | None = None
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    json: bool = False

    def client(self) -> "OutagesClient":
        """Make the client to the control API."""
        from localstack_outages.client import OutagesClient

        try:
            return OutagesClient(self.endpoint, self.timeout)
        except ValueError as e:
            raise click.UsageError(str(e)) from None


def settings() -> Settings:
    """Give the settings of the command that runs."""
    found: Settings = click.get_current_context().find_root().ensure_object(Settings)
    return found


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    # The option may stand before the command and after it: the one that was not given says nothing.
    if value:
        setattr(ctx.find_root().ensure_object(Settings), str(param.name), value)


def _keep_timeout(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    seconds = reading(parse_duration)(ctx, param, value)
    if seconds == 0:
        raise click.BadParameter("0 seconds are too few", ctx, param)
    _keep(ctx, param, seconds)


def shared_options() -> list[click.Option]:
    """Make the options that stand before a command or after it."""
    return [
        click.Option(
            ["--endpoint"],
            metavar="URL",
            expose_value=False,
            callback=_keep,
            help="Where LocalStack is; else OUTAGES_ENDPOINT, AWS_ENDPOINT_URL, "
            "LOCALSTACK_ENDPOINT, LOCALSTACK_HOST or http://localhost:4566.",
        ),
        click.Option(
            ["--timeout"],
            metavar="DURATION",
            expose_value=False,
            callback=_keep_timeout,
            help=f"How long to wait for an answer of LocalStack; {DEFAULT_TIMEOUT_SECONDS:g}s "
            "where left out.",
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            expose_value=False,
            callback=_keep,
            help="Print JSON.",
        ),
    ]


class Command(click.Command):
    """A command with the options that all share."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.extend(shared_options())


def print_json(document: Any) -> None:
    """Print a JSON document, readable for people too."""
    click.echo(json.dumps(document, indent=2))


def is_coloured() -> bool:
    """Whether the output is a terminal, and the user does not mind colours (https://no-color.org)."""
    is_plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return is_terminal() and not is_plain


def is_terminal() -> bool:
    """Whether the output is a terminal."""
    return sys.stdout is not None and sys.stdout.isatty()


def show(parts: "Iterable[RenderableType]") -> None:
    """Print tables and lines: as wide as the terminal, or as they are where it is none."""
    from .rendering import to_text

    width = shutil.get_terminal_size().columns if is_terminal() else None
    for part in parts:
        click.echo(to_text(part, width, colour=is_coloured()), color=is_coloured())


def print_text(text: str) -> None:
    """Print a line; what a terminal would obey in it is written out instead."""
    from .rendering import visible

    click.echo(visible(text).plain)


def warn(text: str) -> None:
    """Print a warning, apart from the output."""
    click.echo(f"warning: {text}", err=True)


def usage_error(param: str, message: str) -> NoReturn:
    """Refuse an option of the running command as click does.

    :param param: what the user wrote, such as ``--error``
    """
    raise click.BadParameter(message, click.get_current_context(), param_hint=f"'{param}'")
