"""What one run of a test came to: its calls, how it ended, and what the host knows of its faults."""

from typing import TYPE_CHECKING, NamedTuple, Protocol

from .points import Call, Faults

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Event, EvidenceDocument


class Run(NamedTuple):
    """What one run of a test came to."""

    calls: tuple[Call, ...]
    error: BaseException | None
    """What the test raised."""
    seconds: float
    logged: tuple[str, ...] = ()
    """The warnings and errors that were logged, but for those of SDKs."""
    flags: tuple[str, ...] = ()
    """Of the verdicts on the calls that the fault hit."""
    lost: int = 0
    """Entries of batches that failed and were not sent again."""
    is_reached: bool = True
    """Whether the faults happened."""
    subject: str = "test"
    """What was run: a ``test`` or a ``command``."""


class Told(Protocol):
    """What the host knows of the faults of a run: an outage of the client, for example."""

    def evidence(self) -> "EvidenceDocument":
        """Give what its rules did."""

    @property
    def events(self) -> "list[Event]":
        """The calls that its rules touched."""


def with_evidence(run: Run, told: Told, faults: Faults) -> Run:
    """Add to a run what the host knows of its faults."""
    evidence = told.evidence()
    return run._replace(
        flags=tuple(flag for flag, count in evidence["calls"]["flags"].items() if count),
        lost=sum(place["failed"] - place["recovered"] for place in evidence["entries"]),
        is_reached=_is_reached(evidence, told, faults),
    )


def _is_reached(evidence: "EvidenceDocument", told: Told, faults: Faults) -> bool:
    """Whether each fault happened. A rule counts a page as hit that turns out to be the last one."""
    if not all(rule["hits"] for rule in evidence["rules"]):
        return False
    changing = {fault.name for fault in faults} & {"short", "empty"}
    return not changing or any(
        event["injected"].get("listing") is not None for event in told.events
    )
