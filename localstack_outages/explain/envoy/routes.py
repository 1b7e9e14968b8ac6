"""One rule as a route of Envoy: which requests it is for, how often, and what happens to them.

A route, for the first one that matches decides, as the first rule does that fires; and its chance is
part of the match, so that the next rule is asked where it says no.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from localstack_outages.aws.errors import aws_error
from localstack_outages.aws.wire.accounts import account_of
from localstack_outages.aws.wire.messages import DEFAULT_ACCOUNT
from localstack_outages.schema.effect import Effect, ErrorKind, ErrorSpec
from localstack_outages.schema.fault import Action, Chain
from localstack_outages.schema.faults import action_of, given
from localstack_outages.schema.globs import is_plain
from localstack_outages.schema.rules import Rule

from .expressions import as_expression, escaped, one_of
from .reasons import CannotCarry
from .services import Matcher, Services, matching, operation_matchers, services_of

CARRIED = frozenset(
    ("service", "region", "operation", "account", "header", "probability", "description")
)
"""The fields of a rule, its faults apart, that a route has a place for."""

REASONS: Mapping[str, str] = {
    "principal": "Envoy does not know who a caller is",
    "condition": "Envoy does not read the parameters of a call",
    "page": "Envoy does not count the pages of a listing",
    "call": "Envoy does not count calls",
    "origin": "calls between an emulator's own services do not come to Envoy",
    "seed": "Envoy's draws cannot be repeated",
    "times": "Envoy does not count how often a fault was injected",
    "after": "Envoy's configuration knows no time",
    "duration": "Envoy's configuration knows no time",
    "flap": "Envoy's configuration knows no time",
}
"""Why a field, other than by its default, keeps a rule from being carried."""

_MILLION = 1_000_000
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


class Route(NamedTuple):
    """A rule as a route."""

    document: dict[str, Any]
    """All but to where it leads."""
    services: frozenset[str]
    """Those that it is for."""
    chance: float
    note: str | None
    """Which of their requests it does not get."""


def route_of(rule: Rule) -> Route:
    """Write a rule as a route.

    :raises CannotCarry: where Envoy's fault filter cannot do what it says
    """
    for field, reason in REASONS.items():
        value = getattr(rule, field)
        if value != Rule.model_fields[field].default and (field, value) != ("origin", "external"):
            raise CannotCarry(f"{field!r}: {reason}")
    if not isinstance(rule.probability, int | float):
        raise CannotCarry("'probability': Envoy's configuration knows no time, and so no ramp")
    services = services_of(rule.service)
    fault = _fault(rule, services.names)
    match: dict[str, Any] = {"prefix": "/", "headers": [*_headers(rule, services)]}
    if rule.probability < 1:
        share = {"numerator": round(rule.probability * _MILLION), "denominator": "MILLION"}
        match["runtime_fraction"] = {"default_value": share}
    return Route(
        {"match": match, "typed_per_filter_config": {"envoy.filters.http.fault": fault}},
        services.names,
        rule.probability,
        services.note,
    )


def _headers(rule: Rule, services: Services) -> Iterator[Matcher]:
    yield matching("authorization", _signed(rule, services))
    yield from operation_matchers(services.names, rule.operation) or services.matchers
    for name, glob in (rule.header or {}).items():
        yield matching(name, as_expression(glob, "."))


def _signed(rule: Rule, services: Services) -> str:
    """Give what the ``Authorization`` of the requests looks like that a rule is for."""
    names = services.signing_names
    key = "[^/,]+" if rule.account == "*" else _keys_of(rule.account)
    region = as_expression(rule.region, "[^/,]") if rule.region != "*" else "[^/,]+"
    name = "[^/,]+" if names is None else one_of([*map(escaped, names)])
    return rf"AWS4-HMAC-SHA256 Credential={key}/[0-9]+/{region}/{name}/aws4_request.*"


def _keys_of(account: str) -> str:
    """Give what the access keys of an account look like: see ``aws.wire.accounts``.

    :raises CannotCarry: where keys do not tell
    """
    if not is_plain(account):
        raise CannotCarry("'account': access keys encode accounts, so that a wildcard is lost")
    if account == DEFAULT_ACCOUNT:
        raise CannotCarry(
            f"'account': all access keys that encode no account stand for {DEFAULT_ACCOUNT}"
        )
    if account_of(account) != account:
        raise CannotCarry("'account': it is no number of twelve digits")
    bits = (1 << 40 | int(account)) << 9  # what follows is not the account's
    fixed = "".join(_ALPHABET[bits >> 5 * place & 31] for place in range(9, 1, -1))
    ninth = bits >> 5 & 31
    return rf"(?:{account}|[AL][KS]IA{fixed}[{_ALPHABET[ninth : ninth + 16]}][A-Z2-7][^/,]{{2,}})"


def _fault(rule: Rule, services: frozenset[str]) -> dict[str, Any]:
    effect = _plain(action_of(rule))
    if effect is None:
        raise CannotCarry(
            f"{_unusual(rule)}: Envoy's fault filter delays by a fixed time and aborts with a status, no more"
        )
    always = {"numerator": 100}
    document: dict[str, Any] = {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.fault.v3.HTTPFault"
    }
    if effect.delay_ms:
        seconds = math.ceil(effect.delay_ms) / 1000  # it counts in milliseconds
        document["delay"] = {"fixed_delay": f"{seconds:.3f}s", "percentage": always}
    if effect.error is not None:
        document["abort"] = {"http_status": _status(effect.error, services), "percentage": always}
    return document


def _plain(done: Action | Chain) -> Effect | None:
    """Give what is done to every call alike, where that is a delay and an error at most."""
    effect = done.on_each() if isinstance(done, Chain) else done.on_each(Effect())
    if done.lets_pass or done.steps is not None or effect is None:
        return None
    return effect if effect._replace(delay_ms=0, error=None) == Effect() else None


def _unusual(rule: Rule) -> str:
    """Name the faults of a rule that are no fixed delay and no error."""
    faults = ((fault.name, fault.act(value)) for fault, value in given(rule))
    return ", ".join(repr(name) for name, action in faults if _plain(action) is None)


def _status(error: ErrorSpec | ErrorKind, services: frozenset[str]) -> int:
    """Give the status that Envoy aborts with.

    :raises CannotCarry: where a status alone does not say what the error is
    """
    if isinstance(error, ErrorSpec):
        statuses, code = {error.status_code}, error.code
    else:
        own = [aws_error(service, error) for service in sorted(services)]
        statuses, code = {one.status for one in own}, own[0].code
        if len(statuses) > 1:
            raise CannotCarry(
                f"'error': {error} is HTTP {' or '.join(map(str, sorted(statuses)))}, as the service "
                "has it; write a rule for each service"
            )
    (status,) = statuses
    if status < 500:
        raise CannotCarry(
            f"'error': to an SDK HTTP {status} means something by its code alone, {code}, and Envoy "
            "gives a status without one"
        )
    return status
