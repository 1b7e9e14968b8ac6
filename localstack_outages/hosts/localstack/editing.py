"""Gives services other requests than came, and clients other answers than the services gave."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from localstack_outages.aws.batches import Parameters
from localstack_outages.aws.wire.editing import Edited, Exchange
from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.engine.edits import Answer, EditAnswer, EditRequest

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.aws.api import RequestContext
    from rolo import Request, Response


ReadBody = Callable[["Request"], bytes]
"""Gives the body of a request as it came."""

_EXCHANGE = "outages_exchange"
"""The attribute of a request's context in which its ``Exchange`` is kept, as the request came."""

_READ_FROM_BODY = ("data", "form", "files", "json", "stream", "values", "_cached_data")
"""What a request remembers of its body."""


def edit_request(step: EditRequest, context: "RequestContext", read_body: ReadBody) -> None:
    """Have a service get another request.

    Services that go on to moto or to another process send them the request itself: its body is another
    one too.

    :param read_body: gives the body of a request as it came
    """
    edited = _exchange(context, read_body).edit_request(step.change, step.values)
    parameters = step.change(cast("Parameters", context.service_request))
    if parameters is not None and step.values:
        parameters = {**parameters, **step.values}
    _rewrite(context.request, edited)
    context.service_request = cast("Any", parameters)


def edit_answer(
    step: EditAnswer, context: "RequestContext", response: "Response", read_body: ReadBody
) -> None:
    """Have a client get another result than its service gave."""
    exchange = _exchange(context, read_body)
    headers = _by_name(response.headers.items())
    edited = exchange.edit_answer(headers, response.get_data(), step.change)
    response.set_data(edited.body)
    for name, value in edited.headers.items():
        if value is None:
            response.headers.pop(name, None)
        else:
            response.headers[name] = value


def answer(
    step: Answer, context: "RequestContext", response: "Response", read_body: ReadBody
) -> None:
    """Answer with a result to which no service contributed."""
    request_id = context.request_id or str(uuid.uuid4())
    written = _exchange(context, read_body).answer(step.change, request_id)
    response.status_code = written.status
    response.headers.update(written.headers)
    response.set_data(written.body)


def _exchange(context: "RequestContext", read_body: ReadBody) -> Exchange:
    found: Exchange | None = context.get(_EXCHANGE)
    if found is not None:
        return found
    if context.service is None or context.operation is None:
        raise ValueError("the request is not parsed")
    request = context.request
    head = HttpRequest(
        request.method,
        request.path,
        request.query_string.decode("latin-1"),
        _by_name(request.headers.items()),
    )
    found = Exchange(context.service.service_name, context.operation.name, head, read_body(request))
    setattr(context, _EXCHANGE, found)
    return found


def _rewrite(request: "Request", edited: Edited) -> None:
    for name in _READ_FROM_BODY:
        request.__dict__.pop(name, None)
    environ = request.environ
    environ["wsgi.input"] = BytesIO(edited.body)
    environ["wsgi.input_terminated"] = True
    if edited.query is not None:
        for name in ("args", "query_string", "url", "full_path"):
            request.__dict__.pop(name, None)
        request.query_string = edited.query.encode("latin-1")
        for name in ("QUERY_STRING", "RAW_URI", "REQUEST_URI"):
            if name in environ:
                path = "" if name == "QUERY_STRING" else f"{environ[name].partition('?')[0]}?"
                environ[name] = f"{path}{edited.query}"
    for name, value in edited.headers.items():
        variable = name.upper().replace("-", "_")
        variable = variable if variable == "CONTENT_LENGTH" else f"HTTP_{variable}"
        if value is None:
            request.headers.pop(name, None)
            environ.pop(variable, None)
        else:
            request.headers[name] = value
            environ[variable] = value


def _by_name(headers: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers}
