"""Tells what a command changed in the list of rules, in words or as JSON."""

from typing import TYPE_CHECKING

import click

from .frame import print_json, print_text, settings, warn

if TYPE_CHECKING:
    from .changes import Change

DRY_RUN = click.option(
    "--dry-run", is_flag=True, help="Change nothing, only say what would happen."
)
FIRST = click.option(
    "--first", is_flag=True, help="Put it before all other rules: it decides first."
)


def report(change: "Change") -> None:
    """Print what a command changed, and the warnings about rules that it put into the list."""
    from .rendering import change_lines

    if settings().json:
        print_json(change)
        return
    for line in change_lines(change):
        print_text(line)
    for entry in (*change["started"], *change["unchanged"]):
        for warning in entry["warnings"]:
            warn(f"{entry['id'] or entry['rule'].get('service', '*')}: {warning['message']}")
