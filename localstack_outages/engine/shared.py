"""What a store and its rules ask of a list that several hosts share. Nothing here knows how it is shared.

A store without one (nearly all) never comes here.
"""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from localstack_outages.schema.vocabulary import Departure

if TYPE_CHECKING:
    from localstack_outages.schema.reading import ParsedRule
    from localstack_outages.schema.rules import Rule

RuleKey = tuple[str, float]
"""The id of a rule, and when it was set, by the time that all hosts share. A rule that is edited keeps
its id and gets another time."""


class SharedRule(NamedTuple):
    """A rule, as all hosts know it."""

    id: str
    document: dict[str, Any]
    owner: str | None
    set_at: float
    """By the shared time, seconds."""
    measured: float | None
    """As of a lifecycle."""

    @property
    def key(self) -> RuleKey:
        """Names it among all that ever were."""
        return self.id, self.set_at


class SharedDeparture(NamedTuple):
    """A rule that left the shared list."""

    rule: SharedRule
    why: Departure
    at: float
    """By the shared time, seconds."""


class Note(NamedTuple):
    """What is to be known of the rules of an owner beside them: which scenario they are, and the like."""

    document: dict[str, Any]
    at: float
    """When it was made, by the clock of a store, or by the shared time."""


class SharedState(NamedTuple):
    """The list that hosts share, at one moment."""

    revision: int
    next_id: int
    """The number of the next rule."""
    latency_ms: float
    rules: tuple[SharedRule, ...]
    departed: tuple[SharedDeparture, ...] = ()
    """What left it since the revision that was asked for, the first one first."""
    notes: Mapping[str, Note] = MappingProxyType({})
    """By owner."""


class Outdated(Exception):
    """The shared list is another one than the store's: the change is to be made anew."""


class BudgetUnknown(Exception):
    """Nobody can say what is left of a shared budget."""


class SharedBudget(Protocol):
    """What hosts share of one rule. Each method raises ``BudgetUnknown`` where nobody can say."""

    @property
    def is_open(self) -> bool:
        """Whether the rule counts for itself where nobody can say; else it hits no call."""

    def count(self, limit: int) -> int | None:
        """Count a hit.

        :return: how many came before it; None where there were ``limit``, and it is none
        """

    def give_back(self) -> None:
        """Take back the hit that was counted last."""

    def draw(self, purpose: str) -> int:
        """Give the number of the next draw for a purpose, from 0."""

    def take(self, bucket: str, rate: float, size: int, *, empties: bool) -> bool:
        """Take a token of a bucket that lets ``size`` calls pass at once and ``rate`` a second.

        :param empties: whether it loses what is left where that is less than a token
        :return: whether there was one
        """

    def is_wanted_call(self, name: str | None, wanted: int) -> bool:
        """Count a logical call, and say whether it is the one that is wanted.

        :param name: the same for all attempts of it; None where it has none
        :param wanted: which one, from 1
        """


class SharedList(Protocol):
    """A list of rules that the stores of several hosts have in common."""

    def newer(self, revision: int) -> SharedState | None:
        """Give the list where it is another one than the store's; None otherwise, and where nobody
        can say.

        :param revision: of the store's list, which was given or committed last
        """

    def commit(
        self,
        before: int,
        state: SharedState,
        departed: Sequence[SharedDeparture],
        edited: Sequence[RuleKey],
    ) -> None:
        """Make a change for all.

        :param before: the revision that it was made for
        :param state: the new list
        :param departed: what left it
        :param edited: what left it for another rule with the same id
        :raises Outdated: where the list has another revision
        :raises NotShared: where nobody can say; nothing has changed
        """

    def release(self, keys: Iterable[RuleKey]) -> None:
        """Let the calls that wait on rules go on, at all hosts that can be reached."""

    def read(self, document: Mapping[str, Any]) -> "ParsedRule":
        """Read the document of a rule."""

    def budget(self, rule: "Rule", key: RuleKey) -> SharedBudget | None:
        """Give what is shared of a rule; None where each host can decide by itself."""

    def to_shared(self, at: float) -> float:
        """Turn a time of the store's clock into the shared time."""

    def to_local(self, at: float) -> float:
        """Turn a shared time into that of the store's clock."""
