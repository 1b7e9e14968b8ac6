"""Likely mistakes in rules that are legal: names that AWS does not have, errors that no SDK would
retry though it would retry AWS's own, rules that can never fire.

None of it is refused: AWS grows faster than botocore's data, and a test may want the odd error.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from localstack_outages.aws.errors import INCOMPLETE_MODELS, aws_error, is_modelled
from localstack_outages.aws.paging import iterators_of, paging_of
from localstack_outages.aws.retryable import EXPECTED_CODES, THROTTLING_CODES, modes_that_give_up
from localstack_outages.schema.batch_operations import MOST_ENTRIES, batches_meant
from localstack_outages.schema.effect import FAILURE_KINDS, KINDS, AwsError, ErrorKind, ErrorSpec
from localstack_outages.schema.faults import given
from localstack_outages.schema.model import Model
from localstack_outages.schema.rules import Rule

from .conditions import parameters_of
from .known_names import (
    Hints,
    is_code,
    is_operation,
    is_region,
    is_service,
    matches_any,
    parameters_meant,
    services_meant,
    text_before_wildcard,
)
from .shadows import Shadows

_READS = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "Search", "Select")
"""How the names of operations begin that change nothing."""


class Advice(NamedTuple):
    """A likely mistake in a rule."""

    code: str
    """What kind of mistake it is, for programs."""
    message: str
    """What is wrong, and where it can be told what would be right."""
    field: str
    """Where in the rule, such as ``error.code``; empty where the rule as a whole is meant."""


def advise(rules: Sequence[Rule], ids: Sequence[str] = ()) -> list[list[Advice]]:
    """Give the likely mistakes in each rule of a list, in the order of the list.

    :param ids: what the rules are called; by their place in the list, counted from 0, where left out
    """
    pairs = zip(advise_on_rules(rules), advise_on_order(rules, ids), strict=True)
    return [own + order for own, order in pairs]


def advise_on_rules(rules: Sequence[Rule], *, knows_principals: bool = True) -> list[list[Advice]]:
    """Give the likely mistakes in each rule that do not depend on the other rules.

    :param knows_principals: whether the host of the rules knows who makes a call
    """
    hints = Hints()
    return [
        [
            *_on_service_and_region(rule, hints),
            *_on_operation(rule, hints),
            *_on_principal(rule, knows_principals=knows_principals),
            *_on_condition(rule, hints),
            *_on_page(rule),
            *_on_errors(rule, hints),
            *_on_words(rule),
            *_on_faults(rule),
            *_on_phase(rule),
            *_on_partial(rule),
        ]
        for rule in rules
    ]


def advise_on_order(rules: Sequence[Rule], ids: Sequence[str] = ()) -> list[list[Advice]]:
    """Give the likely mistakes that come of the order of a list: rules that get no call.

    :param ids: what the rules are called; by their place in the list, counted from 0, where left out
    """
    shadows = Shadows()
    return [list(_on_shadow(position, rule, shadows, ids)) for position, rule in enumerate(rules)]


def _on_service_and_region(rule: Rule, hints: Hints) -> Iterator[Advice]:
    if not is_service(rule.service):
        hint = hints.find(rule.service, "service")
        yield Advice("UnknownService", f"no service matches '{rule.service}'{hint}", "service")
    if not is_region(rule.region):
        hint = hints.find(rule.region, "region")
        yield Advice("UnknownRegion", f"no region matches '{rule.region}'{hint}", "region")


def _on_operation(rule: Rule, hints: Hints) -> Iterator[Advice]:
    meant = () if rule.operation == "*" else services_meant(rule.service)
    if meant and not is_operation(rule.operation, meant):
        hint = hints.find(rule.operation, "operation", meant)
        message = f"no operation of '{rule.service}' matches '{rule.operation}'{hint}"
        yield Advice("UnknownOperation", message, "operation")


def _on_principal(rule: Rule, *, knows_principals: bool) -> Iterator[Advice]:
    if rule.principal == "*":
        return
    if not knows_principals:
        message = (
            "the gateway does not know who makes a call, so a rule with a 'principal' hits nothing "
            "here; leave it out, or use the extension in LocalStack"
        )
        yield Advice("PrincipalsNotKnown", message, "principal")
    start = text_before_wildcard(rule.principal)
    if not (start.startswith("arn:") or "arn:".startswith(start)):
        message = f"no ARN matches '{rule.principal}': did you mean '*{rule.principal}'?"
        yield Advice("UnknownPrincipal", message, "principal")


def _on_condition(rule: Rule, hints: Hints) -> Iterator[Advice]:
    meant = () if rule.condition is None or rule.operation == "*" else services_meant(rule.service)
    known = parameters_meant(rule.operation, meant)
    if rule.condition is None or known is None:
        return
    for name in parameters_of(rule.condition):
        if name not in known:
            hint = hints.find(name, "parameter", meant, rule.operation)
            message = f"{rule.service}.{rule.operation} has no parameter '{name}'{hint}"
            yield Advice("UnknownParameter", message, "condition")


def _on_errors(rule: Rule, hints: Hints) -> Iterator[Advice]:
    found: dict[str, Advice] = {}  # by message: a sequence may repeat an error a thousand times
    for field, error in _errors(rule):
        meant = services_meant(rule.service)
        if "code" in error.model_fields_set and not is_code(error.code, meant):
            hint = hints.find(error.code, "code", meant)
            message = f"the model of '{rule.service}' has no error '{error.code}'{hint}"
            # Of a model that is incomplete, only a slip of the pen can be told.
            if hint or INCOMPLETE_MODELS.isdisjoint(meant):
                found.setdefault(message, Advice("UnknownErrorCode", message, f"{field}.code"))
        if rule.partial is not None:  # no SDK looks at the codes of entries
            continue
        not_retried = _why_not_retried(error.code, error.status_code, meant)
        if not_retried is not None:
            found.setdefault(not_retried, Advice("NotRetried", not_retried, f"{field}.statusCode"))
    yield from found.values()


def _on_words(rule: Rule) -> Iterator[Advice]:
    """Find the words for an error that the service is not known to have."""
    meant = services_meant(rule.service)
    for word in dict.fromkeys(_words(rule)):
        if meant and not any(is_modelled(service, word) for service in meant):
            error = aws_error(meant[0], word)
            message = (
                f"the model of '{rule.service}' has no error for '{word}'; "
                f"calls get {error.status} {error.code}"
            )
            yield Advice("UnknownErrorCode", message, "error")


def _on_page(rule: Rule) -> Iterator[Advice]:
    meant = services_meant(rule.service)
    asking = {
        "page": rule.page is not None,
        "listing": rule.listing is not None,
        "error": "expiredCursor" in _words(rule),
    }
    field = next((name for name, asks in asking.items() if asks), None)
    if field is None or not meant or any(_may_have_cursor(rule.operation, s) for s in meant):
        return
    message = f"no operation of '{rule.service}' that matches '{rule.operation}' lists in pages"
    yield Advice("NoPages", message, field)


def _may_have_cursor(pattern: str, service: str) -> bool:
    return matches_any(pattern, [*paging_of(service), *iterators_of(service)])


def _on_faults(rule: Rule) -> Iterator[Advice]:
    for fault, value in given(rule):
        doubt = fault.doubt(value)
        if doubt is not None:
            yield Advice("UnlikelyValue", doubt, fault.name)


def _on_phase(rule: Rule) -> Iterator[Advice]:
    places = [("phase", rule), *_steps(rule)]
    late = [place for place, part in places if getattr(part, "phase", None) == "after"]
    if late and rule.operation.startswith(_READS):
        message = (
            f"'{rule.operation}' reads: to its client it makes no difference whether it was carried "
            "out; 'phase' is for operations that change something"
        )
        yield Advice("NoDifference", message, late[0])


def _steps(rule: Rule) -> list[tuple[str, object]]:
    """Give the steps of a rule's sequence, each with the place of its phase."""
    return [(f"sequence[{n}].phase", step) for n, step in enumerate(rule.sequence or ())]


