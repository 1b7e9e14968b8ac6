"""The options that every command takes: where LocalStack is, how long to wait, and ``--json``."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from localstack_outages.schema.durations import parse_duration

if TYPE_CHECKING:
    from localstack_outages.client.client import OutagesClient

T = TypeVar("T")
V = TypeVar("V")

DEFAULT_TIMEOUT_SECONDS = 10.0


def reading(
    parse: Callable[[V], T],
) -> Callable[[click.Context, click.Parameter, V | None], T | None]:
    """Make the callback of an option whose value has a form of its own.

    :param parse: reads the value; a ``ValueError`` becomes click's error for a bad option
    """

    def read(ctx: click.Context, param: click.Parameter, value: V | None) -> T | None:
        try:
            return None if value is None else parse(value)
        except ValueError as e:
            raise click.BadParameter(str(e), ctx, param) from None

    return read


@dataclass
class Settings:
    """The options that may be given before a command or after it."""

    endpoint: str | None = None
    timeout: float = DEFAULT_TIMEOUT_SECONDS
    json: bool = False

    def client(self) -> "OutagesClient":
        """Make the client to the control API."""
        from localstack_outages.client.client import OutagesClient

        try:
            return OutagesClient(self.endpoint, self.timeout)
        except ValueError as e:
            raise click.UsageError(str(e)) from None


def settings() -> Settings:
    """Give the settings of the command that runs."""
    found: Settings = click.get_current_context().find_root().ensure_object(Settings)
    return found


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    # The option may be given before the command or after it. The place without it says nothing.
    if value:
        setattr(ctx.find_root().ensure_object(Settings), str(param.name), value)


def _keep_timeout(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    seconds = reading(parse_duration)(ctx, param, value)
    if seconds == 0:
        raise click.BadParameter("it must be more than 0 seconds", ctx, param)
    _keep(ctx, param, seconds)


def common_options() -> list[click.Option]:
    """Make the options that may be given before a command or after it."""
    return [
        click.Option(
            ["--endpoint"],
            metavar="URL",
            expose_value=False,
            callback=_keep,
            help="Where LocalStack is. By default OUTAGES_ENDPOINT, AWS_ENDPOINT_URL, "
            "LOCALSTACK_ENDPOINT or LOCALSTACK_HOST, else http://localhost:4566.",
        ),
        click.Option(
            ["--timeout"],
            metavar="DURATION",
            expose_value=False,
            callback=_keep_timeout,
            help="How long to wait for LocalStack's answer, by default "
            f"{DEFAULT_TIMEOUT_SECONDS:g}s.",
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
        self.params.extend(common_options())


class Group(click.Group):
    """Commands, listed in the order of use."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """List the commands in the order of use, not of the alphabet."""
        return list(self.commands)


def usage_error(param: str, message: str) -> NoReturn:
    """Refuse an option of the running command, as click does.

    :param param: what the user wrote, such as ``--error``
    """
    raise click.BadParameter(message, click.get_current_context(), param_hint=f"'{param}'")
