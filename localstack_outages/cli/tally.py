"""Counts what ``watch`` has seen."""

from collections import Counter
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Event

NO_ANSWER = "no answer"


class Place(TypedDict):
    """The calls of an operation in a region."""

    service: str
    operation: str
    region: str
    calls: int
    failed: int


class Summary(TypedDict):
    """What a watch has seen; part of the command line with ``--json``."""

    calls: int
    failed: int
    """Calls that a rule failed rather than only delayed."""
    errors: dict[str, int]
    """Failed calls by error code, or by what happened to the connection."""
    missed: int
    """Calls that LocalStack's journal dropped before they were read."""
    restarts: int
    """How often LocalStack was restarted."""
    places: list[Place]
    """The most affected first."""


class Tally:
    """Counts calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.missed = 0
        self.restarts = 0
        self._errors: Counter[str] = Counter()
        self._places: Counter[tuple[str, str, str]] = Counter()
        self._failed: Counter[tuple[str, str, str]] = Counter()

    def add(self, event: "Event") -> None:
        """Count a call."""
        self.calls += 1
        place = event["service"], event["operation"], event["region"]
        self._places[place] += 1
        if event["outcome"] == "injected":
            self._failed[place] += 1
            self._errors[_failure(event)] += 1

    def summary(self) -> Summary:
        """Give the figures."""
        return {
            "calls": self.calls,
            "failed": self._failed.total(),
            "errors": dict(self._errors.most_common()),
            "missed": self.missed,
            "restarts": self.restarts,
            "places": [
                {
                    "service": place[0],
                    "operation": place[1],
                    "region": place[2],
                    "calls": calls,
                    "failed": self._failed[place],
                }
                for place, calls in self._places.most_common()
            ],
        }


def _failure(event: "Event") -> str:
    from localstack_outages.explain.words import what_was_done

    connection, code = event["injected"]["connection"], event["errorCode"]
    return what_was_done(delay_ms=0, status=None, code=code, connection=connection) or NO_ANSWER