def _on_partial(rule: Rule) -> Iterator[Advice]:
    """Find places of entries that no batch has."""
    indexes = getattr(rule.partial, "indexes", None)
    meant = batches_meant(rule.service, rule.operation)
    if indexes is None or not meant:
        return
    most = max(MOST_ENTRIES[key] for key in meant)
    beyond = [index for index in indexes if index >= most]
    if beyond:
        message = (
            f"no batch has an entry {', '.join(map(str, beyond[:5]))}: '{rule.service}."
            f"{rule.operation}' takes {most} entries at most, counted from 0"
        )
        yield Advice("NoSuchEntry", message, "partial.indexes")


def _on_shadow(position: int, rule: Rule, shadows: Shadows, ids: Sequence[str]) -> Iterator[Advice]:
    key = (rule.service, rule.region, rule.operation, rule.account)
    earlier = shadows.find(key, rule.origin)
    if earlier is not None:
        name = ids[earlier] if ids else f"rule [{earlier}]"
        yield Advice("Shadowed", f"{name} already takes every call that this one matches", "")
    elif rule.is_unlimited and _takes_all(rule):
        shadows.add(position, key, rule.origin)


def _takes_all(rule: Rule) -> bool:
    """Whether it asks for nothing of a call but what it is for and its origin."""
    return rule.condition is None and rule.header is None and rule.principal == "*"


