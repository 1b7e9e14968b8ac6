"""Globs as expressions of RE2, which Envoy matches with."""

import re
from collections.abc import Iterator

from localstack_outages.schema.globs import compile_glob

from .reasons import CannotCarry

_PRINTABLE = tuple(map(chr, range(ord(" "), ord("~") + 1)))
_SPECIAL = frozenset(r"\.+*?()|[]{}^$")


def as_expression(glob: str, any_character: str) -> str:
    """Write a glob as an expression of RE2 for a whole text.

    :param any_character: what a wildcard stands for, such as ``[^/]``
    :raises CannotCarry: where nothing matches it
    """
    return "".join(_parts(glob, any_character))


def escaped(text: str) -> str:
    """Write a text as an expression of RE2 that matches it alone."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


def one_of(expressions: list[str]) -> str:
    """Write an expression that matches what one of some expressions matches."""
    return expressions[0] if len(expressions) == 1 else f"(?:{'|'.join(expressions)})"


def _parts(glob: str, any_character: str) -> Iterator[str]:
    at = 0
    while at < len(glob):
        end = _end_of_set(glob, at)
        if end is not None:
            yield _set(glob[at:end], any_character)
            at = end
            continue
        if glob[at] in "*?":
            yield any_character + ("*" if glob[at] == "*" else "")
        else:
            yield escaped(glob[at])
        at += 1


def _end_of_set(glob: str, at: int) -> int | None:
    """Give where the set ends that begins at a place; None where none does, as fnmatch has it."""
    if glob[at] != "[":
        return None
    first = at + 2 if glob[at + 1 : at + 2] == "!" else at + 1
    end = glob.find("]", first + 1)
    return None if end < 0 else end + 1


def _set(glob: str, any_character: str) -> str:
    """Spell out a set: fnmatch and RE2 read them in different ways."""
    matches, may_be = compile_glob(glob), re.compile(any_character)
    characters = [
        rf"\{one}" if one in r"\]^-[" else one
        for one in _PRINTABLE
        if matches(one) and may_be.fullmatch(one)
    ]
    if not characters:
        raise CannotCarry(f"nothing matches {glob!r} in it")
    return f"[{''.join(characters)}]"
