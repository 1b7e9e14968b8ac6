"""The entry point of ``localstack-outages``."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from .control import clear, start, stop
from .failures import run_guarded
from .files import apply, check
from .frame import USAGE, shared_options
from .names import COMPLETION_VARIABLE, PROGRAM, completion, operations, regions, services
from .observing import status, verdicts
from .watch import watch


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from localstack_outages import __version__

        click.echo(f"{PROGRAM} {__version__}")
        ctx.exit()


class _Group(click.Group):
    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Give the commands as one meets them, not by the alphabet."""
        return list(self.commands)


@click.group(
    cls=_Group,
    params=[
        *shared_options(),
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help="Print the version.",
        ),
    ],
    commands=[
        start, stop, clear, status, watch, verdicts, apply, check, services, regions, operations,
        completion,
    ],
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.pass_context
def outages(ctx: click.Context) -> None:
    """Make AWS services fail in LocalStack, the way AWS itself fails.

    Exit codes: 0 done, 1 not as asked, 2 usage, 3 LocalStack or the extension in it cannot be
    reached.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(USAGE)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; give the exit code."""

    def command() -> None:
        with outages.make_context(PROGRAM, list(arguments)) as context:
            outages.invoke(context)

    return run_guarded(command, as_json="--json" in arguments)


def main() -> NoReturn:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the output's encoding lacks is no reason to end.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(outages, {}, PROGRAM, COMPLETION_VARIABLE, instruction))
    sys.exit(run(sys.argv[1:]))
