"""Durations as people write them: ``90s``, ``5m``, ``1h30m``, ``500ms``, ``PT5M``, or plain seconds."""

import re
from functools import cache

_UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
"""Seconds of each unit, the greatest first, which is the order in which they are written."""

HOW_TO_WRITE = "90s, 5m, 1h30m, 500ms, PT5M, or a number of seconds"


def parse_duration(text: str) -> float:
    """Read a duration.

    :param text: such as ``1h30m``; upper and lower case count the same
    :return: seconds
    :raises ValueError: where it is none; the message says how to write one
    """
    written = text.strip()
    forms = (written, written.lower(), written.upper())
    for pattern, form in zip(_patterns(), forms, strict=True):
        match = pattern.fullmatch(form)
        found = {} if match is None else {u: v for u, v in match.groupdict().items() if v}
        if found:
            return round(sum(float(value) * _UNITS[unit] for unit, value in found.items()), 9)
    raise ValueError(f"'{text}' is not a duration; write {HOW_TO_WRITE}")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    """Make the patterns of plain seconds, of parts in lower case, and of ISO 8601 in upper case, at
    their first use: most programs read no duration.
    """
    number = r"[0-9]+(?:\.[0-9]+)?|\.[0-9]+"
    parts = "".join(rf"(?:(?P<{unit}>{number}){unit})?" for unit in _UNITS)
    time = "".join(rf"(?:(?P<{unit}>{number}){unit.upper()})?" for unit in "hms")
    plain, iso = rf"(?P<s>{number})", rf"P(?:(?P<d>{number})D)?(?:T{time})?"
    return tuple(re.compile(pattern) for pattern in (plain, parts, iso))


def format_duration(seconds: float) -> str:
    """Write a duration in the shortest form that ``parse_duration`` reads as the same.

    :param seconds: from 0
    """
    if seconds == 0:
        return "0s"
    if seconds < 1:
        return f"{_plain(seconds * 1000)}ms"
    parts = []
    # Fractions of a second go into the seconds: 1.5s, not 1s500ms.
    rest = round(seconds, 6)
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count:.0f}{unit}")
    rest = round(rest, 6)
    if rest:
        parts.append(f"{_plain(rest)}s")
    return "".join(parts)


def format_roughly(seconds: float) -> str:
    """Write a duration for a reader who watches it pass: in whole seconds, tenths below ten."""
    return format_duration(round(seconds, 1) if seconds < 10 else round(seconds))


def _plain(number: float) -> str:
    """Write a number without an exponent and without zeros at its end."""
    return f"{number:.6f}".rstrip("0").rstrip(".")
