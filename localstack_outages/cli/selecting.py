"""The options that choose calls and rules."""

import click

from .completing import complete_region, complete_rule_id, complete_service

SERVICE = click.option(
    "--service", metavar="GLOB", shell_complete=complete_service, help="Only calls to these."
)
REGION = click.option(
    "--region", metavar="GLOB", shell_complete=complete_region, help="Only calls signed for these."
)
IDS = click.option(
    "--id",
    "ids",
    metavar="ID",
    multiple=True,
    shell_complete=complete_rule_id,
    help="Only this rule, by its id in the status; may be given several times.",
)