def _words(rule: Rule) -> list[ErrorKind]:
    """Give the words for errors that a rule names."""
    named = [rule.error, *(getattr(step, "error", step) for step in rule.sequence or ())]
    return [word for word in named if isinstance(word, str) and word in KINDS]


def _errors(rule: Rule) -> Iterator[tuple[str, ErrorSpec]]:
    """Give the errors that a rule spells out, each with the place where it is."""
    for fault, value in given(rule):
        yield from _errors_in(value, fault.name)


def _errors_in(value: object, place: str) -> Iterator[tuple[str, ErrorSpec]]:
    if isinstance(value, ErrorSpec):
        yield place, value
    elif isinstance(value, tuple):
        for number, item in enumerate(value):
            yield from _errors_in(item, f"{place}[{number}]")
    elif isinstance(value, Model):
        for name, item in value:
            yield from _errors_in(item, f"{place}.{name}")


@lru_cache(maxsize=4096)
def _why_not_retried(code: str, status: int, meant: tuple[str, ...]) -> str | None:
    """Say which retry modes would not retry an error that AWS's clients expect to be retried.

    :param code: the error's code
    :param status: its HTTP status
    :param meant: the services that answer it; none where that is not known
    :return: None where all modes retry it, or where nobody expects them to
    """
    own = [aws_error(service, kind) for service in meant for kind in FAILURE_KINDS]
    if any((code, status) == (error.code, error.status) for error in own):
        return None  # that is what AWS does, retried or not
    is_meant = code in EXPECTED_CODES or any(code == error.code for error in own)
    if status < 500 and not is_meant:
        return None
    not_by = modes_that_give_up(code, status, meant)
    if not not_by:
        return None
    better = _retried_status(code, own, meant)
    return (
        f"botocore's retry {not_by} would not retry '{code}' with status {status}; "
        f"with status {better} every mode would"
    )


def _retried_status(code: str, own: Sequence[AwsError], meant: tuple[str, ...]) -> int:
    """Give a status with which every mode retries a code: AWS's own, if it can be."""
    usual = 400 if code in THROTTLING_CODES else 500 if code.startswith("Internal") else 503
    wanted = [error.status for error in own if error.code == code]
    return next(s for s in (*wanted, usual, 503) if not modes_that_give_up(code, s, meant))
