"""Which headers a request must have for a rule to be for it: ``{"x-test-id": "run-7"}``."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

MAX_HEADERS = 8
MAX_NAME_LENGTH = 64
MAX_GLOB_LENGTH = 256

# Servers disagree about others: WSGI takes an underscore for a dash, nginx drops such a header.
_NAME = re.compile(rf"[A-Za-z0-9-]{{1,{MAX_NAME_LENGTH}}}")
_GLOB = re.compile(rf"[ -~]{{1,{MAX_GLOB_LENGTH}}}")


class Headers(dict[str, str]):
    """Globs on the values of headers, by name in lower case. It is not changed."""

    def __hash__(self) -> int:  # type: ignore[override] # a rule is hashed with all its fields
        return hash(frozenset(self.items()))


def _checked(given: dict[str, str]) -> Headers:
    if not 1 <= len(given) <= MAX_HEADERS:
        raise PydanticCustomError(
            "headers",
            "{count} headers are out of range: 1 to {most}",
            {"count": len(given), "most": MAX_HEADERS},
        )
    read = Headers()
    for name, glob in given.items():
        if not _NAME.fullmatch(name):
            raise _wrong(
                name, name, f"the name of a header: 1 to {MAX_NAME_LENGTH} letters, digits and '-'"
            )
        if not _GLOB.fullmatch(glob):
            raise _wrong(name, glob, f"1 to {MAX_GLOB_LENGTH} visible ASCII characters and blanks")
        if name.lower() in read:
            raise PydanticCustomError(
                "header_twice",
                "'{name}' appears twice: names of headers are the same in upper and lower case",
                {"name": name, "field": name},
            )
        read[name.lower()] = glob
    return read


def _wrong(name: str, value: str, wanted: str) -> PydanticCustomError:
    shown = repr(value) if len(value) <= 80 else f"{repr(value)[:77]}..."
    return PydanticCustomError(
        "header", "{shown} is not {wanted}", {"shown": shown, "wanted": wanted, "field": name}
    )


HeaderGlobs = Annotated[
    dict[str, str],
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": MAX_HEADERS,
            "propertyNames": {"pattern": f"^{_NAME.pattern}$"},
            "additionalProperties": {"type": "string", "pattern": f"^{_GLOB.pattern}$"},
        }
    ),
]
"""Globs on the values of a request's headers, by name; all of them must match."""
