"""The command ``scenario report``."""

import click

from .completing import complete_scenario
from .options import OWNER
from .printing import print_json
from .settings import Command, settings


@click.command(cls=Command)
@click.argument("scenario", metavar="NAME", shell_complete=complete_scenario)
@OWNER
@click.option(
    "--format",
    "form",
    type=click.Choice(("markdown", "html")),
    default="markdown",
    help="The HTML is one page that needs nothing else.",
)
def report(scenario: str, owner: str | None, form: str) -> None:
    """Print how clients came through the newest run of a scenario.

    The run may be over or go on. The figures go back 15 minutes. With --json it is the document of
    /outages/reports/NAME.
    """
    document = settings().client().scenarios.report(scenario, owner=owner)
    if settings().json:
        print_json(document)
        return
    from .report_pages import as_html, as_markdown

    click.echo(as_html(document) if form == "html" else as_markdown(document))
