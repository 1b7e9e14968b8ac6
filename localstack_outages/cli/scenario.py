"""The commands of ``scenario`` that need no LocalStack: ``list``, ``show`` and ``check``; and the group of
them all.
"""

import click

from .completing import complete_scenario
from .exit_codes import USAGE
from .printing import print_json, print_text, show
from .reporting import tell_checked
from .scenario_options import PHASE, SPEED
from .scenario_report import report
from .scenario_runs import run, status, stop
from .settings import Command, Group, common_options, settings

_SOURCE = click.argument("scenario", metavar="NAME|FILE", shell_complete=complete_scenario)


@click.command("list", cls=Command)
def list_scenarios() -> None:
    """List the scenarios that come with the package."""
    from localstack_outages.schema.scenario_documents import outline
    from localstack_outages.schema.scenario_files import packaged_names, packaged_scenario

    from .scenario_lines import list_parts

    outlines = [outline(packaged_scenario(name)) for name in packaged_names()]
    if settings().json:
        print_json({"scenarios": outlines})
    else:
        show(list_parts(outlines))


@click.command("show", cls=Command)
@_SOURCE
@SPEED
@PHASE
def show_scenario(scenario: str, speed: float, phase: str | None) -> None:
    """Print a scenario: its phases, and what fails in each.

    NAME is one that 'scenario list' prints. Anything with a dot or a slash in it is a FILE, and '-'
    is the standard input.
    """
    from localstack_outages.schema.scenario_rules import compile_scenario

    from .scenario_lines import story_lines
    from .scenario_sources import read_scenario

    parsed = read_scenario(scenario)
    rules = compile_scenario(parsed, speed=speed, phase=phase)
    if settings().json:
        print_json({"scenario": parsed.document, "rules": rules})
        return
    for line in story_lines(parsed, speed, phase):
        print_text(line)


@click.command("check", cls=Command)
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings too.")
def check_scenario(file: str, strict: bool) -> None:
    """Check whether the scenario in FILE is valid.

    FILE is JSON or YAML; '-' is the standard input. It needs no LocalStack. Warnings point out
    likely mistakes, such as a service that AWS does not have.
    """
    from .scenario_sources import check_file

    tell_checked(check_file(file), strict=strict)


@click.group(
    cls=Group,
    params=list(common_options()),
    commands=[list_scenarios, show_scenario, run, stop, status, report, check_scenario],
    invoke_without_command=True,
)
@click.pass_context
def scenario(ctx: click.Context) -> None:
    """Play outages that develop over time, phase by phase.

    The package brings real incidents of AWS, with their sources, and drills. You can write your own
    in a file.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(USAGE)
