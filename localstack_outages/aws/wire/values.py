"""Values of parameters, of shapes, from what the protocols have: documents of JSON and CBOR, forms,
XML, and the texts of paths, queries and headers.

What does not fit its shape is left out. Blobs are never read.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from enum import Enum
from typing import Any
from xml.etree import ElementTree

from .shapes import Member, Shape

MAX_DEPTH = 32
"""No API is deeper; shapes that contain themselves could be."""

MAX_DIGITS = 40
"""Longer numbers are no numbers of AWS."""


class NotRead(Enum):
    """Stands for the content of a blob or a stream."""

    NOT_READ = "not read"

    def __repr__(self) -> str:
        return "<not read>"


NOT_READ = NotRead.NOT_READ

_ABSENT: Any = object()
"""What cannot be read, or is not there."""

_ANYTHING = Shape("document")
_ANYTHING.is_document = True

Tree = dict[str, Any]
"""A form: each part of a dotted name leads to what follows it, the empty one to the value."""


def from_document(shape: Shape, value: Any, depth: int = 0, *, with_blobs: bool = False) -> Any:
    """Read a value from what JSON or CBOR says.

    Members that the model lacks are kept: a service learns new ones more often than botocore is
    updated.

    :param with_blobs: whether to give blobs as they came
    """
    kind = shape.kind
    if value is None or depth > MAX_DEPTH:
        return _ABSENT
    if kind == "blob":
        return value if with_blobs else NOT_READ

    def inner(shape: Shape, value: Any) -> Any:
        return from_document(shape, value, depth + 1, with_blobs=with_blobs)

    if shape.is_document or kind not in ("structure", "list", "map"):
        return value
    if kind == "list":
        if not isinstance(value, list) or shape.item is None:
            return _ABSENT
        return _present(inner(shape.item.shape, item) for item in value)
    if not isinstance(value, dict):
        return _ABSENT
    if kind == "map":
        item = shape.item.shape if shape.item else shape
        found = {name: inner(item, given) for name, given in value.items()}
    else:
        known = {member.sent_as: member for member in shape.members.values()}
        found = {
            known[name].name if name in known else name: inner(
                known[name].shape if name in known else _ANYTHING, given
            )
            for name, given in value.items()
        }
    return _without_absent(found)


def form_tree(fields: Iterable[tuple[str, str]]) -> Tree:
    """Make a tree of a form's fields."""
    tree: Tree = {}
    for name, value in fields:
        node = tree
        for part in name.split(".", 2 * MAX_DEPTH):
            node = node.setdefault(part or " ", {})
        node[""] = value
    return tree


def from_form(shape: Shape, tree: Tree, *, is_ec2: bool, depth: int = 0) -> Any:
    """Read a value from a form of the protocols Query and EC2."""
    if depth > MAX_DEPTH:
        return _ABSENT
    if shape.kind == "structure":
        found = {}
        for member in shape.members.values():
            node = tree.get(form_name(member, is_ec2=is_ec2))
            if node is not None:
                found[member.name] = _from_form_member(member, node, is_ec2, depth + 1)
        return _without_absent(found)
    return from_text(shape, tree.get("", _ABSENT))


def _from_form_member(member: Member, tree: Tree, is_ec2: bool, depth: int) -> Any:
    shape = member.shape
    if shape.kind == "list" and shape.item is not None:
        if not is_ec2 and not member.is_flat:
            tree = tree.get(shape.item.wire_name or "member", tree)
        nodes = _numbered(tree)
        if not nodes and tree.get("") == "":
            return []
        items = (_from_form_member(shape.item, node, is_ec2, depth + 1) for node in nodes)
        return _present(items) if nodes and depth < MAX_DEPTH else _ABSENT
    if shape.kind == "map" and shape.item is not None and shape.key is not None:
        nodes = _numbered(tree if member.is_flat else tree.get("entry", tree))
        item = shape.item
        key, value = (m.query_name or m.sent_as for m in (shape.key, item))
        pairs = {
            node[key].get("", ""): _from_form_member(item, node.get(value, {}), is_ec2, depth + 1)
            for node in nodes
            if key in node
        }
        return _without_absent(pairs) if pairs and depth < MAX_DEPTH else _ABSENT
    return from_form(shape, tree, is_ec2=is_ec2, depth=depth)


def form_name(member: Member, *, is_ec2: bool) -> str:
    """Give what forms call a member of a structure."""
    if member.query_name:
        return member.query_name
    if is_ec2:
        name = member.wire_name
        return name[0].upper() + name[1:] if name else member.name
    item = member.shape.item
    if member.shape.kind == "list" and member.is_flat and item is not None and item.wire_name:
        return item.wire_name
    return member.sent_as


