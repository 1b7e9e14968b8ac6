"""Reads what a request is after, and from where it comes, once LocalStack is done with it."""

from typing import TYPE_CHECKING

from localstack_outages.aws.aims import Aim, aim_of
from localstack_outages.aws.sdk_headers import read_thread
from localstack_outages.engine.finished import Peer

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from rolo import Request


def read_aim(request: "Request") -> Aim:
    """Tell what a request is after. A body that is a stream is left alone."""
    environ = request.environ
    content_type = environ.get("CONTENT_TYPE") or ""
    is_form = content_type.startswith("application/x-www-form-urlencoded")
    path = environ.get("PATH_INFO") or ""
    form = request.form.items(multi=True) if is_form else None
    body = b""
    if not is_form and (path == "/" or _is_read(request)):
        body = request.get_data()
    return aim_of(
        environ.get("REQUEST_METHOD") or "",
        path,
        environ.get("QUERY_STRING") or "",
        environ.get("HTTP_RANGE") or "",
        body,
        form,
    )


def read_peer(request: "Request") -> Peer | None:
    """Tell where a request comes from."""
    environ = request.environ
    address, port = environ.get("REMOTE_ADDR"), environ.get("REMOTE_PORT") or ""
    if not address or not port.isdecimal():
        return None
    return Peer(address, int(port), read_thread(environ.get("HTTP_X_OUTAGES_THREAD")))


def _is_read(request: "Request") -> bool:
    """Whether LocalStack has read the body as a whole: werkzeug keeps it then. The body of an object
    is a stream, which can be read only once.
    """
    return getattr(request, "_cached_data", None) is not None
