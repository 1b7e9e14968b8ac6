"""How a request shows Envoy which service and operation it is for: by what it is signed for, its path and
its ``X-Amz-Target``.
"""

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from localstack_outages.aws.names import operations
from localstack_outages.aws.wire.aliases import UNDECIDABLE_SERVICES
from localstack_outages.aws.wire.catalog import ServiceEntry, catalog
from localstack_outages.aws.wire.models import model
from localstack_outages.schema.globs import compile_glob

from .expressions import as_expression, escaped, one_of
from .reasons import CannotCarry

Matcher = dict[str, Any]
"""One of the ``headers`` of a route of Envoy; the path and the method are headers too."""

TARGET = "x-amz-target"
_PATH = ":path"
_CBOR = "smithy-rpc-v2-cbor"
_FEW = 10
"""More services than that are not named one by one."""


class Services(NamedTuple):
    """What a rule's service means to Envoy."""

    names: frozenset[str]
    """As botocore names them."""
    signing_names: tuple[str, ...] | None
    """What requests are signed for; None where that does not matter."""
    matchers: tuple[Matcher, ...] = ()
    """What tells them from others that are signed for the same."""
    note: str | None = None
    """Which of their requests are not told from others, and pass."""


def services_of(glob: str) -> Services:
    """Tell how requests to the services of a rule are known.

    :raises CannotCarry: where they cannot be told from those to others
    """
    by_name = catalog().by_name
    if glob == "*":
        return Services(frozenset(by_name), None)
    matches = compile_glob(glob)
    names = frozenset(filter(matches, by_name))
    if not names:
        raise CannotCarry(f"'service': it is not known what requests to {glob!r} are signed for")
    signed = {
        signing_name: entries
        for signing_name, entries in catalog().by_signing_name.items()
        if any(entry.name in names for entry in entries)
    }
    taken_for = names.union(*map(_same_as, names))
    others = {
        entry.name: entry
        for entries in signed.values()
        for entry in entries
        if entry.name not in taken_for
    }
    found = Services(names, tuple(sorted(signed)))
    return found if not others else _telling(found, [*others.values()])


def _same_as(name: str) -> frozenset[str]:
    """Give the services whose requests a gateway takes for those to another, all of them."""
    same = UNDECIDABLE_SERVICES.get(name)
    if same is None:
        return frozenset()
    own = frozenset(operations(name))
    return frozenset(other for other in same if own.issuperset(operations(other)))


def operation_matchers(names: frozenset[str], glob: str) -> list[Matcher]:
    """Tell how requests for an operation are known.

    :raises CannotCarry: where Envoy does not see it
    """
    if glob == "*":
        return []
    prefixes = set()
    for entry in map(catalog().by_name.__getitem__, sorted(names)):
        if "json" not in entry.protocols or _CBOR in entry.protocols:
            shown = entry.name if len(names) <= _FEW else "most services"
            raise CannotCarry(
                f"'operation': requests to {shown} have it in their path or body, and not in X-Amz-Target as "
                "those of the JSON protocols"
            )
        prefixes.add(escaped(entry.target_prefix or ""))
    operation = as_expression(glob, "[A-Za-z0-9_]")
    return [matching(TARGET, rf"{one_of(sorted(prefixes))}\.{operation}")]


def matching(header: str, expression: str, *, invert: bool = False) -> Matcher:
    """Give what matches a header as a whole."""
    matcher: Matcher = {"name": header, "string_match": {"safe_regex": {"regex": expression}}}
    return {**matcher, "invert_match": True} if invert else matcher


def _telling(services: Services, others: list[ServiceEntry]) -> Services:
    """Add what tells a service from others that are signed for the same."""
    if len(services.names) > 1:
        raise CannotCarry(
            f"'service': requests to {_listed(others)} are signed for the same; write a rule for each service"
        )
    (entry,) = map(catalog().by_name.__getitem__, services.names)
    if "json" in entry.protocols:
        prefix = entry.target_prefix or ""
        # What is sent as CBOR has no target: there is nothing that both forms have in common.
        _refuse([o for o in others if o.target_prefix == prefix or _CBOR in entry.protocols])
        return services._replace(matchers=(matching(TARGET, rf"{escaped(prefix)}\..*"),))
    matchers = []
    if any("json" in other.protocols for other in others):
        matchers.append({"name": TARGET, "present_match": True, "invert_match": True})
    own, theirs = _first_parts(entry), {part for other in others for part in _first_parts(other)}
    if _has_labels(entry):  # S3: the name of a bucket is no sign, but what others begin with is
        _refuse([other for other in others if _has_labels(other)])
        if theirs:
            matchers.append(matching(_PATH, _beginning(theirs), invert=True))
        return services._replace(matchers=tuple(matchers))
    same = [other for other in others if own & _first_parts(other)]
    if not own - theirs:
        _refuse(same)
    matchers.append(matching(_PATH, _beginning(own - theirs)))
    note = None
    if same:
        shared = ", ".join(f"/{part}" for part in sorted(own & theirs))
        note = f"requests for {shared} pass, since they may be to {_listed(same)}"
    return services._replace(matchers=tuple(matchers), note=note)


def _refuse(same: list[ServiceEntry]) -> None:
    """Refuse to carry a rule where its service is not told from others."""
    if same:
        raise CannotCarry(
            f"'service': Envoy cannot tell its requests from those to {_listed(same)}, which are signed for the same"
        )


def _listed(entries: list[ServiceEntry]) -> str:
    names = sorted(entry.name for entry in entries)
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _beginning(parts: Collection[str]) -> str:
    return rf"/{one_of(sorted(map(escaped, parts)))}(?:[/?].*)?"


def _first_parts(entry: ServiceEntry) -> frozenset[str]:
    """Give what the paths of a service begin with, as far as that is no label; of JSON, which is known by
    its target, nothing.
    """
    if entry.rest_protocol is not None:
        return frozenset(part for part in _rest_parts(entry.name) if not part.startswith("{"))
    found = {"service"} if _CBOR in entry.protocols else set()
    return frozenset(found if {"query", "ec2"}.isdisjoint(entry.protocols) else {*found, ""})


def _has_labels(entry: ServiceEntry) -> bool:
    return entry.rest_protocol is not None and any(
        part.startswith("{") for part in _rest_parts(entry.name)
    )


@lru_cache(maxsize=64)
def _rest_parts(service: str) -> frozenset[str]:
    modelled: Mapping[str, Any] = model(service)["operations"]
    paths = (operation["http"]["requestUri"] for operation in modelled.values())
    return frozenset(path.partition("?")[0].split("/")[1] for path in paths)
