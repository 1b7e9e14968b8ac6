"""Reads the parameters of a call, for the rules that ask about them.

All of it comes from clients: what cannot be read is left out, and nothing is raised.
"""

import json
import zlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from . import forms
from .cbor import InvalidCbor, read_cbor
from .messages import MAX_QUERY_LENGTH, AwsCall, HttpRequest
from .paths import PATHS, labels
from .shapes import Member, Parameters, Shape, parameters_of
from .values import (
    NOT_READ,
    form_tree,
    from_document,
    from_form,
    from_header,
    from_text,
    from_xml,
    is_absent,
    structure_from_xml,
    xml_root,
)

MAX_FIELDS = 20_000
"""Forms and queries with more are not read."""

MAX_UNPACKED = 16 << 20
"""So much of a compressed body is unpacked, bytes."""

_MOVED_QUERY = ("cloudsearchdomain", "Search")
"""botocore sends the query of this operation as a form."""


def needs_body(call: AwsCall) -> bool:
    """Say whether parameters of a call stand in its body, as something else than a stream."""
    parameters = _parameters(call)
    if parameters is None:
        return True
    shape = parameters.shape
    if (call.service, call.operation) == _MOVED_QUERY:
        return True
    if not call.protocol.startswith("rest-"):
        return True
    if shape.payload:
        payload = shape.members[shape.payload].shape
        return payload.kind != "blob" and not payload.is_streaming
    return any(member.location is None for member in shape.members.values())


def read_parameters(
    call: AwsCall, request: HttpRequest, body: bytes = b"", *, with_blobs: bool = False
) -> dict[str, Any]:
    """Read the parameters of a call, by the names that the API gives them.

    Blobs and streams are not read: ``NOT_READ`` stands in their place. Times are given as the
    request has them, as texts or numbers.

    :param call: the call that ``read_call`` found in the request
    :param body: the whole body, where ``needs_body`` says so
    :param with_blobs: whether to give the blobs of the protocols JSON and CBOR, as they came
    """
    if call.operation == "PostObject":
        fields = forms.upload_fields(body)
        bucket = call.bucket or request.path.strip("/")
        return {"Bucket": bucket, **({"Key": fields["key"]} if "key" in fields else {})}
    parameters = _parameters(call)
    body = _unpacked(body, request.headers)
    if call.protocol in ("query", "ec2"):
        return _from_form(call, parameters, body or request.query.encode("latin-1", "replace"))
    if call.protocol.startswith("rest-"):
        return {} if parameters is None else _from_rest(call, parameters, request, body)
    shape = parameters.shape if parameters else None
    return _from_document(shape, _document(request, body), with_blobs=with_blobs)


def _parameters(call: AwsCall) -> Parameters | None:
    return parameters_of(call.service).get(call.operation or "")


def _unpacked(body: bytes, headers: Mapping[str, str]) -> bytes:
    """Unpack a body that an SDK compressed (``requestCompression`` in Smithy)."""
    if headers.get("content-encoding", "").strip().lower() != "gzip":
        return body
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_UNPACKED)
    except zlib.error:
        return b""


def _document(request: HttpRequest, body: bytes) -> Any:
    if not body:
        return None
    try:
        if "cbor" in request.headers.get("content-type", ""):
            return read_cbor(body)
        return json.loads(body)
    except (InvalidCbor, ValueError, RecursionError):
        return None


def _from_document(
    shape: Shape | None, document: Any, *, with_blobs: bool = False
) -> dict[str, Any]:
    if not isinstance(document, dict):
        return {}
    if shape is None:  # an operation that is newer than botocore
        return document
    found: dict[str, Any] = from_document(shape, document, with_blobs=with_blobs)
    return found


def _fields(text: str) -> list[tuple[str, str]]:
    if text.count("&") > MAX_FIELDS:
        return []
    return parse_qsl(text, keep_blank_values=True)


