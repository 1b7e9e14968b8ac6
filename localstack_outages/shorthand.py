"""Short forms of a rule's fields, as people write them on a command line: ``100-300``, ``403:AccessDenied``,
``5/10``. What is not short is JSON, as in the rule itself.
"""

import json
import re
from typing import Any

from .durations import parse_duration

_AMOUNT = r"[0-9]+(?:\.[0-9]+)?"
_TIME = rf"{_AMOUNT}(?:ms|s|m)?"
_RANGE = re.compile(rf"(?P<min>{_TIME})-(?P<max>{_TIME})")
_RATE = re.compile(rf"(?P<rate>{_AMOUNT})(?:/(?P<burst>[0-9]+))?")
_ERROR = re.compile(r"(?:(?P<status>[0-9]{3})(?::(?=.)|$))?(?P<code>[A-Z][A-Za-z0-9.]*)?")
_PERCENT = re.compile(rf"(?P<share>{_AMOUNT})%")

_KINDS = ("unavailable", "throttling", "internal")


def parse_error(text: str) -> Any:
    """Read ``throttling``, ``SlowDown``, ``403:AccessDenied``, ``500`` or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return _json(text)
    if text in _KINDS:
        return text
    match = _ERROR.fullmatch(text)
    if not text or match is None:
        raise ValueError(
            f"'{text}' is no error; write {', '.join(_KINDS)}, a code such as SlowDown, "
            "STATUS:CODE such as 403:AccessDenied, or JSON"
        )
    error: dict[str, Any] = {}
    if match["status"]:
        error["statusCode"] = int(match["status"])
    if match["code"]:
        error["code"] = match["code"]
    return error


def parse_latency(text: str) -> Any:
    """Read ``200``, ``200ms``, ``1.5s``, ``100-300`` or JSON; milliseconds where no unit stands.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return _json(text)
    match = _RANGE.fullmatch(text)
    if match is not None:
        # 1-3s is one to three seconds
        unit = match["max"].lstrip("0123456789.")
        least = match["min"] if match["min"][-1].isalpha() else match["min"] + unit
        return {"min": _milliseconds(least), "max": _milliseconds(match["max"])}
    if re.fullmatch(_TIME, text) is None:
        raise ValueError(
            f"'{text}' is no latency; write milliseconds (200), a time (1.5s), a range (100-300) "
            "or JSON"
        )
    return _milliseconds(text)


def parse_throttle(text: str) -> Any:
    """Read ``RATE``, ``RATE/BURST`` or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return _json(text)
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(
            f"'{text}' is no rate; write calls a second (5), with a burst (5/10), or JSON"
        )
    burst = {} if match["burst"] is None else {"burst": int(match["burst"])}
    return {"rate": _number(match["rate"]), **burst}


def parse_flap(text: str) -> Any:
    """Read ``DOWN/UP``, two durations.

    :raises ValueError: where it is not that
    """
    down, separator, up = text.partition("/")
    if not separator:
        raise ValueError(f"'{text}' is no pair of durations; write DOWN/UP such as 5s/10s")
    return {"down": parse_duration(down), "up": parse_duration(up)}


def parse_probability(text: str) -> Any:
    """Read ``0.2``, ``20%`` or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return _json(text)
    match = _PERCENT.fullmatch(text)
    if match is not None:
        return round(float(match["share"]) / 100, 9)
    if re.fullmatch(rf"{_AMOUNT}|\.[0-9]+", text) is None:
        raise ValueError(
            f"'{text}' is no probability; write 0 to 1 (0.2), a percentage (20%) or JSON"
        )
    return _number(text)


def parse_sequence(text: str) -> Any:
    """Read words with commas, ``throttling,throttling,pass``, or JSON.

    :raises ValueError: where it is no valid JSON
    """
    if text.startswith("["):
        return _json(text)
    return [word.strip() for word in text.split(",")]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as e:
        raise ValueError(f"'{text}' is no valid JSON: {e}") from None


def _milliseconds(text: str) -> float:
    if text[-1].isdigit():
        return _number(text)
    return _number(f"{parse_duration(text) * 1000:.6f}")


def _number(text: str) -> float:
    """Read a number; a whole one stays whole, so that it is written as it was given."""
    value = float(text)
    return int(value) if value.is_integer() else value
