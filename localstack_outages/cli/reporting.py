"""Carries out a change of the list of rules and tells what it came to, in words or as JSON."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import click

from .exit_codes import NOT_AS_ASKED, NotAsAsked
from .printing import print_json, print_text, warn
from .settings import settings

if TYPE_CHECKING:
    from .changes import Change
    from .checks import Checked

NOTHING = "There was nothing to do."


def carry_out(change: "Callable[[bool], Change]", *, dry_run: bool, strict: bool) -> None:
    """Put rules into the list, and tell what that changed.

    :param change: does it; with True it only finds out what would happen
    :param dry_run: whether only to find out
    :param strict: whether a warning keeps it from being done
    :raises NotAsAsked: where it was not done because of warnings
    """
    if strict:
        prospect = change(True)
        warnings = sum(1 for _ in _warnings(prospect))
        if warnings:
            if settings().json:
                print_json(prospect)
            else:
                _tell_warnings(prospect)
            count = "1 warning" if warnings == 1 else f"{warnings} warnings"
            raise NotAsAsked("Warned", f"{count}; nothing has changed")
    report(change(dry_run))


def report(change: "Change", nothing: str = NOTHING) -> None:
    """Tell what a command changed, and the warnings about rules that it put into the list.

    :param nothing: what to say where it changed nothing
    """
    from .rendering import change_lines

    if settings().json:
        print_json(change)
        return
    for line in change_lines(change) or [nothing]:
        print_text(line)
    _tell_warnings(change)


def tell_checked(document: "Checked", *, strict: bool) -> None:
    """Tell what was found in a file.

    :param strict: whether warnings count
    :raises click.exceptions.Exit: where it is not valid, or a warning counts
    """
    from .rendering import check_lines

    if settings().json:
        print_json(document)
    else:
        for line in check_lines(document):
            print_text(line)
    if not document["valid"] or (strict and document["warnings"]):
        raise click.exceptions.Exit(NOT_AS_ASKED)


def _tell_warnings(change: "Change") -> None:
    for warning in _warnings(change):
        warn(warning)


def _warnings(change: "Change") -> Iterator[str]:
    for entry in (*change["started"], *change["unchanged"]):
        for warning in entry["warnings"]:
            yield f"{entry['id'] or entry['rule'].get('service', '*')}: {warning['message']}"
