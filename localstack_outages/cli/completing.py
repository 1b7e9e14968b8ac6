"""What the shell completes: services, regions, operations, words of options, ids of rules.

Whatever goes wrong, a shell that waits for a completion gets none, and no message.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_PATIENCE_SECONDS = 1.0
"""Who presses the tabulator key does not wait for a LocalStack that does not answer."""


def complete_service(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the name of a service."""
    from localstack_outages.names import services

    return _matching(services(), incomplete)


def complete_region(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the name of a region."""
    from localstack_outages.names import regions

    return _matching(regions(), incomplete)


def complete_operation(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the name of an operation of the services that are named already."""
    from localstack_outages.names import operations

    return _matching({name for s in _services(ctx) for name in operations(s)}, incomplete)


def complete_error(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete an error: the words for what AWS answers, and the codes of the services named."""
    from typing import get_args

    from localstack_outages.effects import ErrorKind
    from localstack_outages.names import error_codes

    codes = {code for service in _services(ctx) for code in error_codes(service)}
    return _matching(get_args(ErrorKind), incomplete) + _matching(codes, incomplete)


def complete_connection(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete what happens to a connection."""
    from typing import get_args

    from localstack_outages.effects import ConnectionFault

    return _matching(get_args(ConnectionFault), incomplete)


def complete_origin(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete whose calls are meant."""
    from typing import get_args

    from localstack_outages.rules import Rule

    return _matching(get_args(Rule.model_fields["origin"].annotation), incomplete)


def complete_flag(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete what a verdict may find wrong; several have commas between them."""
    from localstack_outages.retries import FLAGS

    before, comma, last = incomplete.rpartition(",")
    return _matching((before + comma + flag for flag in FLAGS), before + comma + last)


def complete_rule_id(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the id of a rule that is in the list."""
    from click.shell_completion import CompletionItem

    from localstack_outages.client import OutagesClient
    from localstack_outages.errors import OutagesError
    from localstack_outages.rules import Rule
    from localstack_outages.wording import in_words

    from .frame import Settings

    endpoint = ctx.find_root().ensure_object(Settings).endpoint
    try:
        return [
            CompletionItem(entry["id"], help=in_words(Rule.model_validate(entry["rule"])))
            for entry in OutagesClient(endpoint, _PATIENCE_SECONDS).status()["rules"]
            if entry["id"].startswith(incomplete)
        ]
    except (OutagesError, ValueError):
        return []


def _services(ctx: click.Context) -> Iterable[str]:
    """Give the services that are named already.

    What stands before an option that lacks its value is left by click as it is.
    """
    return ctx.params.get("services") or ctx.args


def _matching(names: Iterable[str], incomplete: str) -> "list[CompletionItem]":
    from click.shell_completion import CompletionItem

    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]
