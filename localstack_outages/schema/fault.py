"""What makes a fault: all that the rest of the package has to know of one. Each file of ``faults/``
defines one of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol

from pydantic_core import PydanticCustomError

from .effect import (
    AwsError,
    ConnectionFault,
    Effect,
    ErrorKind,
    ListingFault,
    PartialFailure,
    PayloadFault,
)
from .forms import Form

ANY_OTHER = "*"
"""In place of a field: every other fault."""

ErrorOf = Callable[[ErrorKind], AwsError | None]
"""Gives what AWS answers for the service of a rule; None where that is not one service."""


class CallPlace(Protocol):
    """The call that a fault is to hit, as far as a fault may ask about it."""

    @property
    def service(self) -> str: ...
    @property
    def region(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def account(self) -> str: ...


class Sender(Protocol):
    """Who sent a call, as far as a fault may ask."""

    @property
    def time(self) -> float: ...
    @property
    def access_key(self) -> str | None: ...
    @property
    def invocation_id(self) -> str | None: ...
    @property
    def signed_at(self) -> str | None: ...


Take = Callable[[str, float, int, bool], bool]
"""Takes a token of a bucket, of its name, calls a second, calls at once, and whether it loses what is left
where that is no whole token; says whether there was one."""


class Hit(NamedTuple):
    """What a fault may ask when it is to hit a call."""

    call: CallPlace
    now: float
    """By the clock, seconds."""
    progress: float
    """How far the rule is in its duration, from 0 to 1; 0 where it has none."""
    hits: int
    """How often the rule has hit before."""
    draw: Callable[[str], float]
    """Draws an even number from 0 to 1, for a purpose: each has a series of its own."""
    sender: Sender | None = None
    """None where it is not known."""
    has_old_key: Callable[[], bool] = lambda: False
    """Whether the access key of the call was seen before the rule began."""
    has_cursor: Callable[[], bool] = lambda: False
    """Whether the call sends the token of a page or the iterator of a stream."""
    entry_count: Callable[[], int] = lambda: 0
    """How many entries the call has; 0 where its operation takes none."""
    measured: float | None = None
    """How many calls a second the rule was for in the minute before it was set; None where there were
    none, or no fault of the rule asks."""
    lists: Callable[[ListingFault], bool] = lambda _: False
    """Whether the call asks for a page of a listing, which can be changed so."""
    take: "Take | None" = None
    """Takes a token of a bucket that is kept elsewhere; None where the fault keeps its buckets."""


class Action:
    """What the faults of one rule do to its calls. It may keep state: it is made when the rule is set,
    and asked under the rule's lock.
    """

    steps: int | None = None
    """How often it can act; None where nothing limits it."""
    lets_pass = False
    """Whether it lets some calls pass."""
    asks_parameters = False
    """Whether it asks for the parameters of a call."""
    asks_rate = False
    """Whether it asks how many calls came before the rule was set."""
    keeps_buckets = False
    """Whether it has token buckets."""

    def doubt(self, measured: float | None) -> str | None:  # noqa: ARG002 - the others need it
        """Say what is likely a mistake in view of the calls before the rule was set.

        :param measured: as of ``Hit``
        """
        return None

    def on_each(self, so_far: Effect) -> Effect | None:  # noqa: ARG002 - the others need it
        """Add to an effect where that comes to the same on every hit, so that it can be kept.

        :return: None where it differs from hit to hit
        """
        return None

    def on(self, so_far: Effect, hit: Hit) -> Effect | None:
        """Add to an effect on one call.

        :param so_far: what the faults that come before it do to the call
        :return: None where it lets the call pass
        """
        raise NotImplementedError


class Steady(Action):
    """Does the same to every call.

    :param changes: the fields of the effect
    """

    def __init__(self, **changes: Any) -> None:
        self._changes = changes

    def on_each(self, so_far: Effect) -> Effect:
        """Add what it does."""
        return so_far._replace(**self._changes)

    def on(self, so_far: Effect, hit: Hit) -> Effect:  # noqa: ARG002 - it asks nothing
        """Add what it does."""
        return self.on_each(so_far)


class Chain:
    """What several actions come to together, one after another.

    :param actions: in the order in which they happen to a call
    :param begin: what happens to a call before them
    """

    def __init__(self, actions: Sequence[Action], begin: Effect) -> None:
        self._actions = actions
        self._begin = begin
        self.steps = next((a.steps for a in actions if a.steps is not None), None)
        self.lets_pass = any(a.lets_pass for a in actions)
        self.asks_parameters = any(a.asks_parameters for a in actions)
        self.asks_rate = any(a.asks_rate for a in actions)
        self.keeps_buckets = any(a.keeps_buckets for a in actions)

    def doubts(self, measured: float | None) -> list[str]:
        """Say what is likely a mistake in view of the calls before the rule was set."""
        doubts = (action.doubt(measured) for action in self._actions)
        return [doubt for doubt in doubts if doubt is not None]

    def on_each(self) -> Effect | None:
        """Give what happens on every hit; None where it differs from hit to hit."""
        effect = self._begin
        for action in self._actions:
            added = action.on_each(effect)
            if added is None:
                return None
            effect = added
        return effect

    def on(self, hit: Hit) -> Effect | None:
        """Give what happens to one call; None where it passes."""
        effect = self._begin
        for action in self._actions:
            added = action.on(effect, hit)
            if added is None:
                return None
            effect = added
        return effect


class Done(Protocol):
    """What was done to a call, as far as a metric may ask."""

    @property
    def code(self) -> str | None: ...
    @property
    def status(self) -> int | None: ...
    @property
    def delay_ms(self) -> float: ...
    @property
    def connection(self) -> ConnectionFault | None: ...
    @property
    def done(self) -> bool: ...
    @property
    def payload(self) -> PayloadFault | None: ...
    @property
    def partial(self) -> PartialFailure | None: ...
    @property
    def listing(self) -> ListingFault | None: ...


class Labels(NamedTuple):
    """The values of the metrics' label ``kind`` that a fault counts under."""

    values: tuple[str, ...]
    of: Callable[[Done], str | None]
    """Gives that of a call; None where the fault had no part in what was done."""


