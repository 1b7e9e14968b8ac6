"""Resolves the targets of an experiment: which resources its actions are for. It is done once, when the
experiment starts.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .emulator import Emulator, EmulatorError
from .errors import TargetsNotResolved
from .names import Place, last_part, read_arn
from .target_sources import SOURCES, Source, find_all, tags_of
from .template_checks import selected

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Resource:
    """A resource that is a target."""

    arn: str
    place: Place
    """Where it is."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What the emulator says of it; empty where it was not asked."""

    @property
    def name(self) -> str:
        """The name or the id at the end of its ARN."""
        return last_part(self.arn)


class Resolver:
    """Resolves targets.

    :param emulator: where the resources are
    :param chance: draws which resources are selected
    """

    def __init__(self, emulator: Emulator, chance: random.Random) -> None:
        self._emulator = emulator
        self._chance = chance

    def resolve(self, name: str, target: Document, places: Sequence[Place]) -> list[Resource]:
        """Resolve one target.

        :param name: its name in the template
        :param places: where resources are looked for: an account for each
        :return: nothing where no resource fits
        :raises TargetsNotResolved: where the emulator cannot tell
        """
        found: list[Resource] = []
        for place in places:
            found += self._in_place(name, target, place)
        count = selected(target["selectionMode"], len(found))
        if count == len(found):
            return found
        chosen = sorted(self._chance.sample(range(len(found)), count))
        return [found[number] for number in chosen]

    def _in_place(self, name: str, target: Document, place: Place) -> list[Resource]:
        kind, arns = target["resourceType"], target.get("resourceArns") or []
        source = SOURCES.get(kind)
        if arns:
            return self._by_arn(kind, source, arns, place)
        if source is None:
            raise TargetsNotResolved(
                f"Resources of type {kind} cannot be looked for in this emulator", name,
                place.account,
            )  # fmt: skip
        try:
            return [
                Resource(arn, place, item)
                for arn, item in find_all(source, self._emulator, place)
                if self._fits(source, target, place, arn, item)
            ]
        except EmulatorError as e:
            raise TargetsNotResolved(str(e), name, place.account) from None

    def _by_arn(
        self, kind: str, source: Source | None, arns: Sequence[str], place: Place
    ) -> list[Resource]:
        """Give the resources with some ARNs: those that exist, where the emulator can tell."""
        mine = [arn for arn in arns if _account_of(arn) in ("", place.account)]
        unverified = [Resource(arn, _place_of(arn, place)) for arn in mine]
        if source is None or kind == "aws:iam:role":
            # A role may be that of an application that runs elsewhere and signs with keys of it.
            return unverified
        try:
            details = dict(find_all(source, self._emulator, place))
        except EmulatorError:
            return unverified
        return [Resource(arn, place, details[arn]) for arn in mine if arn in details]

    def _fits(
        self, source: Source, target: Document, place: Place, arn: str, item: Mapping[str, Any]
    ) -> bool:
        for each in target.get("filters") or ():
            values = [str(value) for value in values_at(item, each["path"])]
            if not set(values).intersection(each["values"]):
                return False
        for name, text in (target.get("parameters") or {}).items():
            values_of = source.parameters.get(name)
            wanted = [last_part(part.strip()) for part in text.split(",")]
            if values_of and not set(wanted).intersection(values_of(self._emulator, place, item)):
                return False
        wanted_tags = (target.get("resourceTags") or {}).items()
        return (
            not wanted_tags
            or wanted_tags <= tags_of(source, self._emulator, place, arn, item).items()
        )


def values_at(item: Any, path: str) -> list[Any]:
    """Give what is at a path such as ``State.Name`` or ``SecurityGroups.GroupId``, in all members of
    lists. Paths begin each name with a capital letter, also where the service does not.
    """
    found = [item]
    for name in path.split("."):
        members = [one for each in found for one in (each if isinstance(each, list) else [each])]
        names = {name, name[:1].lower() + name[1:]}
        found = [one[n] for one in members if isinstance(one, Mapping) for n in names if n in one]
    return [one for each in found for one in (each if isinstance(each, list) else [each])]


def _account_of(arn: str) -> str:
    parts = read_arn(arn)
    return "" if parts is None else parts.account


def _place_of(arn: str, otherwise: Place) -> Place:
    parts = read_arn(arn)
    if parts is None:
        return otherwise
    return Place(parts.account or otherwise.account, parts.region or otherwise.region)
