"""What the shell completes: services, regions, operations, words of options, ids of rules.

Whatever goes wrong, a shell that waits for a completion gets none, and no message.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Literal

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], "list[CompletionItem]"]
"""What click asks for completions."""

_PATIENCE_SECONDS = 1.0
"""Pressing Tab does not wait long for a LocalStack that does not answer."""


def complete_service(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the name of a service."""
    from localstack_outages.aws.names import services

    return _matching(services(), incomplete)


def complete_region(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the name of a region."""
    from localstack_outages.aws.names import regions

    return _matching(regions(), incomplete)


def complete_scenario(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the name of a scenario, or a file."""
    from click.shell_completion import CompletionItem

    from localstack_outages.schema.scenario_files import packaged_names

    found = _matching(packaged_names(), incomplete)
    return found or [CompletionItem(incomplete, type="file")]


def complete_operation(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the name of an operation of the services that are named already."""
    from localstack_outages.aws.names import operations

    return _matching({name for s in _services(ctx) for name in operations(s)}, incomplete)


def completer(words: Sequence[str], names: Literal["error_codes"] | None) -> Completer:
    """Make what completes the option of a fault.

    :param words: what it may be
    :param names: names of AWS that it may be as well: of the services that are named already
    """

    def complete(
        ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> "list[CompletionItem]":
        found = _matching(words, incomplete)
        if names is not None:
            from localstack_outages.aws.errors import aws_error
            from localstack_outages.aws.names import error_codes
            from localstack_outages.schema.effect import KINDS

            codes = {code for service in _services(ctx) for code in error_codes(service)}
            # AWS answers some codes that are in no model of a service, such as S3's SlowDown.
            codes |= {aws_error(service, kind).code for service in _services(ctx) for kind in KINDS}
            found += _matching(codes, incomplete)
        return found

    return complete


def complete_origin(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete whose calls are meant."""
    from typing import get_args

    from localstack_outages.schema.rules import Rule

    return _matching(get_args(Rule.model_fields["origin"].annotation), incomplete)


def complete_flag(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete what a verdict may find wrong; several have commas between them."""
    from localstack_outages.schema.vocabulary import FLAGS

    before, comma, last = incomplete.rpartition(",")
    return _matching((before + comma + flag for flag in FLAGS), before + comma + last)


def complete_rule_id(
    ctx: click.Context, _param: click.Parameter, incomplete: str
) -> "list[CompletionItem]":
    """Complete the id of a rule that is in the list."""
    from click.shell_completion import CompletionItem

    from localstack_outages.client.client import OutagesClient
    from localstack_outages.explain.words import in_words
    from localstack_outages.schema.errors import OutagesError
    from localstack_outages.schema.rules import Rule

    from .settings import Settings

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
