"""Likely mistakes in rules that are legal: names that AWS does not have, errors that no SDK would
retry as meant, rules that never get a turn.
"""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from . import catalogue
from .effects import ErrorSpec, Outcome, Step
from .matching import Index, Key, compile_glob, is_plain
from .rules import Rule

MAX_SERVICES = 3
"""Operations are looked up where a pattern stands for so few services: each has a file to read."""

MAX_REMEMBERED = 4096
"""Of how many different names and errors the advice is kept."""

ALIASES = {
    "api-gateway": "apigateway",
    "cloudwatch-logs": "logs",
    "cloudwatchlogs": "logs",
    "cognito": "cognito-idp",
    "dynamo": "dynamodb",
    "eventbridge": "events",
    "msk": "kafka",
    "parameter-store": "ssm",
    "secrets-manager": "secretsmanager",
    "sfn": "stepfunctions",
    "states": "stepfunctions",
    "step-functions": "stepfunctions",
}
"""Names by which people know services that botocore calls otherwise."""

COMMON_CODES = frozenset((
    "AccessDenied", "AccessDeniedException", "ExpiredToken", "ExpiredTokenException",
    "IncompleteSignature", "InternalError", "InternalFailure", "InternalServerError",
    "InvalidClientTokenId", "MissingAuthenticationToken", "NotAuthorized", "OptInRequired",
    "RequestExpired", "RequestLimitExceeded", "RequestTimeout", "ServiceUnavailable",
    "ServiceUnavailableException", "SlowDown", "Throttling", "ThrottlingException",
    "TooManyRequestsException", "UnauthorizedOperation", "UnrecognizedClientException",
    "ValidationError", "ValidationException",
))
"""Codes that any API may answer, whether its model knows them or not: the "Common Errors" of AWS's
API references."""

THROTTLING_CODES = frozenset((
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException",
    "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException",
    "Throttling", "ThrottlingException", "TooManyRequestsException",
    "TransactionInProgressException",
))
"""What botocore's standard mode retries with any status (``botocore/retries/standard.py``)."""

LEGACY_400_CODES = frozenset((
    "ProvisionedThroughputExceededException", "RequestThrottledException", "ThrottledException",
    "Throttling", "ThrottlingException",
))
"""What botocore's legacy mode retries with status 400, for all services (``data/_retry.json``)."""

LEGACY_OTHERS = frozenset((
    ("ec2", 503), ("kinesis", 400), ("sqs", 403), ("s3", 400), ("sts", 400), ("route53", 400),
    ("organizations", 400), ("dynamodb", 400),
))
"""Services and statuses with codes of their own in ``data/_retry.json``: no judgement there."""

STANDARD_STATUSES = frozenset((500, 502, 503, 504))
LEGACY_STATUSES = STANDARD_STATUSES | {429, 509}
TRANSIENT_WORDS = ("Unavailable", "InternalError", "InternalFailure", "InternalServer", "Timeout")


class Advice(NamedTuple):
    """One likely mistake."""

    code: str
    """What kind it is, for programs."""
    message: str
    field: str
    """The field of the rule that it is about."""


def advise(rules: Sequence[Rule]) -> list[list[Advice]]:
    """Look for likely mistakes.

    :param rules: the rules, in their order
    :return: for each rule what is likely wrong with it
    """
    shadows = _shadows(rules)
    return [
        [*_on_names(rule.service, rule.region, rule.operation), *_on_errors(rule), *_on(shadow)]
        for rule, shadow in zip(rules, shadows, strict=True)
    ]


@lru_cache(maxsize=MAX_REMEMBERED)
def _on_names(service: str, region: str, operation: str) -> tuple[Advice, ...]:
    found = []
    names = _matching(service, catalogue.services())
    if not names:
        found.append(_unknown("service", service, catalogue.services(), ALIASES.get(service)))
    if not _matching(region, catalogue.regions()):
        found.append(_unknown("region", region, catalogue.regions()))
    if operation != "*" and 0 < len(names) <= MAX_SERVICES:
        operations = frozenset[str]().union(*map(catalogue.operations, names))
        if not _matching(operation, operations):
            found.append(_unknown("operation", operation, operations, of=service))
    return tuple(found)


@lru_cache(maxsize=MAX_REMEMBERED)
def _matching(pattern: str, names: frozenset[str]) -> tuple[str, ...]:
    if is_plain(pattern):
        return (pattern,) if pattern in names else ()
    matches = compile_glob(pattern)
    return tuple(name for name in names if matches(name))


