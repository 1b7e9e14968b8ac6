"""The commands ``apply`` and ``check``, which read rules from a file or from the standard input."""

from typing import TYPE_CHECKING

import click

from .inputs import is_yaml, name_of, read_input
from .options import DRY_RUN, FIRST, NEW_OWNER, STRICT
from .reporting import carry_out, tell_checked
from .settings import Command, settings

if TYPE_CHECKING:
    from localstack_outages.schema.rules import Rule

    from .changes import Change

_FILE = click.argument("file", type=click.Path(allow_dash=True))


@click.command(cls=Command)
@_FILE
@click.option("--add", is_flag=True, help="Add the rules, and keep those that are there.")
@NEW_OWNER
@FIRST
@STRICT
@DRY_RUN
def apply(
    file: str, add: bool, owner: str | None, first: bool, strict: bool, dry_run: bool
) -> None:
    """Replace the list of rules by those in FILE.

    FILE is JSON or YAML; '-' is the standard input. Without --add all rules that are there end,
    and equal ones start anew.
    """
    if first and not add:
        raise click.UsageError("--first needs --add: without it there are no other rules")
    from .changes import change

    rules = rules_of_input(file)
    client = settings().client()

    def act(only_ask: bool) -> "list[Rule]":
        if add:
            return client.add(rules, first=first, owner=owner, dry_run=only_ask)
        return client.replace(rules, owner=owner, dry_run=only_ask)

    def apply_them(only_ask: bool) -> "Change":
        return change(client, rules, act, owner=owner, replaces=not add, dry_run=only_ask)

    carry_out(apply_them, dry_run=dry_run, strict=strict)


@click.command(cls=Command)
@_FILE
@click.option("--strict", is_flag=True, help="Exit with 1 on warnings too.")
def check(file: str, strict: bool) -> None:
    """Say whether the rules in FILE are valid.

    FILE is JSON or YAML; '-' is the standard input. It needs no LocalStack. Warnings are about
    likely mistakes, such as a service that AWS does not have.
    """
    from localstack_outages.schema.errors import RulesFileError

    from .checks import invalid, valid

    data = read_input(file, RulesFileError)
    try:
        document = valid(data, file, [("", _rules(file, data))])
    except RulesFileError as e:
        document = invalid(data, file, e)
    tell_checked(document, strict=strict)


def rules_of_input(file: str) -> "list[Rule]":
    """Read the rules in a file, or on the standard input.

    :raises RulesFileError: where they cannot be read or are not valid
    """
    from localstack_outages.schema.errors import RulesFileError

    return _rules(file, read_input(file, RulesFileError))


def _rules(file: str, data: bytes) -> "list[Rule]":
    """Read rules: JSON where the file is called so, else YAML.

    :raises RulesFileError: where they are not valid
    """
    from localstack_outages.schema.rules_file import rules_of_text

    parsed = rules_of_text(data, name_of(file), is_yaml=is_yaml(file, data))
    return [one.rule for one in parsed]
