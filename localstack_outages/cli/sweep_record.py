"""The record of a command's calls, which ``sweep --record`` writes and ``sweep --run`` reads."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from localstack_outages.sweep.points import Call, Place
from localstack_outages.sweep.run import Run

VERSION = 1


def record_document(command: Sequence[str], run: Run) -> dict[str, Any]:
    """Write down a run without a fault."""
    return {
        "version": VERSION,
        "command": list(command),
        "seconds": round(run.seconds, 3),
        "calls": [
            {
                "service": call.place.service,
                "operation": call.place.operation,
                "call": call.place.call,
                "client": call.client,
                "attempts": call.attempts,
                "done": call.is_done,
                "error": call.error,
            }
            for call in run.calls
        ],
    }


def read_record(path: str) -> tuple[tuple[str, ...], Run]:
    """Read what ``record_document`` has written: the command, and its run.

    :raises ValueError: where the file is none
    """
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        is_known = document["version"] == VERSION
        command = tuple(str(part) for part in document["command"])
        calls = tuple(_call(one) for one in document["calls"])
        run = Run(calls, None, float(document["seconds"]))
    except FileNotFoundError:
        raise ValueError(f"there is no file '{path}'; write it with --record {path}") from None
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"'{path}' is no record; write one with --record {path}") from None
    if not is_known:
        raise ValueError(f"'{path}' is a record of another version; write one with --record {path}")
    return command, run


def _call(one: dict[str, Any]) -> Call:
    place = Place(str(one["service"]), str(one["operation"]), int(one["call"]))
    return Call(
        place, None, str(one["client"]), int(one["attempts"]), bool(one["done"]), False, one["error"]
    )  # fmt: skip


def record_lines(command: str, calls: Iterable[Call], path: str) -> list[str]:
    """Tell what was recorded."""
    made = list(calls)
    calls_word = "1 call" if len(made) == 1 else f"{len(made)} calls"
    return [
        f"Recorded {calls_word} of {command}:",
        *(f"  {call.place}" for call in made),
        f"The record is {path}; sweep it with --run {path}",
    ]
