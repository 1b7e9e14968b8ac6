"""The options of ``start``: each is a field of a rule, most in a short form."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from localstack_outages.durations import parse_duration
from localstack_outages.shorthand import (
    parse_error,
    parse_flap,
    parse_latency,
    parse_probability,
    parse_sequence,
    parse_throttle,
)

from .completing import (
    complete_connection,
    complete_error,
    complete_operation,
    complete_origin,
    complete_region,
)
from .frame import reading

F = TypeVar("F", bound=Callable[..., Any])


class RuleOption(click.Option):
    """An option that is a field of a rule.

    :param field: the field's name in the rule; that of the option where left out
    """

    def __init__(self, *args: Any, field: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.field = field or str(self.name)


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
        ["--condition"],
        metavar="JMESPATH",
        help="Only calls whose parameters meet it, such as \"Bucket == 'invoices'\".",
    ),
    RuleOption(
        ["--origin"],
        metavar="external|internal|any",
        shell_complete=complete_origin,
        help="Calls of clients, calls between LocalStack's own services, or both.",
    ),
    RuleOption(
        ["--error"],
        callback=reading(parse_error),
        metavar="ERROR",
        shell_complete=complete_error,
        help="What calls get: throttling, unavailable or internal, as AWS answers it for that "
        "service; a code such as SlowDown; STATUS:CODE such as 403:AccessDenied; or JSON.",
    ),
    RuleOption(
        ["--latency"],
        callback=reading(parse_latency),
        metavar="LATENCY",
        help="A delay before the answer: milliseconds (200), a time (1.5s), a range (100-300) "
        "or JSON.",
    ),
    RuleOption(
        ["--throttle"],
        callback=reading(parse_throttle),
        metavar="RATE[/BURST]",
        help="Refuse calls over so many a second, beyond so many at once; or JSON.",
    ),
    RuleOption(
        ["--connection"],
        metavar="reset|close|hang|truncate",
        shell_complete=complete_connection,
        help="Break the connection in place of an answer.",
    ),
    RuleOption(
        ["--sequence"],
        callback=reading(parse_sequence),
        metavar="OUTCOMES",
        help="What calls get one after another: throttling,throttling,pass; or JSON.",
    ),
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