def _from_form(call: AwsCall, parameters: Parameters | None, form: bytes) -> dict[str, Any]:
    fields = _fields(form.decode("utf-8", "replace"))
    if parameters is None:
        return {name: value for name, value in fields if name not in ("Action", "Version")}
    found = from_form(parameters.shape, form_tree(fields), is_ec2=call.protocol == "ec2")
    return found if isinstance(found, dict) else {}


def _from_rest(
    call: AwsCall, parameters: Parameters, request: HttpRequest, body: bytes
) -> dict[str, Any]:
    shape, uri = parameters
    adapt = PATHS.get(call.service)
    path = adapt(request.path, call.bucket) if adapt else request.path
    in_path = dict(labels(uri, path))
    query = request.query
    if (call.service, call.operation) == _MOVED_QUERY:
        query = query or body.decode("utf-8", "replace")
    in_query: dict[str, list[str]] = {}
    for name, value in _fields(query[:MAX_QUERY_LENGTH]):
        in_query.setdefault(name, []).append(value)
    found: dict[str, Any] = {}
    for name, member in shape.members.items():
        if member.location == "uri" and member.sent_as in in_path:
            found[name] = from_text(member.shape, in_path[member.sent_as])
        elif member.location == "querystring":
            found[name] = _from_query(member, in_query)
        elif member.location == "header" and member.sent_as.lower() in request.headers:
            found[name] = from_header(member, request.headers[member.sent_as.lower()])
        elif member.location == "headers":
            found[name] = _from_headers(member, request.headers)
    found = {name: value for name, value in found.items() if value not in (None, {})}
    return {**found, **_from_body(call, shape, request, body)}


def _from_query(member: Member, query: Mapping[str, list[str]]) -> Any:
    shape, item = member.shape, member.shape.item
    if shape.kind == "map" and item is not None:
        if item.shape.kind == "list":
            return dict(query)
        return {name: values[0] for name, values in query.items()}
    if member.sent_as not in query:
        return None
    if shape.kind == "list" and item is not None:
        return [from_text(item.shape, value) for value in query[member.sent_as]]
    return from_text(shape, query[member.sent_as][0])


def _from_headers(member: Member, headers: Mapping[str, str]) -> dict[str, str]:
    prefix = (member.wire_name or "").lower()
    return {
        name[len(prefix) :]: value
        for name, value in headers.items()
        if name.lower().startswith(prefix)
    }


def _from_body(call: AwsCall, shape: Shape, request: HttpRequest, body: bytes) -> dict[str, Any]:
    if shape.payload:
        payload = shape.members[shape.payload]
        if not _is_document(payload.shape):
            return _from_payload(payload, request, body)
        found = _payload_document(call, payload, request, body)
        return {} if found is None or is_absent(found) else {payload.name: found}
    if call.protocol == "rest-xml":
        root = xml_root(body)
        found = {} if root is None else structure_from_xml(shape, root)
        return found if isinstance(found, dict) else {}
    if all(member.location for member in shape.members.values()):
        return {}
    return _from_document(shape, _document(request, body))


def _payload_document(call: AwsCall, payload: Member, request: HttpRequest, body: bytes) -> Any:
    if call.protocol == "rest-xml":
        root = xml_root(body)
        return None if root is None else from_xml(payload, root)
    return from_document(payload.shape, _document(request, body))


def _from_payload(payload: Member, request: HttpRequest, body: bytes) -> dict[str, Any]:
    """Read a payload that is no document: a stream, a blob, a text."""
    length = request.headers.get("content-length", "0")
    if length == "0" and "transfer-encoding" not in request.headers:
        return {}
    if payload.shape.kind == "string" and not payload.shape.is_streaming:
        return {payload.name: body.decode("utf-8", "replace")} if body else {}
    return {payload.name: NOT_READ}


def _is_document(shape: Shape) -> bool:
    return shape.kind in ("structure", "list", "map") and not shape.is_streaming
