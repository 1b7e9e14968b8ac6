"""The commands ``services``, ``regions`` and ``operations``, which list the names of AWS, and
``completion``. None of them needs LocalStack.
"""

from collections.abc import Iterable

import click

from .completing import complete_service
from .exit_codes import NotAsAsked
from .printing import print_json
from .settings import Command, settings

PROGRAM = "localstack-outages"
COMPLETION_VARIABLE = "_LOCALSTACK_OUTAGES_COMPLETE"

_PATTERN = click.argument("pattern", metavar="[GLOB]", default="*")


@click.command(cls=Command)
@_PATTERN
def services(pattern: str) -> None:
    """List the services that AWS has."""
    from localstack_outages.aws import names

    _print_names("services", names.services(), pattern)


@click.command(cls=Command)
@_PATTERN
def regions(pattern: str) -> None:
    """List the regions that AWS has."""
    from localstack_outages.aws import names

    _print_names("regions", names.regions(), pattern)


@click.command(cls=Command)
@click.argument("service", shell_complete=complete_service)
@_PATTERN
def operations(service: str, pattern: str) -> None:
    """List the operations of a service."""
    from localstack_outages.aws import names

    if service not in names.services():
        raise NotAsAsked("UnknownService", _unknown(service))
    _print_names("operations", names.operations(service), pattern)


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print a script that makes a shell complete this command.

    It completes services, regions, operations, errors and rule ids.
    """
    from click.shell_completion import get_completion_class

    root = click.get_current_context().find_root().command
    kind = get_completion_class(shell)
    assert kind is not None, "click knows these shells"  # noqa: S101 - click.Choice allows no other
    script = kind(root, {}, PROGRAM, COMPLETION_VARIABLE).source()
    if settings().json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)


def _unknown(service: str) -> str:
    from pydantic import ValidationError

    from localstack_outages.explain.mistakes import advise
    from localstack_outages.schema.rules import Rule

    try:
        (found,) = advise([Rule(service=service)])
    except ValidationError:
        return f"no service matches '{service}'"
    return next((a.message for a in found), f"'{service}' is a pattern; name one service")


def _print_names(kind: str, names: Iterable[str], pattern: str) -> None:
    from localstack_outages.schema.globs import compile_glob

    found = sorted(filter(compile_glob(pattern), names))
    if not found:
        raise NotAsAsked("NothingMatched", f"none of the {kind} matches '{pattern}'")
    if settings().json:
        print_json({kind: found})
    else:
        click.echo("\n".join(found))
