"""The commands ``apply`` and ``check``, which read rules from a file or from the standard input."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import click

from .frame import NOT_AS_ASKED, Command, print_json, print_text, settings
from .reporting import DRY_RUN, FIRST, report

if TYPE_CHECKING:
    from localstack_outages.parsing import ParsedRule
    from localstack_outages.rules import Rule

STDIN = "-"
_FILE = click.argument("file", type=click.Path(allow_dash=True))


class Checked(TypedDict):
    """What ``check`` found; part of the command line with ``--json``."""

    file: str
    valid: bool
    rules: int
    """How many; 0 where they are not valid."""
    faults: list[dict[str, str]]
    """Each with ``message`` and ``path``."""
    warnings: list[dict[str, str]]
    """Each with ``code``, ``message`` and ``path``."""


@click.command(cls=Command)
@_FILE
@click.option("--add", is_flag=True, help="Add the rules, and leave those that are there.")
@FIRST
@DRY_RUN
def apply(file: str, add: bool, first: bool, dry_run: bool) -> None:
    """Make the list of rules what FILE says.

    FILE is JSON or YAML; '-' is the standard input. All rules that are there end, unless --add
    is given; equal ones start anew.
    """
    if first and not add:
        raise click.UsageError("--first goes with --add: without it there are no other rules")
    from .changes import change

    rules = [parsed.rule for parsed in _read(file)]
    client = settings().client()

    def act() -> "list[Rule]":
        if add:
            return client.add(rules, first=first, dry_run=dry_run)
        return client.replace(rules, dry_run=dry_run)

    report(change(client, rules, act, replaces=not add, dry_run=dry_run))


@click.command(cls=Command)
@_FILE
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
def check(file: str, strict: bool) -> None:
    """Say whether the rules in FILE are valid.

    FILE is JSON or YAML; '-' is the standard input. LocalStack is not asked. Warnings are of
    likely mistakes, such as a service that AWS does not have.
    """
    from localstack_outages.errors import RulesFileError

    from .rendering import check_lines

    try:
        document = _checked(file, [parsed.rule for parsed in _read(file)])
    except RulesFileError as e:
        if not e.faults:
            raise
        document = Checked(file=file, valid=False, rules=0, faults=list(e.faults), warnings=[])
    if settings().json:
        print_json(document)
    else:
        for line in check_lines(document):
            print_text(line)
    if not document["valid"] or (strict and document["warnings"]):
        raise click.exceptions.Exit(NOT_AS_ASKED)


def _checked(file: str, rules: "list[Rule]") -> Checked:
    from localstack_outages.advice import advise

    warnings = [
        {"code": found.code, "message": found.message, "path": f"[{i}].{found.field}".rstrip(".")}
        for i, of_rule in enumerate(advise(rules))
        for found in of_rule
    ]
    return {"file": file, "valid": True, "rules": len(rules), "faults": [], "warnings": warnings}


def _read(file: str) -> "list[ParsedRule]":
    from localstack_outages.rules_file import rules_of_file, rules_of_text

    if file != STDIN:
        return rules_of_file(Path(file))
    data = b"" if sys.stdin is None else sys.stdin.buffer.read()
    return rules_of_text(data, "the standard input", is_yaml=not _is_json(data))


def _is_json(data: bytes) -> bool:
    """Whether it is read as JSON: strictly, and much quicker than as YAML, which all JSON is."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return False
    return True
