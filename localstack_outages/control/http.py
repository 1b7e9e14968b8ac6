"""The control API over plain requests and answers: routes, strict reading of query and body, answers and
errors in JSON.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from pydantic import ValidationError

from localstack_outages.schema.errors import (
    BodyTooLarge,
    ControlError,
    InvalidQuery,
    InvalidRules,
    MethodNotAllowed,
    Unauthorized,
    UnknownPath,
)
from localstack_outages.schema.parameters import Query
from localstack_outages.schema.product import VERSION_HEADER, version
from localstack_outages.schema.reading import decode_json, problems_of

from .guard import Guard
from .message import MAX_BODY_BYTES, ControlAnswer, ControlRequest, Headers, Peer, Stream

__all__ = [
    "ControlAnswer",
    "ControlRequest",
    "Guard",
    "Headers",
    "Operation",
    "Peer",
    "Routes",
    "Stream",
    "handle",
    "json_answer",
    "read_body",
    "read_json",
    "read_query",
]

Operation = Callable[[ControlRequest], object]
"""Carries out a control request: gives what the answer's JSON says, or a whole answer, or raises a
ControlError."""

Routes = Mapping[str, Mapping[str, Operation]]
"""The operations by path and method. ``{id}`` or the like at the end of a path stands for a name."""


Page = Callable[[ControlRequest], ControlAnswer | None]
"""Answers a request for a file of a web page; None where it is for something else."""


def handle(
    request: ControlRequest, routes: Routes, guard: Guard, page: Page | None = None
) -> ControlAnswer:
    """Answer a control request. Only long polls block, and the parts of streams.

    :param routes: the operations that there are
    :param guard: says who may ask
    :param page: answers first; its files are no secret, so that no token is asked for, but of a
        person who opens it: the browser sends it with all requests that follow
    """
    try:
        guard.check_host(request)
        answer = page(request) if page else None
        if answer is None:
            answer = _answer(request, routes, guard)
        elif answer.status == 200 and "text/html" in request.headers.get("Accept", ""):
            guard.check_token(request)
    except ControlError as e:
        answer = _refusal(e)
    answer.headers[VERSION_HEADER] = version()
    return _without_body(answer) if request.method == "HEAD" else answer


def _answer(request: ControlRequest, routes: Routes, guard: Guard) -> ControlAnswer:
    guard.check_token(request)
    operation = _operation(routes, request)
    if request.method not in ("GET", "HEAD"):
        guard.check_origin(request)
    found = operation(request)
    return found if isinstance(found, ControlAnswer) else json_answer(found)


def _operation(routes: Routes, request: ControlRequest) -> Operation:
    path = f"/{request.path.strip('/')}"
    methods = routes.get(path) or _named(routes, path)
    if methods is None:
        raise UnknownPath(f"there is nothing at '{request.url_path}'; there is {', '.join(routes)}")
    method = "GET" if request.method == "HEAD" else request.method
    if method not in methods:
        allowed = tuple(methods)
        raise MethodNotAllowed(
            f"'{request.url_path}' does not take {request.method}; it takes {', '.join(allowed)}",
            allowed,
        )
    return methods[method]


def _named(routes: Routes, path: str) -> Mapping[str, Operation] | None:
    """Give what stands for all names in the place of a path's last part."""
    above = f"{path.rpartition('/')[0]}/{{"
    return next((found for key, found in routes.items() if key.startswith(above)), None)


def _without_body(answer: ControlAnswer) -> ControlAnswer:
    if isinstance(answer.body, Stream):
        answer.body.close()
        return ControlAnswer(answer.status, answer.headers, b"")
    headers = {**answer.headers, "Content-Length": str(len(answer.body))}
    return ControlAnswer(answer.status, headers, b"")


def read_body(request: ControlRequest) -> bytes:
    """Read the body of a request.

    :raises BodyTooLarge: where it is over 4 MiB; at most one byte more is read
    """
    announced = request.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"the body has {announced} bytes; at most {MAX_BODY_BYTES} are taken")
    data = request.read(MAX_BODY_BYTES + 1)
    if len(data) > MAX_BODY_BYTES:
        raise BodyTooLarge(f"the body has more than {MAX_BODY_BYTES} bytes, which are the most")
    return data


def read_json(request: ControlRequest) -> Any:
    """Decode the body of a request, whatever content type it says: ``curl --data`` says form.

    :raises BodyTooLarge: where it is over 4 MiB
    :raises InvalidBody: where it is no JSON
    """
    return decode_json(read_body(request))


Q = TypeVar("Q", bound=Query)


def read_query(request: ControlRequest, model: type[Q]) -> Q:
    """Read the parameters in the URL of a request.

    :raises InvalidQuery: where one is unknown, not valid, or stands there twice
    """
    given: dict[str, str] = {}
    # What is not UTF-8 becomes lone surrogates, which no parameter may have.
    pairs = parse_qsl(request.query, keep_blank_values=True, errors="surrogateescape")
    for name, value in pairs:
        if name in given:
            times = sum(name == other for other, _ in pairs)
            raise InvalidQuery(f"'{name}' stands there {times} times", f"?{name}")
        given[name] = value
    try:
        return model.model_validate(given)
    except ValidationError as e:
        problem = problems_of(e, model, "parameter")[0]
        raise InvalidQuery(problem["message"], f"?{problem['path']}") from None


def json_answer(document: object, headers: Mapping[str, str] | None = None) -> ControlAnswer:
    """Answer with a JSON document."""
    return _json(200, document, headers or {})


def _refusal(error: ControlError) -> ControlAnswer:
    """Answer that a request is refused."""
    document: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "path": error.path,
    }
    headers = {}
    if isinstance(error, InvalidRules) and error.others:
        document["others"] = list(error.others)
    if isinstance(error, MethodNotAllowed):
        headers["Allow"] = ", ".join(error.allowed)
    if isinstance(error, Unauthorized):
        # A browser asks a person for nothing else, and for nothing where another scheme stands beside.
        headers["WWW-Authenticate"] = 'Basic realm="LocalStack Outages"'
    return _json(error.status, {"error": document}, headers)


def _json(status: int, document: object, headers: Mapping[str, str]) -> ControlAnswer:
    body = f"{json.dumps(document)}\n".encode()
    always = {"Content-Type": "application/json", "Cache-Control": "no-store"}
    return ControlAnswer(status, {**always, **headers}, body)
