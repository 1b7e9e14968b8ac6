"""Writes an AWS error as an answer in the protocol of the call, and in the form that its service
has.

Sources: botocore's parsers (``botocore/parsers.py``), the protocol documents of Smithy, AWS's
documentation of errors of EC2, S3 and SimpleDB, and the serializers of LocalStack
(``localstack/aws/protocol/serializer.py``), with whose bytes those written here agree but for what
the tests list.
"""

import json
import re
import zlib
from collections.abc import Mapping
from functools import lru_cache

from localstack_outages.schema.effect import AwsError

from .catalog import ServiceEntry, catalog
from .cbor import write_cbor
from .error_shapes import ErrorShape, error_shapes
from .messages import AwsCall, HttpAnswer, HttpRequest

Headers = dict[str, str]

_UNWRAPPED = frozenset(("s3",))
"""REST-XML services whose errors stand alone (the trait ``noErrorWrapping`` of their models, which
botocore's data lacks)."""

_LIKE_EC2 = frozenset(("ec2", "sdb"))
"""They answer a list of errors. That of SimpleDB is in its developer guide, "API Error Codes"."""

_CHECKED = frozenset(("dynamodb", "dynamodbstreams"))
"""They send a check sum, which some SDKs compare."""

_S3_HOST_ID = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234="
"""AWS's names the server that answered. Nobody can tell anything from it; LocalStack has the same."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot carry, escaped or not."""

_NO_HEADER = re.compile(r"[^\x21-\x7e]")

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_SQS_ESCAPES = {**_ESCAPES, ord('"'): "&quot;"}
"""SQS escapes quotes too."""
_TO_ESCAPE = re.compile('[&<>\r"]')


def write_error(
    error: AwsError, call: AwsCall, request: HttpRequest, request_id: str
) -> HttpAnswer:
    """Write an error.

    :param call: what ``read_call`` made of the request
    :param request: the request, for its method and the type of its content
    :param request_id: the id that AWS would give it
    """
    entry = catalog().by_name[call.service]
    request_id = _NO_HEADER.sub("", request_id)
    error = _cleaned(error)
    if call.protocol == "smithy-rpc-v2-cbor" or _is_cbor(call, request):
        headers, body = _cbor(error, call, entry)
    elif call.protocol in ("json", "rest-json"):
        headers, body = _json(error, call, entry, request)
    elif call.protocol == "rest-xml":
        headers, body = _rest_xml(error, entry, request_id)
    else:
        headers, body = _query(error, entry, request_id)
    if call.service == "s3":
        headers["x-amz-request-id"] = request_id
        headers["x-amz-id-2"] = _S3_HOST_ID
    else:
        headers["x-amzn-RequestId"] = request_id
    if request.method == "HEAD":
        body = b""
    if call.service in _CHECKED:
        headers["x-amz-crc32"] = str(zlib.crc32(body))
    return HttpAnswer(error.status, tuple(headers.items()), body)


@lru_cache(maxsize=256)
def _cleaned(error: AwsError) -> AwsError:
    """A rule refuses many calls with one error."""
    return error._replace(code=_NO_HEADER.sub("", error.code), message=clean(error.message))


def _query(error: AwsError, entry: ServiceEntry, request_id: str) -> tuple[Headers, bytes]:
    escapes: Mapping[int, str] = _SQS_ESCAPES if entry.name == "sqs" else _ESCAPES
    if entry.name in _LIKE_EC2:
        inner = f"{_code(error)}{_message(error, escapes)}"
        text = (
            f"<Response><Errors><Error>{inner}</Error></Errors>"
            f"<RequestID>{_escape(request_id, _ESCAPES)}</RequestID></Response>"
        )
    else:
        if entry.is_query_compatible:
            error = error._replace(code=_query_code(error.code, entry.name))
        text = _wrapped(error, entry, request_id, escapes)
    return {"Content-Type": "text/xml"}, _xml(text)


