"""Edits documents of XML: lists lose items or get new ones. The elements of items that stay are not
touched.
"""

from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

from .catalog import catalog
from .shapes import Member, Shape
from .values import from_xml, local_name, xml_root
from .writing import clean

Element = ElementTree.Element
Values = Mapping[str, Any]

_ROOTS = {("s3", "DeleteObjects"): "DeleteResult"}
"""The root elements of answers of REST-XML, which botocore's data lacks."""


_PLAIN = frozenset(
    ("string", "integer", "long", "boolean", "float", "double", "timestamp", "character")
)


class NoXml(ValueError):
    """A body is no XML, or has what no AWS API sends."""


def edit_xml(
    shape: Shape,
    body: bytes,
    change: Callable[[Values], Values],
    wrapper: str = "",
    names: Mapping[str, str] | None = None,
) -> bytes:
    """Give a document with other values.

    :param shape: of the document
    :param change: gives the values: plain ones, and lists of structures and of plain values
    :param wrapper: the element with the values, where it is not the root
    :param names: what members of the shape are called, where the shape does not say it
    :raises NoXml: where it is none
    """
    root = xml_root(body)
    if root is None:
        raise NoXml("a body is not the XML that it seems to be")
    _forget_namespace(root)
    top = root.find(wrapper) if wrapper else None
    _edit(shape, root if top is None else top, change, names or {})
    text = ElementTree.tostring(root, encoding="unicode").replace("\r", "&#xD;")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}".encode()


def empty_xml(service: str, operation: str, request_id: str) -> bytes:
    """Give an answer without a result."""
    entry = catalog().by_name[service]
    name = _ROOTS.get((service, operation))
    root = Element(name or f"{operation}Response")
    namespace = _NAMESPACES.get(service) or entry.xml_namespace
    if namespace:
        root.set("xmlns", namespace)
    if name is None:
        ElementTree.SubElement(root, f"{operation}Result")
        metadata = ElementTree.SubElement(root, "ResponseMetadata")
        ElementTree.SubElement(metadata, "RequestId").text = clean(request_id)
    return ElementTree.tostring(root)


_NAMESPACES = {
    "s3": "http://s3.amazonaws.com/doc/2006-03-01/",
    "sqs": "http://queue.amazonaws.com/doc/2012-11-05/",
}
"""Of services whose models do not say it any more, or in every shape."""


def _edit(
    shape: Shape, element: Element, change: Callable[[Values], Values], names: Mapping[str, str]
) -> None:
    values: dict[str, Any] = {}
    of_item: dict[int, Element] = {}
    for name, member in shape.members.items():
        item = member.shape.item
        if member.location is not None:
            continue
        if member.shape.kind in _PLAIN:
            plain = element.find(_name_of(member, names))
            if plain is not None:
                values[name] = from_xml(member, plain)
            continue
        if member.shape.kind != "list" or item is None:
            continue
        found = _elements(member, element, names)
        if found is not None:
            values[name] = [from_xml(item, one) for one in found]
            of_item |= {id(value): one for value, one in zip(values[name], found, strict=True)}
    for name, items in change(values).items():
        if items is values.get(name) or name not in shape.members:
            continue
        if not isinstance(items, list):
            _put_plain(shape.members[name], element, items, names)
            continue
        _put(shape.members[name], element, items, of_item, names)


def _elements(member: Member, parent: Element, names: Mapping[str, str]) -> list[Element] | None:
    name = _name_of(member, names)
    found = [child for child in parent if local_name(child.tag) == name]
    if _is_flat(member, names):
        return found or None
    return list(found[0]) if found else None


def _put(
    member: Member,
    parent: Element,
    items: list[Any],
    of_item: Mapping[int, Element],
    names: Mapping[str, str],
) -> None:
    """Put items in the place of those that a list has."""
    name, item = _name_of(member, names), member.shape.item
    if item is None:
        return
    place = next((i for i, one in enumerate(parent) if local_name(one.tag) == name), len(parent))
    for child in [one for one in parent if local_name(one.tag) == name]:
        parent.remove(child)
    is_flat = _is_flat(member, names)
    tag = name if is_flat else item.sent_as
    # A value that was read is known by its identity, and so is its element.
    written = [
        of_item[id(value)] if id(value) in of_item else _written(tag, item.shape, value)
        for value in items
    ]
    if not is_flat:
        lists = Element(name)
        lists.extend(written)
        written = [lists]
    parent[place:place] = written


def _put_plain(member: Member, parent: Element, value: Any, names: Mapping[str, str]) -> None:
    name = _name_of(member, names)
    element = parent.find(name)
    if element is None:
        element = ElementTree.SubElement(parent, name)
    element.text = _text(value)


def _written(tag: str, shape: Shape, value: Any) -> Element:
    """Write a structure of plain values, or a plain value."""
    element = Element(tag)
    if not isinstance(value, Mapping):
        element.text = _text(value)
        return element
    for name, part in value.items():
        member = shape.members.get(name)
        ElementTree.SubElement(element, member.sent_as if member else name).text = _text(part)
    return element


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else clean(str(value))


def _name_of(member: Member, names: Mapping[str, str]) -> str:
    return names.get(member.name) or local_name(member.sent_as)


def _is_flat(member: Member, names: Mapping[str, str]) -> bool:
    return member.is_flat or member.name in names


def _forget_namespace(root: Element) -> None:
    """Write names as AWS does: without prefixes, the namespace named once."""
    namespace, is_named, _ = root.tag.rpartition("}")
    if not is_named:
        return
    for element in root.iter():
        if element.tag.startswith(f"{namespace}}}"):  # comments and instructions are not kept
            element.tag = local_name(element.tag)
    root.set("xmlns", namespace[1:])
