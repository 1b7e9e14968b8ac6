"""Short forms of those fields of a rule that are no faults: ``5s/10s``, ``20%``."""

import re
from collections.abc import Sequence
from typing import Any

from localstack_outages.schema.durations import parse_duration
from localstack_outages.schema.short_forms import AMOUNT, read_json, read_number, shown

_PERCENT = re.compile(rf"(?P<share>{AMOUNT})%")


def parse_flap(text: str) -> Any:
    """Read ``DOWN/UP``, two durations.

    :raises ValueError: where it is not that
    """
    down, separator, up = text.partition("/")
    if not separator:
        raise ValueError(f"{shown(text)} is not a pair of durations; write DOWN/UP such as 5s/10s")
    return {"down": parse_duration(down), "up": parse_duration(up)}


def parse_probability(text: str) -> Any:
    """Read ``0.2``, ``20%`` or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return read_json(text)
    match = _PERCENT.fullmatch(text)
    if match is not None:
        return round(float(match["share"]) / 100, 9)
    if re.fullmatch(rf"{AMOUNT}|\.[0-9]+", text) is None:
        raise ValueError(
            f"{shown(text)} is not a probability; write 0 to 1 (0.2), a percentage (20%) or JSON"
        )
    return read_number(text)


def parse_headers(texts: Sequence[str]) -> Any:
    """Read ``NAME: GLOB``, as often as it is given.

    :return: None where it is not given
    :raises ValueError: where one is not that, or a name is given twice
    """
    headers: dict[str, str] = {}
    for text in texts:
        name, separator, glob = text.partition(":")
        if not separator:
            raise ValueError(
                f"{shown(text)} is not a header; write NAME: GLOB such as x-test-id: run-7"
            )
        if name.strip() in headers:
            raise ValueError(f"{shown(name.strip())} is given twice")
        headers[name.strip()] = glob.strip()
    return headers or None