def _unknown(
    field: str, pattern: str, names: frozenset[str], meant: str | None = None, of: str = "AWS"
) -> Advice:
    meant = meant or _closest(pattern, names)
    hint = f": did you mean '{meant}'?" if meant else ""
    article = "an" if field == "operation" else "a"
    whose = of if of == "AWS" else f"'{of}'"
    does = "matches no" if not is_plain(pattern) else f"is not {article}"
    return Advice(f"unknown{field.title()}", f"'{pattern}' {does} {field} of {whose}{hint}", field)


def _closest(text: str, names: frozenset[str]) -> str | None:
    """Give the name that was probably meant: other case, two letters swapped, or nearly the same."""
    by_lower_case = {name.lower(): name for name in sorted(names)}
    close = difflib.get_close_matches(text.lower(), by_lower_case)
    close.sort(key=lambda name: sorted(name) != sorted(text.lower()))
    return by_lower_case[close[0]] if close else None


def _on_errors(rule: Rule) -> Iterator[Advice]:
    for field, error in _errors(rule):
        yield from _on_error(rule.service, error.code, error.status_code, field)


def _errors(rule: Rule) -> Iterator[tuple[str, ErrorSpec]]:
    if isinstance(rule.error, ErrorSpec):
        yield "error", rule.error
    for step in rule.sequence or ():
        error: Outcome | None = step.error if isinstance(step, Step) else step
        if isinstance(error, ErrorSpec):
            yield "sequence", error


@lru_cache(maxsize=MAX_REMEMBERED)
def _on_error(service: str, code: str, status: int, field: str) -> tuple[Advice, ...]:
    found = []
    known = catalogue.error_codes(service)
    own = {catalogue.aws_error(service, "unavailable").code}
    own |= {catalogue.aws_error(service, "throttling").code}
    own |= {catalogue.aws_error(service, "internal").code}
    if known and code not in known | own | COMMON_CODES:
        meant = _closest(code, known | own | COMMON_CODES)
        hint = f": did you mean '{meant}'?" if meant else ""
        message = f"'{service}' knows no error '{code}'{hint}"
        found.append(Advice("unknownErrorCode", message, field))
    modes = _modes_that_give_up(service, code, status)
    if modes:
        message = f"SDKs do not retry '{code}' with status {status} in {modes}"
        found.append(Advice("notRetried", message, field))
    return tuple(found)


def _modes_that_give_up(service: str, code: str, status: int) -> str:
    """Name the modes of botocore that do not retry what reads as if it were meant to be retried."""
    if not (code in THROTTLING_CODES or status >= 500 or any(w in code for w in TRANSIENT_WORDS)):
        return ""
    standard = status in STANDARD_STATUSES or code in THROTTLING_CODES
    legacy = status in LEGACY_STATUSES or (status == 400 and code in LEGACY_400_CODES)
    legacy = legacy or not is_plain(service) or (service, status) in LEGACY_OTHERS
    if standard and legacy:
        return ""
    if standard:
        return "legacy mode"
    return "standard mode" if legacy else "any mode"


@dataclass(frozen=True, slots=True)
class _Placed:
    """A rule that always fires, and its place in the list."""

    rule: Rule
    position: int


def _shadows(rules: Sequence[Rule]) -> list[int | None]:
    """Give for each rule the place of an earlier one that takes all its calls, or None.

    The patterns of a rule are looked up as if they were names: a pattern of literals and stars that
    matches the text of another pattern matches all that the other one matches.
    """
    always = [_Placed(rule, i) for i, rule in enumerate(rules) if _always_fires(rule)]
    index = Index(always)
    return [
        next(
            (
                earlier.position
                for earlier in index.find(_patterns(rule))
                if earlier.position < i and _covers(earlier.rule, rule)
            ),
            None,
        )
        for i, rule in enumerate(rules)
    ]


def _patterns(rule: Rule) -> Key:
    return rule.service, rule.region, rule.operation, rule.account


def _always_fires(rule: Rule) -> bool:
    limits = (rule.condition, rule.times, rule.duration, rule.flap, rule.sequence, rule.throttle)
    return rule.probability == 1 and not rule.after and all(limit is None for limit in limits)


def _covers(earlier: Rule, later: Rule) -> bool:
    if earlier.origin not in ("any", later.origin):
        return False
    return all(map(_takes_in, _patterns(earlier), _patterns(later)))


def _takes_in(wide: str, narrow: str) -> bool:
    if wide in ("*", narrow):
        return True
    if any(c in wide for c in "?[") or "[" in narrow:
        return False
    return bool(compile_glob(wide)(narrow))


def _on(shadow: int | None) -> list[Advice]:
    if shadow is None:
        return []
    message = f"rule [{shadow}] already takes every call that this one matches"
    return [Advice("shadowed", message, "service")]
