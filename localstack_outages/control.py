"""What the control APIs share: routes, strict reading of a body, answers and errors in JSON, and the
guard against web pages of other origins.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError
from rolo import Request, Response

from . import VERSION_HEADER, __version__
from .errors import (
    BodyTooLarge,
    ControlError,
    ForeignPage,
    InvalidQuery,
    InvalidRules,
    MethodNotAllowed,
    UnknownPath,
)
from .parsing import decode_json, explain
from .queries import Query

MAX_BODY_BYTES = 4 * 1024 * 1024

Operation = Callable[[Request], Any]
"""Carries out a control request: gives what the answer's JSON says, or a whole answer where that is
something else, or raises a ControlError."""

Routes = Mapping[str, Mapping[str, Operation]]
"""The operations by path and method."""


def serve(routes: Routes, path: str, request: Request) -> Response:
    """Answer a control request.

    :param routes: the operations that there are
    :param path: the path of the request below the API's root
    """
    try:
        answer = _operation(routes, path, request)(request)
        response = answer if isinstance(answer, Response) else _answer(answer)
    except ControlError as e:
        response = _refusal(e)
    response.headers[VERSION_HEADER] = _version()
    return response


@cache
def _version() -> str:
    return __version__


def _operation(routes: Routes, path: str, request: Request) -> Operation:
    methods = routes.get(f"/{path.strip('/')}")
    if methods is None:
        raise UnknownPath(f"there is nothing at '{request.path}'; there is {', '.join(routes)}")
    method = "GET" if request.method == "HEAD" else request.method
    if method not in methods:
        allowed = tuple(methods)
        raise MethodNotAllowed(
            f"'{request.path}' does not take {request.method}; it takes {', '.join(allowed)}",
            allowed,
        )
    if method != "GET":
        _refuse_foreign_pages(request)
    return methods[method]


def _refuse_foreign_pages(request: Request) -> None:
    """Keep a web page that the user happens to have open from starting an outage.

    A browser says from which site a request comes; curl and the SDKs say nothing.
    """
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin")
    if site not in ("none", "same-origin") or (origin and urlsplit(origin).netloc != request.host):
        raise ForeignPage(f"a web page of another origin, {origin or site}, may not change rules")


def read_json(request: Request) -> Any:
    """Decode the body of a request, whatever content type it says: ``curl --data`` says form.

    :raises BodyTooLarge: where it is over 4 MiB
    :raises InvalidBody: where it is no JSON
    """
    if (request.content_length or 0) > MAX_BODY_BYTES:
        raise BodyTooLarge(_too_large(request.content_length))
    data = request.get_data(parse_form_data=False)
    if len(data) > MAX_BODY_BYTES:
        raise BodyTooLarge(_too_large(len(data)))
    return decode_json(data)


def _too_large(size: int | None) -> str:
    return f"the body has {size} bytes; at most {MAX_BODY_BYTES} are taken"


Q = TypeVar("Q", bound=Query)


def read_query(request: Request, model: type[Q]) -> Q:
    """Read the parameters in the URL of a request.

    :raises InvalidQuery: where one is unknown, not valid, or stands there twice
    """
    given: dict[str, str] = {}
    for name, values in request.args.lists():
        if len(values) > 1:
            raise InvalidQuery(f"'{name}' stands there {len(values)} times", f"?{name}")
        given[name] = values[0]
    try:
        return model.model_validate(given)
    except ValidationError as e:
        fault = explain(e, model, "parameter")[0]
        raise InvalidQuery(fault["message"], f"?{fault['path']}") from None


def _answer(document: Any, status: int = 200) -> Response:
    response = Response(json.dumps(document) + "\n", status=status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def _refusal(error: ControlError) -> Response:
    document: dict[str, Any] = {
        "code": error.code,
        "message": error.message,
        "path": error.path,
    }
    if isinstance(error, InvalidRules) and error.others:
        document["others"] = list(error.others)
    response = _answer({"error": document}, error.status)
    if isinstance(error, MethodNotAllowed):
        response.headers["Allow"] = ", ".join(error.allowed)
    return response
