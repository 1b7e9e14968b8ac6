"""Reads and writes CBOR (RFC 8949), as much of it as AWS's protocols use.

botocore has a reader too, which is private and reads answers only.
"""

import struct
from collections.abc import Mapping
from typing import Any, NamedTuple

MAX_DEPTH = 64

_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_INDEFINITE = 31
_BREAK = 0xFF


class InvalidCbor(ValueError):
    """The bytes are no CBOR, or deeper than anyone needs."""


_TIME = 1
"""The tag of a time."""


class CborTime(float):
    """A time, seconds since 1970, which is written as it was read."""


class _Item(NamedTuple):
    value: Any
    end: int
    """Where the next item begins."""


def read_cbor(data: bytes) -> Any:
    """Read the first item.

    :raises InvalidCbor: where there is none
    """
    try:
        return _item(data, 0, 0).value
    except (IndexError, struct.error, UnicodeDecodeError, TypeError, OverflowError) as error:
        raise InvalidCbor(str(error)) from error


def _item(data: bytes, start: int, depth: int) -> _Item:
    if depth > MAX_DEPTH:
        raise InvalidCbor("too deep")
    first = data[start]
    kind, info = first >> 5, first & 31
    if kind == 7:
        return _simple(data, start, info)
    if info == _INDEFINITE:
        return _indefinite(data, start + 1, kind, depth)
    number, place = _number(data, start, info)
    if kind <= 1:
        return _Item(-1 - number if kind else number, place)
    if kind <= 3:
        return _text(data, place, number, kind)
    if kind == 6:
        tagged = _item(data, place, depth + 1)
        if number == _TIME and isinstance(tagged.value, int | float):
            return tagged._replace(value=CborTime(tagged.value))
        return tagged
    if number > len(data) - place:
        raise InvalidCbor("shorter than it says")
    return _collection(data, place, number, kind, depth)


def _number(data: bytes, start: int, info: int) -> tuple[int, int]:
    if info < 24:
        return info, start + 1
    if info > 27:
        raise InvalidCbor("reserved")
    end = start + 1 + (1 << (info - 24))
    if end > len(data):
        raise InvalidCbor("cut off")
    return int.from_bytes(data[start + 1 : end], "big"), end


def _simple(data: bytes, start: int, info: int) -> _Item:
    if info in _FLOATS:
        form = _FLOATS[info]
        return _Item(
            struct.unpack_from(form, data, start + 1)[0], start + 1 + struct.calcsize(form)
        )
    if info not in _SIMPLE:
        raise InvalidCbor("reserved")
    return _Item(_SIMPLE[info], start + 1)


def _text(data: bytes, start: int, length: int, kind: int) -> _Item:
    end = start + length
    if end > len(data):
        raise InvalidCbor("cut off")
    value = data[start:end]
    return _Item(value.decode("utf-8") if kind == 3 else value, end)


def _collection(data: bytes, place: int, count: int, kind: int, depth: int) -> _Item:
    values = []
    for _ in range(count * (kind - 3)):  # a map has a key and a value for each
        value, place = _item(data, place, depth + 1)
        values.append(value)
    return _Item(_pairs(values) if kind == 5 else values, place)


def _indefinite(data: bytes, place: int, kind: int, depth: int) -> _Item:
    values = []
    while data[place] != _BREAK:
        value, place = _item(data, place, depth + 1)
        values.append(value)
    if kind in (2, 3):
        joined: Any = (b"" if kind == 2 else "").join(values)
        return _Item(joined, place + 1)
    if kind not in (4, 5):
        raise InvalidCbor("reserved")
    return _Item(_pairs(values) if kind == 5 else values, place + 1)


def _pairs(values: list[Any]) -> dict[Any, Any]:
    if len(values) % 2:
        raise InvalidCbor("a key without a value")
    return dict(zip(values[::2], values[1::2], strict=True))


def write_cbor(value: Any) -> bytes:
    """Write a value.

    :raises TypeError: where it is of a type that ``read_cbor`` does not give
    """
    if isinstance(value, Mapping):
        return _head(5, len(value)) + b"".join(
            write_cbor(part) for p in value.items() for part in p
        )
    if isinstance(value, list | tuple):
        return _head(4, len(value)) + b"".join(map(write_cbor, value))
    if isinstance(value, str):
        encoded = value.encode()
        return _head(3, len(encoded)) + encoded
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    return _plain(value)


def _plain(value: Any) -> bytes:
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        tag = _head(6, _TIME) if isinstance(value, CborTime) else b""
        return tag + b"\xfb" + struct.pack(">d", value)
    raise TypeError(f"{type(value).__name__} cannot be written as CBOR")


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes((kind << 5 | number,))
    for info, length in ((24, 1), (25, 2), (26, 4)):
        if number < 1 << 8 * length:
            return bytes((kind << 5 | info,)) + number.to_bytes(length, "big")
    return bytes((kind << 5 | 27,)) + number.to_bytes(8, "big")
