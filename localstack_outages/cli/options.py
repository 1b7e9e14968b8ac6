"""The options that several commands have."""

import click

from localstack_outages.schema.moments import parse_moment

from .completing import complete_region, complete_rule_id, complete_service
from .settings import reading

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
    help="Only this rule, by its id in the status. May be given several times.",
)
OWNER = click.option(
    "--owner",
    metavar="NAME",
    help="Only what belongs to this owner, such as a test, a team or a scenario.",
)


def _checked_moment(text: str) -> str:
    """Check when something was, and leave it to the server to say how long ago that is."""
    parse_moment(text)
    return text


SINCE = click.option(
    "--since",
    metavar="WHEN",
    callback=reading(_checked_moment),
    help="Only what began since then: how long ago, such as 5m, or a time.",
)
MARK = click.option(
    "--mark", metavar="NAME", help="Only what began after this mark; POST /outages/marks sets one."
)
NEW_OWNER = click.option(
    "--owner",
    metavar="NAME",
    help="Whose rules these are. All rules of other owners stay as they are.",
)
DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Change nothing, only say what would happen."
)
FIRST = click.option(
    "--first", is_flag=True, help="Put it before all other rules, so that it decides first."
)
STRICT = click.option(
    "--strict",
    is_flag=True,
    help="If a rule has a warning, such as an unknown service, change nothing and exit with 1.",
)
