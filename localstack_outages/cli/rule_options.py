"""The options of ``start``: each is a field of a rule, most in a short form."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from localstack_outages.schema.durations import parse_duration

from .completing import complete_operation, complete_origin, complete_region, completer
from .fault_options import FAULT_OPTIONS, FaultOption
from .settings import reading
from .shorthand import parse_flap, parse_headers, parse_probability

F = TypeVar("F", bound=Callable[..., Any])


class RuleOption(click.Option):
    """An option that is a field of a rule.

    :param field: the field's name in the rule; that of the option where left out
    """

    def __init__(self, *args: Any, field: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field or str(self.name)


def fault_option(data: FaultOption) -> RuleOption:
    """Make the option of a fault."""
    return RuleOption(
        [f"--{_hyphenated(data['name'])}"],
        field=data["name"],
        callback=reading(lambda text: _read(data["name"], text)),
        metavar=data["metavar"],
        shell_complete=completer(data["words"], data["names"]),
        help=data["help"],
    )


def _hyphenated(name: str) -> str:
    """Write the name of a field as options are written: ``retry-after`` for ``retryAfter``."""
    return re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", name)


def _read(name: str, text: str) -> Any:
    """Read a fault as it is written on the command line. What is needed for it is loaded now: help
    does not wait for it.
    """
    from localstack_outages.schema.faults import all_faults

    read = next(fault.option.read for fault in all_faults() if fault.name == name)
    return text if read is None else read(text)


_OPTIONS = [
    RuleOption(
        ["--region"],
        metavar="GLOB",
        shell_complete=complete_region,
        help="Only calls that are signed for these regions, such as us-east-1 or 'us-*'.",
    ),
    RuleOption(
        ["--operation"],
        metavar="GLOB",
        shell_complete=complete_operation,
        help="Only these operations, such as PutItem or 'Get*'.",
    ),
    RuleOption(["--account"], metavar="GLOB", help="Only calls of these 12-digit accounts."),
    RuleOption(
        ["--principal"],
        metavar="GLOB",
        help="Only calls of these roles or users, by ARN, such as 'arn:aws:iam::*:role/payments'.",
    ),
    RuleOption(
        ["--header"],
        callback=reading(parse_headers),
        multiple=True,
        metavar="'NAME: GLOB'",
        help="Only requests with this header, such as 'x-test-id: run-7'; once for each header.",
    ),
    RuleOption(
        ["--condition"],
        metavar="JMESPATH",
        help="Only calls whose parameters meet it, such as \"Bucket == 'invoices'\".",
    ),
    RuleOption(
        ["--page"], type=int, metavar="K", help="Only the K-th page of each listing, from 1."
    ),
    RuleOption(
        ["--call"],
        type=int,
        metavar="K",
        help="Only the K-th logical call, from 1, with all its attempts.",
    ),
    RuleOption(
        ["--origin"],
        metavar="external|internal|any",
        shell_complete=complete_origin,
        help="Calls of clients, calls between LocalStack's own services, or both.",
    ),
    *map(fault_option, FAULT_OPTIONS),
    RuleOption(
        ["--probability"],
        callback=reading(parse_probability),
        metavar="SHARE",
        help="On which share of the calls: 0.2, 20% or JSON.",
    ),
    RuleOption(["--seed"], type=int, metavar="N", help="Make the draws repeatable."),
    RuleOption(["--times"], type=int, metavar="N", help="Only so many times."),
    RuleOption(
        ["--after"],
        callback=reading(parse_duration),
        metavar="DURATION",
        help="Begin so much later.",
    ),
    RuleOption(
        ["--for", "for_"],
        callback=reading(parse_duration),
        metavar="DURATION",
        field="duration",
        help="End after so long, by itself: 90s, 5m, 1h30m, 500ms, PT5M or seconds.",
    ),
    RuleOption(
        ["--flap"],
        callback=reading(parse_flap),
        metavar="DOWN/UP",
        help="Fail for a while, work for a while, and so on: 5s/10s.",
    ),
    RuleOption(["--description"], metavar="TEXT", help="Free text, no effect."),
]


def rule_options(command: F) -> F:
    """Give a command the options of a rule."""
    params: list[click.Parameter] = command.__dict__.setdefault("__click_params__", [])
    params.extend(reversed(_OPTIONS))  # click turns them round
    return command


def rule_document(values: Mapping[str, Any]) -> dict[str, Any]:
    """Make the document of a rule from the values of the options; those not given are left out."""
    given = ((option.field, values[str(option.name)]) for option in _OPTIONS)
    return {field: value for field, value in given if value is not None}


def option_of(path: str) -> tuple[str, str]:
    """Say which option a place in a list of rules comes from: ``[0].error.code`` from ``--error``.

    :param path: as an ``InvalidRules`` names it
    :return: the option or the argument, and the place within its value
    """
    match = re.fullmatch(r"\[\d+\]\.?(?P<field>\w*)[.]?(?P<place>.*)", path)
    field, place = (match["field"], match["place"]) if match else ("", path)
    for option in _OPTIONS:
        if option.field == field:
            return option.opts[0], place
    return "SERVICE", place
