"""What one action comes to, and what it is made of."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.emulator import Emulator, EmulatorError
from localstack_outages.control.fis.errors import ActionFailed
from localstack_outages.control.fis.names import Place
from localstack_outages.control.fis.targets import Resource

Document = dict[str, Any]


@dataclass(frozen=True)
class Work:
    """What an action comes to."""

    seconds: float = 0
    """How long it lasts, at the speed of AWS."""
    rules: Sequence[Document] = ()
    """Rules that are in force meanwhile."""
    begin: Callable[[], Any] | None = None
    """Called when it begins; what it gives is handed to ``end``."""
    end: Callable[[Any], None] | None = None
    """Called when it ends, and when the experiment stops before that."""
    note: str | None = None
    """What the user should know of it."""
    failure: str | None = None
    """Why it fails when it begins."""


@dataclass(frozen=True)
class Context:
    """What the plan of an action is made of."""

    place: Place
    """Of the experiment."""
    parameters: Mapping[str, str]
    targets: Mapping[str, Sequence[Resource]]
    """What the targets of the action resolved to, by key."""
    target_parameters: Mapping[str, str]
    """Those of its targets."""
    emulator: Emulator
    was_assumed: Callable[[str], bool]
    """Whether calls of a role can be told from others: it was assumed, by its ARN."""

    @property
    def seconds(self) -> float:
        """How long the action lasts."""
        return parameters.seconds(self.parameters, "duration")

    @property
    def resources(self) -> Sequence[Resource]:
        """What its one target resolved to."""
        return next(iter(self.targets.values()), ())

    def share(self, name: str, default: str = "100") -> Document:
        """Give the probability of a rule, from a percentage."""
        chance = parameters.share(self.parameters, name, default)
        return {} if chance == 1 else {"probability": chance}

    def by_place(self) -> dict[Place, list[Resource]]:
        """Group the resources by where they are."""
        found: dict[Place, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(resource.place, []).append(resource)
        return found

    def call(self, service: str, operation: str, place: Place, **given: Any) -> dict[str, Any]:
        """Make a call into the emulator.

        :raises ActionFailed: where it fails
        """
        try:
            return self.emulator.call(service, operation, place.account, place.region, **given)
        except EmulatorError as e:
            raise ActionFailed(str(e)) from None

    def callers(self) -> tuple[list[Document], str | None]:
        """Give the fields of rules that are for the calls of the target roles, a rule for each.

        :return: and what the user should know
        """
        found: list[Document] = []
        unknown: list[str] = []
        for role in self.resources:
            if self.was_assumed(role.arn):
                found.append({"principal": role.arn})
            elif role.place.account not in unknown:
                unknown.append(role.place.account)
                found.append({"account": role.place.account})
        if not unknown:
            return found, None
        return found, (
            f"No call of the target roles was seen yet, so that all calls of account "
            f"{', '.join(unknown)} are hit."
        )


def any_of(expressions: Iterable[str]) -> str:
    """Join conditions."""
    return " || ".join(expressions)


def literal(text: str) -> str:
    """Write a text as JMESPath has it.

    :raises ActionFailed: where it has characters that names of AWS do not have
    """
    if any(character in text for character in "'`\\\n"):
        raise ActionFailed(f"'{text}' is no name of a resource")
    return f"'{text}'"