def _rest_xml(error: AwsError, entry: ServiceEntry, request_id: str) -> tuple[Headers, bytes]:
    if entry.name not in _UNWRAPPED:
        return {"Content-Type": "text/xml"}, _xml(_wrapped(error, entry, request_id, _ESCAPES))
    ids = f"<RequestId>{_escape(request_id, _ESCAPES)}</RequestId><HostId>{_S3_HOST_ID}</HostId>"
    message = _message(error, _ESCAPES) or "<Message />"
    text = f"<Error>{_code(error)}{message}{ids}</Error>"
    return {"Content-Type": "application/xml"}, _xml(text)


def _wrapped(
    error: AwsError, entry: ServiceEntry, request_id: str, escapes: Mapping[int, str]
) -> str:
    namespace = f' xmlns="{entry.xml_namespace}"' if entry.xml_namespace else ""
    fault = f"<Type>{_fault(error)}</Type>"
    return (
        f"<ErrorResponse{namespace}><Error>{_code(error)}{_message(error, escapes)}{fault}</Error>"
        f"<RequestId>{_escape(request_id, _ESCAPES)}</RequestId></ErrorResponse>"
    )


def _xml(text: str) -> bytes:
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}".encode()


def _escape(text: str, escapes: Mapping[int, str]) -> str:
    # To search takes a tenth of the time of ``translate``, and most texts need nothing else.
    return text if _TO_ESCAPE.search(text) is None else text.translate(escapes)


def _code(error: AwsError) -> str:
    return f"<Code>{_escape(error.code, _ESCAPES)}</Code>"


def _message(error: AwsError, escapes: Mapping[int, str]) -> str:
    return f"<Message>{_escape(error.message, escapes)}</Message>" if error.message else ""


def _fault(error: AwsError) -> str:
    return "Sender" if error.status < 500 else "Receiver"


def _json(
    error: AwsError, call: AwsCall, entry: ServiceEntry, request: HttpRequest
) -> tuple[Headers, bytes]:
    shape = _shape(error.code, entry.name)
    code = shape.name if entry.is_query_compatible else error.code
    content_type = "application/json"
    if call.protocol == "json":
        content_type = f"application/x-amz-json-{entry.json_version}"
        given = request.headers.get("content-type", "").partition(";")[0].strip()
        if given in ("application/x-amz-json-1.0", "application/x-amz-json-1.1"):
            content_type = given
    headers = {"Content-Type": content_type, "X-Amzn-Errortype": code}
    document = {"__type": code}
    if error.message:
        document[shape.message_member] = error.message
    return headers | _query_error(error, entry), json.dumps(document).encode()


def _cbor(error: AwsError, call: AwsCall, entry: ServiceEntry) -> tuple[Headers, bytes]:
    shape = _shape(error.code, entry.name)
    code = shape.name if entry.is_query_compatible else error.code
    document = {"__type": code}
    if error.message:
        document[shape.message_member] = error.message
    if call.protocol == "json":
        # Kinesis' own use of CBOR, before RPC v2: SDKs for Java send it.
        headers = {"Content-Type": "application/x-amz-cbor-1.1", "X-Amzn-Errortype": code}
    else:
        headers = {"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor"}
    return headers | _query_error(error, entry), write_cbor(document)


def _query_error(error: AwsError, entry: ServiceEntry) -> Headers:
    """Name the code of the former Query API, by which older applications know an error."""
    if not entry.is_query_compatible:
        return {}
    return {"x-amzn-query-error": f"{_query_code(error.code, entry.name)};{_fault(error)}"}


def _query_code(code: str, service: str) -> str:
    return _shape(code, service).code


def _shape(code: str, service: str) -> ErrorShape:
    return error_shapes(service).get(code) or ErrorShape(code, code, "message")


def _is_cbor(call: AwsCall, request: HttpRequest) -> bool:
    return call.protocol == "json" and "cbor" in request.headers.get("content-type", "")


def clean(text: str) -> str:
    """Replace what XML cannot carry."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
