"""The entry point of ``localstack-outages``."""

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from .effort_report import report
from .exit_codes import USAGE, run_guarded
from .export import export
from .files import apply, check
from .foreground import localstack
from .gateway import gateway
from .list_names import COMPLETION_VARIABLE, PROGRAM, completion, operations, regions, services
from .mcp import mcp
from .reports import status, verdicts
from .scenario import scenario
from .settings import Group, common_options
from .start_stop import clear, start, stop
from .sweep import sweep
from .watch import watch


def _print_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        from localstack_outages.schema.product import version

        click.echo(f"{PROGRAM} {version()}")
        ctx.exit()


@click.group(
    cls=Group,
    params=[
        *common_options(),
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
        start, stop, clear, status, watch, verdicts, report, sweep, apply, check, scenario, export, services, regions,
        operations, completion, localstack, gateway, mcp,
    ],
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
@click.pass_context
def outages(ctx: click.Context) -> None:
    """Make AWS services fail in LocalStack, the way AWS itself fails.

    Exit codes: 0 done, 1 not as asked, 2 usage, 3 LocalStack or its extension cannot be reached.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(USAGE)


def run(arguments: Sequence[str]) -> int:
    """Run a command line; give the exit code."""

    def command() -> None:
        with outages.make_context(PROGRAM, list(arguments)) as context:
            outages.invoke(context)

    # What stands behind "--" is no option of ours.
    own = list(arguments)[: arguments.index("--")] if "--" in arguments else arguments
    return run_guarded(command, as_json="--json" in own)


def main() -> NoReturn:
    """Run the command line of this process."""
    for stream in (sys.stdout, sys.stderr):
        # A character that the output's encoding lacks must not end the command.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    instruction = os.environ.get(COMPLETION_VARIABLE)
    if instruction:
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(outages, {}, PROGRAM, COMPLETION_VARIABLE, instruction))
    sys.exit(run(sys.argv[1:]))