class CommandOption(NamedTuple):
    """How a field is given on the command line."""

    metavar: str
    help: str
    read: Callable[[str], Any] | None = None
    """Reads its short form; a ``ValueError`` says what would be right. None for plain text."""
    words: tuple[str, ...] = ()
    """What the shell completes."""
    names: Literal["error_codes"] | None = None
    """Names of AWS that it completes too."""


class Fault(NamedTuple):
    """One fault: a field of a rule, and all that comes of it. Its fields are given by name."""

    name: str
    """Of the field."""
    place: int
    """Where the field stands among those of the other faults, the least first."""
    annotation: Any
    """The type of the field, as pydantic reads it; without None, which leaves it out."""
    description: str
    act: Callable[[Any], Action]
    """Makes what a rule with a value of it does."""
    tell: Callable[[Any, list[str], ErrorOf], list[str]]
    """Adds to the words for what happens to a call; it is given those of the faults before it."""
    option: CommandOption
    form: Form
    turn: int = 1
    """When it happens to a call beside other faults: 0 for a wait, 1 for an answer, 2 for what decides
    whether those come at all."""
    excludes: Mapping[str, str] = MappingProxyType({})
    """The fields that it cannot stand beside, each with the reason."""
    needs: Callable[[Any], str | None] = lambda _: None
    """Says what a rule or a step that has it lacks beside it; None where it lacks nothing."""
    needs_end: Callable[[Any], bool] = lambda _: False
    """Whether a value changes over the rule's duration, so that there must be one."""
    doubt: Callable[[Any], str | None] = lambda _: None
    """Says what is likely a mistake in a value that is legal."""
    in_sequence: bool = False
    """Whether a step of a sequence may have it."""
    fails: bool = True
    """Whether a call that it hits fails, always."""
    lets_pass: Callable[[Any], bool] = lambda _: False
    """Whether a value lets some of the calls that match pass, so that the next rule is asked."""
    is_finite: bool = False
    """Whether it comes to an end by itself."""
    is_manner: bool = False
    """Whether it says only how the other faults happen. Alone it goes with a plain outage."""
    labels: Labels | None = None
    """None where it counts under what its parts come to."""


def refuse_impossible(part: Any, faults: Iterable[Fault]) -> None:
    """Refuse fields that cannot stand beside each other.

    :param part: a rule or a step
    :param faults: those that it may have
    :raises PydanticCustomError: where two of them are given
    """
    known = tuple(faults)
    for fault in known:
        if getattr(part, fault.name) is None:
            continue
        lacks = fault.needs(part)
        if lacks is not None:
            raise PydanticCustomError(
                "lacks_other", "'{field}' needs {what}", {"field": fault.name, "what": lacks}
            )
        for field_, why in fault.excludes.items():
            others = [other.name for other in known] if field_ == ANY_OTHER else [field_]
            for other in others:
                if other != fault.name and getattr(part, other, None) is not None:
                    raise PydanticCustomError(
                        "impossible_pair",
                        "'{field}' cannot stand beside '{other}': {why}; leave out one of them",
                        {"field": fault.name, "other": other, "why": why},
                    )


def listed(words: Iterable[str], last: str = "or") -> str:
    """Join words: ``a, b or c``."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end
