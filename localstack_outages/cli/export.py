"""The command ``export envoy``: rules for who has an Envoy and no gateway."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from localstack_outages.schema.addresses import is_endpoint_url, read_address

from .exit_codes import NOT_AS_ASKED, USAGE
from .files import rules_of_input
from .printing import print_json, warn
from .settings import Command, Group, common_options, reading, settings

if TYPE_CHECKING:
    from localstack_outages.explain.envoy.configuration import Exported

_LISTEN = "127.0.0.1:10000"


def _address(text: str) -> tuple[str, int]:
    address = read_address(text)
    if address is None:
        raise ValueError(f"{text!r} is not an address; write it as {_LISTEN}")
    return address


def _url(text: str) -> str:
    if not is_endpoint_url(text) or urlsplit(text).path.strip("/"):
        raise ValueError(f"{text!r} is no endpoint; write it as http://127.0.0.1:4566")
    return text


@click.command(cls=Command)
@click.argument("file", type=click.Path(allow_dash=True), required=False)
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default=_LISTEN,
    callback=reading(_address),
    help=f"Envoy's own address; {_LISTEN} where left out.",
)
@click.option(
    "--upstream",
    metavar="URL",
    default="http://127.0.0.1:4566",
    callback=reading(_url),
    help="The AWS endpoint behind it; http://127.0.0.1:4566 where left out.",
)
@click.option("--strict", is_flag=True, help="Exit with 1 where a rule is left out.")
def envoy(file: str | None, listen: tuple[str, int], upstream: str, strict: bool) -> None:
    """Print a configuration of Envoy whose fault filter does what rules say, as far as it can.

    The rules are those in FILE, JSON or YAML; '-' is the standard input. Without FILE they are those in
    force. What Envoy cannot do is left out: comments and warnings say which rules, and why.
    """
    from localstack_outages.explain.envoy.configuration import as_yaml, configuration, export

    exported = export(settings().client().rules() if file is None else rules_of_input(file))
    document = configuration(exported, listen, upstream)
    if settings().json:
        print_json({"configuration": document, **_told(exported)})
    else:
        click.echo(as_yaml(exported, document), nl=False)
        _warn(exported)
    if strict and exported.left_out:
        click.get_current_context().exit(NOT_AS_ASKED)


@click.group(
    cls=Group, params=list(common_options()), commands=[envoy], invoke_without_command=True
)
@click.pass_context
def export(ctx: click.Context) -> None:
    """Write rules as the configuration of another tool."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(USAGE)


def _told(exported: "Exported") -> "dict[str, object]":
    from localstack_outages.explain.envoy.configuration import notes_on

    left_out = [{"position": one.position, "reason": one.reason} for one in exported.left_out]
    notes = [
        {"position": position, "notes": notes} for position, notes in notes_on(exported).items()
    ]
    return {"leftOut": left_out, "notes": notes}


def _warn(exported: "Exported") -> None:
    from localstack_outages.explain.envoy.configuration import notes_on
    from localstack_outages.explain.words import in_words

    for position, rule, reason in exported.left_out:
        warn(f"rule {position + 1}, {in_words(rule)}, is left out. {reason}.")
    for position, notes in notes_on(exported).items():
        for note in notes:
            warn(f"rule {position + 1}: {note}.")
