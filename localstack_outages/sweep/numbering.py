"""Puts the requests that the host saw together to logical calls, and numbers them."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from .points import Call, Place

if TYPE_CHECKING:
    from localstack_outages.schema.documents import Event


class Sent(NamedTuple):
    """What the process that made a call knows of it."""

    site: str | None = None
    """``file:line`` of the code that made it."""
    is_conditional: bool = False
    """Whether it has a condition of DynamoDB's."""
    target: frozenset[str] = frozenset()
    """What its request names."""
    aim: int | None = None
    """Equal for requests that are after the same; None where that is not known."""
    waits: str = ""
    """How long its client waits for an answer, in words; empty where that is not known."""


def numbered(
    events: "Iterable[Event]", sent: Callable[[str], Sent] = lambda _: Sent()
) -> tuple[Call, ...]:
    """Give the calls of clients in the order in which they came. Those between services are left out.

    :param sent: gives what is known of a call else, by its invocation id
    """
    groups: dict[str, list[Event]] = {}
    external = (event for event in events if event["origin"] == "external")
    for event in sorted(external, key=lambda event: event["offsetMs"]):
        name = event["client"]["invocationId"] or f"alone {event['sequence']}"
        groups.setdefault(name, []).append(event)
    counts: Counter[tuple[str, str]] = Counter()
    calls = []
    for name, attempts in groups.items():
        kind = attempts[0]["service"], attempts[0]["operation"]
        counts[kind] += 1
        client, known = attempts[0]["client"], sent(name)
        calls.append(
            Call(
                Place(*kind, counts[kind]),
                known.site,
                f"{client['name']} {client['retryMode']}{known.waits and f', waits {known.waits}'}",
                len(attempts),
                any(e["outcome"] == "ok" or e["injected"]["done"] for e in attempts),
                known.is_conditional,
                attempts[-1]["errorCode"],
                known.target,
                known.aim,
            )
        )
    return tuple(calls)
