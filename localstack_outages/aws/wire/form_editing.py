"""Edits forms of the protocol Query: fields go, and those of lists are numbered anew. The values of the
fields that stay are not touched.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote, unquote_plus

from .shapes import Member, Shape
from .values import form_name, form_tree, from_form

Parameters = Mapping[str, Any]


def edit_form(shape: Shape, form: bytes, change: Callable[[Parameters], Parameters]) -> bytes:
    """Give a form with other parameters.

    :param shape: of the parameters
    :param change: gives the parameters. It may leave out items of lists, and nothing else
    """
    text = form.decode("utf-8", "replace")
    sent = from_form(shape, form_tree(parse_qsl(text, keep_blank_values=True)), is_ec2=False)
    wanted = change(sent)
    fields = text.split("&")
    for name, before in sent.items():
        after = wanted.get(name)
        if isinstance(before, list) and after is not before:
            kept = [i for i, item in enumerate(before) if any(item is one for one in after or ())]
            fields = _renumbered(shape.members[name], fields, kept)
    return "&".join(fields).encode()


def set_field(form: str, name: str, value: str) -> str:
    """Give a form or a query with another value of a field."""
    fields = [
        field
        for field in form.split("&")
        if field and unquote_plus(field.partition("=")[0]) != name
    ]
    return "&".join([*fields, f"{quote(name)}={quote(value)}"])


def _renumbered(member: Member, fields: list[str], kept: list[int]) -> list[str]:
    """Leave out the fields of items of a list, and number the others anew.

    :param kept: the places of the items that stay, from 0
    """
    item = member.shape.item
    inner = (item.wire_name if item else None) or "member"
    name = re.escape(form_name(member, is_ec2=False))
    pattern = re.compile(rf"({name}(?:\.{re.escape(inner)})?\.)([0-9]{{1,9}})(\..*)?", re.DOTALL)
    matches = [pattern.fullmatch(unquote_plus(field.partition("=")[0])) for field in fields]
    numbers = sorted({int(match[2]) for match in matches if match})
    new = {numbers[place]: number for number, place in enumerate(kept, 1)}
    written = []
    for field, match in zip(fields, matches, strict=True):
        if match is None:
            written.append(field)
        elif int(match[2]) in new:
            _, is_given, value = field.partition("=")
            name = f"{match[1]}{new[int(match[2])]}{match[3] or ''}"
            written.append(f"{quote(name)}{is_given}{value}")
    return written