def _numbered(tree: Tree) -> list[Tree]:
    """Give the branches with numbers, in order."""
    numbers = [name for name in tree if len(name) < 10 and name.isascii() and name.isdigit()]
    return [tree[name] for name in sorted(numbers, key=int)]


def xml_root(body: bytes) -> ElementTree.Element | None:
    """Parse XML; None where it is none, or has a document type, which could define entities."""
    try:
        parser = ElementTree.XMLParser(target=_NoDoctype())  # noqa: S314 - it refuses entities
        parser.feed(body)
        root: ElementTree.Element = parser.close()
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return root


class _NoDoctype(ElementTree.TreeBuilder):
    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refuse it, as AWS does.

        :raises ValueError: always
        """
        raise ValueError(f"document type {name!r} {pubid!r} {system!r}")


def from_xml(member: Member, element: ElementTree.Element, depth: int = 0) -> Any:
    """Read a value from an element of XML."""
    shape = member.shape
    if depth > MAX_DEPTH:
        return _ABSENT
    if shape.kind == "structure":
        return structure_from_xml(shape, element, depth)
    if shape.kind == "list" and shape.item is not None:
        item = shape.item
        found = (from_xml(item, child, depth + 1) for child in element)
        return _present(found)
    if shape.kind == "map" and shape.item is not None and shape.key is not None:
        return _map_from_xml(shape.key, shape.item, element, depth)
    return from_text(shape, element.text or "")


def structure_from_xml(shape: Shape, element: ElementTree.Element, depth: int = 0) -> Any:
    """Read a structure from the children of an element."""
    children: dict[str, list[ElementTree.Element]] = {}
    for child in element:
        children.setdefault(local_name(child.tag), []).append(child)
    attributes = {local_name(name): value for name, value in element.attrib.items()}
    found = {}
    for member in shape.members.values():
        name = local_name(member.sent_as)
        if member.is_attribute:
            found[member.name] = from_text(member.shape, attributes.get(name, _ABSENT))
        elif name in children and member.location is None:
            found[member.name] = _member_from_xml(member, children[name], depth + 1)
    return _without_absent(found)


def _member_from_xml(member: Member, elements: list[ElementTree.Element], depth: int) -> Any:
    item = member.shape.item
    if member.is_flat and item is not None:
        if member.shape.kind == "list":
            return _present(from_xml(item, element, depth + 1) for element in elements)
        if member.shape.key is not None:
            parent = ElementTree.Element("map")
            parent.extend(elements)
            return _map_from_xml(member.shape.key, item, parent, depth)
    return from_xml(member, elements[0], depth)


def _map_from_xml(key: Member, item: Member, element: ElementTree.Element, depth: int) -> Any:
    found = {}
    for entry in element:
        parts = {local_name(part.tag): part for part in entry}
        if key.sent_as in parts and item.sent_as in parts:
            found[parts[key.sent_as].text or ""] = from_xml(item, parts[item.sent_as], depth + 1)
    return _without_absent(found)


def local_name(tag: object) -> str:
    """Give a name without its namespace. Comments have no name."""
    return tag.rpartition("}")[2].rpartition(":")[2] if isinstance(tag, str) else ""


def from_text(shape: Shape, text: Any) -> Any:
    """Read a plain value from a text: of a form, a path, a query, a header, an element."""
    kind = shape.kind
    if text is _ABSENT:
        return _ABSENT
    if kind == "blob":
        return NOT_READ
    if kind == "boolean":
        return str(text).strip().lower() == "true"
    with suppress(ValueError):
        if kind in ("integer", "long") and len(text) <= MAX_DIGITS:
            return int(text)
        if kind in ("float", "double") and len(text) <= MAX_DIGITS:
            return float(text)
    return text


def from_header(member: Member, text: str) -> Any:
    """Read a value from a header."""
    if member.is_json_text:
        with suppress(ValueError, RecursionError):
            return json.loads(base64.b64decode(text))
        return text
    if member.shape.kind == "list" and member.shape.item is not None:
        item = member.shape.item.shape
        return [from_text(item, part.strip()) for part in text.split(",")]
    return from_text(member.shape, text)


def _present(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if value is not _ABSENT]


def _without_absent(values: Mapping[Any, Any]) -> dict[Any, Any]:
    return {name: value for name, value in values.items() if value is not _ABSENT}


def is_absent(value: Any) -> bool:
    """Whether a value could not be read."""
    return value is _ABSENT
