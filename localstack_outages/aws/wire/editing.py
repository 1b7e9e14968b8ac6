"""Edits the body of a request before a service gets it, and of an answer before its client does.

What is changed are parameters and results as botocore names them; all else of a body stays as it is, known
to botocore or not::

    exchange = Exchange("sqs", "SendMessageBatch", request, body)
    edited = exchange.edit_request(lambda sent: ...)
    answer = exchange.edit_answer(answer.headers, answer.body, lambda sent, result: ...)

Headers that depend on a body are renewed, or left out where their only use is to check it.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from .cbor import InvalidCbor, read_cbor, write_cbor
from .form_editing import edit_form, set_field
from .messages import HttpAnswer, HttpRequest
from .parameters import MAX_UNPACKED
from .shapes import Shape, parameters_of, results_of
from .values import form_name
from .xml_editing import edit_xml, empty_xml

Parameters = Mapping[str, Any]
ChangeRequest = Callable[[Parameters], Parameters | None]
ChangeResult = Callable[[Parameters, Mapping[str, Any] | None], Mapping[str, Any]]

_CHECKSUM = "x-amz-checksum-"
_SDK_CHECKSUM = "x-amz-sdk-checksum-algorithm"
_LITERAL_HASH_LENGTH = 64


class CannotEdit(ValueError):
    """A body is of another kind than those that can be edited."""


class Edited(NamedTuple):
    """A request or an answer with another body."""

    body: bytes
    headers: Mapping[str, str | None]
    """The headers that differ, by name in lower case; None for those that are left out."""
    query: str | None = None
    """The query, where it differs."""


class Exchange:
    """The request of a call and its answer.

    :param service: as botocore names it
    :param request: the head of the request
    :param body: the whole body of the request
    """

    def __init__(self, service: str, operation: str, request: HttpRequest, body: bytes) -> None:
        self._service = service
        self._operation = operation
        self._headers = request.headers
        self._query = request.query
        self._body = _unpacked(body, request.headers)

    @property
    def _kind(self) -> str:
        return _kind_of(self._headers, self._body)

    def edit_request(
        self, change: ChangeRequest, values: Mapping[str, Any] | None = None
    ) -> Edited:
        """Give the request that the service gets.

        :param change: gives its parameters
        :param values: plain parameters that differ
        :raises CannotEdit: where its body is of no known kind
        """
        if values:
            return self._with_values(values)
        body = self._edit_request(change)
        return Edited(body, _renewed_of_request(self._headers, body))

    def _with_values(self, values: Mapping[str, Any]) -> Edited:
        given = parameters_of(self._service).get(self._operation)
        members = {} if given is None else given.shape.members
        query, body = self._query, self._body
        for name, value in values.items():
            member = members[name]
            if member.location == "querystring":
                query = set_field(query, member.sent_as, str(value))
            elif self._kind == "form":
                field = form_name(member, is_ec2=False)
                body = set_field(body.decode("utf-8", "replace"), field, str(value)).encode()
            else:
                body = _write(self._kind, {**_read(self._kind, body), member.sent_as: value})
        return Edited(body, _renewed_of_request(self._headers, body), query)

    def edit_answer(self, headers: Mapping[str, str], body: bytes, change: ChangeResult) -> Edited:
        """Give the answer that the client gets.

        :param headers: of the answer, in a mapping that ignores case or by name in lower case
        :param body: its whole body
        :param change: gives its result
        :raises CannotEdit: where its body is of no known kind
        """
        body = _unpacked(body, headers)
        body = self._edit_result(_kind_of(headers, body), body, change)
        return Edited(body, _renewed_of_answer(headers, body))

    def answer(self, change: ChangeResult, request_id: str) -> HttpAnswer:
        """Give an answer to which no service contributed.

        :param change: gives its result
        :param request_id: the id that AWS would give the request
        """
        kind, asked = self._kind, self._headers.get("content-type", "")
        if kind == "form" or kind == "xml":
            empty = empty_xml(self._service, self._operation, request_id)
            content_type = "application/xml" if kind == "xml" else "text/xml"
        else:
            empty = write_cbor({}) if kind == "cbor" else b"{}"
            content_type = asked or "application/json"
        body = self._edit_result("xml" if kind == "form" else kind, empty, _from_nothing(change))
        headers = {"Content-Type": content_type}
        headers["x-amz-request-id" if self._service == "s3" else "x-amzn-RequestId"] = request_id
        return HttpAnswer(200, tuple(headers.items()), body)

    def _sent(self) -> Parameters:
        """Give the parameters as they came: changed by nothing, and with all that botocore lacks."""
        if not self._body:
            return {}
        sent: list[Parameters] = []

        def look(parameters: Parameters) -> Parameters:
            sent.append(parameters)
            return parameters

        self._edit_request(look)
        return sent[0]

    def _edit_request(self, change: ChangeRequest) -> bytes:
        given = parameters_of(self._service).get(self._operation)
        if given is None:
            raise CannotEdit(f"{self._service}.{self._operation} has no parameters")
        if self._kind == "form":
            return edit_form(given.shape, self._body, lambda sent: _not_none(change(sent)))
        if self._kind == "xml":
            payload = given.shape.payload
            if payload is None:
                return edit_xml(given.shape, self._body, lambda sent: _not_none(change(sent)))

            def change_payload(sent: Parameters) -> Parameters:
                changed: Parameters = _not_none(change({payload: sent}))[payload]
                return changed

            return edit_xml(given.shape.members[payload].shape, self._body, change_payload)
        document = _read(self._kind, self._body)
        return _write(self._kind, _not_none(change(document)))

    def _edit_result(self, kind: str, body: bytes, change: ChangeResult) -> bytes:
        sent = self._sent()
        if kind == "xml":
            given = results_of(self._service).get(self._operation)
            shape = Shape("structure") if given is None else given.shape
            wrapper = f"{self._operation}Result"
            names = _FLAT_NAMES.get(self._service, {})
            names = {name: each.format(self._operation) for name, each in names.items()}
            return edit_xml(shape, body, lambda result: change(sent, result), wrapper, names)
        return _write(kind, self._changed(change, sent, _read(kind, body)))

    def _changed(
        self, change: ChangeResult, sent: Parameters, document: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Change a document, whose members may have other names than botocore's."""
        given = results_of(self._service).get(self._operation)
        members = () if given is None else given.shape.members.values()
        names = {member.sent_as: member.name for member in members}
        wire_names = {name: wire_name for wire_name, name in names.items()}
        changed = change(sent, {names.get(name, name): value for name, value in document.items()})
        return {wire_names.get(name, name): value for name, value in changed.items()}


