"""A list of rules as a configuration of Envoy that runs as it is, and what is left out of it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import yaml

from localstack_outages.explain.words import in_words
from localstack_outages.schema.globs import compile_glob, is_plain
from localstack_outages.schema.rules import Rule

from .bootstrap import bootstrap
from .reasons import CannotCarry
from .routes import Route, route_of

_HEAD = """\
# Made by 'localstack-outages export envoy'. Each of the first routes is a rule, and the first one that
# matches decides. For an Envoy that you have, take these routes, the filter envoy.filters.http.fault, and
# what stands in local_reply_config and layered_runtime.
#
# Not as AWS: an aborted call gets a status, and no body with AWS's code and message. Requests count by the signature in their Authorization header: presigned URLs, and what
# nobody signed, pass. No event and no verdict tells of these faults.
"""


class LeftOut(NamedTuple):
    """A rule that is not in the configuration."""

    position: int
    """In the list, from 0."""
    rule: Rule
    reason: str


class Exported(NamedTuple):
    """What became of a list of rules."""

    routes: list[tuple[int, Rule, Route]]
    """Those that are carried, with their positions."""
    left_out: list[LeftOut]


def export(rules: Sequence[Rule]) -> Exported:
    """Write as many of some rules as routes as Envoy's fault filter can carry."""
    exported = Exported([], [])
    for position, rule in enumerate(rules):
        try:
            route = route_of(rule)
            _check_chance(rule, route, exported)
        except CannotCarry as e:
            exported.left_out.append(LeftOut(position, rule, str(e)))
        else:
            exported.routes.append((position, rule, route))
    return exported


def notes_on(exported: Exported) -> dict[int, list[str]]:
    """Say where a carried rule gets other calls than it would in a gateway, by its position."""
    notes: dict[int, list[str]] = {}
    for position, rule, route in exported.routes:
        said = [] if route.note is None else [route.note]
        earlier = [
            str(left.position + 1)
            for left in exported.left_out
            if left.position < position and _may_meet(left.rule, rule)
        ]
        if earlier:
            said.append(
                f"it may get calls that rule {earlier[0]} would decide on, which is left out"
            )
        if said:
            notes[position] = said
    return notes


def configuration(exported: Exported, listen: tuple[str, int], upstream: str) -> dict[str, Any]:
    """Give the configuration.

    :param listen: the address of Envoy
    :param upstream: the URL of an AWS endpoint, to which it passes calls
    """
    notes = notes_on(exported)
    routes = [
        _named(position, rule, route, notes.get(position, []))
        for position, rule, route in exported.routes
    ]
    return bootstrap(routes, listen, upstream)


def as_yaml(exported: Exported, document: dict[str, Any]) -> str:
    """Write a configuration, with what it leaves out in comments."""
    left = "".join(
        f"# Left out: rule {position + 1}, {in_words(rule)}. {reason}.\n"
        for position, rule, reason in exported.left_out
    )
    text = yaml.dump(document, Dumper=_Dumper, sort_keys=False, width=10_000)
    separator = "#\n" if left else ""
    return f"{_HEAD}{separator}{left}{text}"


def _check_chance(rule: Rule, route: Route, before: Exported) -> None:
    for position, other, earlier in before.routes:
        if route.chance < 1 and earlier.chance < 1 and _may_meet(other, rule):
            raise CannotCarry(
                "'probability': Envoy draws once for a request, so its chance would depend on that of "
                f"rule {position + 1}, which may be for the same calls"
            )


def _may_meet(one: Rule, other: Rule) -> bool:
    """Whether there may be a call that two rules are for, as far as their names tell."""
    return all(
        _may_match(getattr(one, field), getattr(other, field))
        for field in ("service", "region", "operation", "account")
    )


def _may_match(one: str, other: str) -> bool:
    if is_plain(one):
        return compile_glob(other)(one)
    return not is_plain(other) or compile_glob(one)(other)


def _named(position: int, rule: Rule, route: Route, notes: list[str]) -> dict[str, Any]:
    told: dict[str, Any] = {"rule": in_words(rule)} | ({"notes": notes} if notes else {})
    return {
        "name": f"rule-{position + 1}",
        "metadata": {"filter_metadata": {"localstack-outages": told}},
        **route.document,
    }


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _: Any) -> bool:
        """Write equal parts out: Envoy reads anchors, people do not."""
        return True