_FLAT_NAMES: Mapping[str, Mapping[str, str]] = {
    "sqs": {"Successful": "{}ResultEntry", "Failed": "BatchResultErrorEntry"}
}
"""What the Query API of SQS calls the items of lists. Its model, of JSON now, has forgotten that."""


def _from_nothing(change: ChangeResult) -> ChangeResult:
    return lambda sent, _: change(sent, None)


def _not_none(parameters: Parameters | None) -> Parameters:
    if parameters is None:
        raise CannotEdit("nothing is left of the request")
    return parameters


def _kind_of(headers: Mapping[str, str], body: bytes) -> str:
    content_type = headers.get("content-type", "")
    if "cbor" in content_type:
        return "cbor"
    if body.lstrip()[:1] == b"{":
        return "json"
    if body.lstrip()[:1] == b"<":
        return "xml"
    if body and "x-www-form-urlencoded" in content_type:
        return "form"
    raise CannotEdit(f"a body of the type '{content_type[:80]}' cannot be edited")


def _read(kind: str, body: bytes) -> dict[str, Any]:
    try:
        document = read_cbor(body) if kind == "cbor" else json.loads(body)
    except (InvalidCbor, ValueError, RecursionError) as e:
        raise CannotEdit(f"a body is not the {kind.upper()} that it seems to be: {e}") from None
    if not isinstance(document, dict):
        raise CannotEdit("a body is no object")
    return document


def _write(kind: str, document: Mapping[str, Any]) -> bytes:
    return write_cbor(document) if kind == "cbor" else json.dumps(document).encode()


def _unpacked(body: bytes, headers: Mapping[str, str]) -> bytes:
    packing = headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity"):
        return body
    if packing != "gzip":
        raise CannotEdit(f"a body that is packed by '{packing[:80]}' cannot be edited")
    try:
        unpacking = zlib.decompressobj(wbits=31)
        unpacked = unpacking.decompress(body, MAX_UNPACKED)
    except zlib.error as e:
        raise CannotEdit(f"a body cannot be unpacked: {e}") from None
    if not unpacking.eof:
        raise CannotEdit(f"a body is of more than {MAX_UNPACKED} bytes")
    return unpacked


def _renewed_of_request(headers: Mapping[str, str], body: bytes) -> dict[str, str | None]:
    names = {name.lower() for name in headers}
    renewed: dict[str, str | None] = {}
    if body or "content-length" in names:
        renewed["content-length"] = str(len(body))
    checks = {name for name in names if name.startswith(_CHECKSUM) or name == _SDK_CHECKSUM}
    renewed |= dict.fromkeys(checks | names & {"content-encoding", "transfer-encoding"})
    if checks or "content-md5" in names:
        # S3 wants one of them with DeleteObjects. All other check sums are made of parts or by
        # algorithms that Python lacks.
        digest = hashlib.md5(body, usedforsecurity=False).digest()
        renewed["content-md5"] = base64.b64encode(digest).decode()
    if len(headers.get("x-amz-content-sha256", "")) == _LITERAL_HASH_LENGTH:
        renewed["x-amz-content-sha256"] = hashlib.sha256(body).hexdigest()
    return renewed


def _renewed_of_answer(headers: Mapping[str, str], body: bytes) -> dict[str, str | None]:
    renewed: dict[str, str | None] = {"content-length": str(len(body))}
    names = {name.lower() for name in headers}
    left_out = {name for name in names if name.startswith(_CHECKSUM)}
    left_out |= names & {"content-md5", "content-encoding", "transfer-encoding", "etag"}
    renewed |= dict.fromkeys(left_out)
    if "x-amz-crc32" in names:
        renewed["x-amz-crc32"] = str(zlib.crc32(body))
    return renewed
