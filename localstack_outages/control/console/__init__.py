"""The console: a web page over the control API. This module serves its files, as they are."""

from hashlib import sha256
from importlib.resources import files
from typing import NamedTuple

from localstack_outages.control.message import ControlAnswer, ControlRequest
from localstack_outages.control.negotiation import prefers

FOLDER = "console"
"""Below the root of the control API; the page itself stands at the root."""

PAGE = "index.html"

# Python asks the system, and on some it says text/plain for JavaScript, which browsers then refuse.
CONTENT_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}

HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""A browser asks each time whether a file has changed; a page loads nothing but these files, runs
no script that is written into it, and is shown in no other page."""


class _File(NamedTuple):
    content: bytes
    content_type: str
    etag: str


class Console:
    """Serves the page and its files. They are read once: what is asked for is looked up among
    them, and never becomes a path of the file system.
    """

    def __init__(self) -> None:
        folder = files(__package__).joinpath("static")
        self._files = {
            f"{FOLDER}/{file.name}": _read(file.name, file.read_bytes())
            for file in folder.iterdir()
            if _suffix(file.name) in CONTENT_TYPES
        }
        self._files[""] = self._files.pop(f"{FOLDER}/{PAGE}")

    def answer(self, request: ControlRequest) -> ControlAnswer | None:
        """Answer a request for a file of the console.

        :return: None where the request is not for the console: it is for something else, would
            change something, or asks for the root as JSON
        """
        path = request.path.removeprefix("/")
        file = self._files.get(path)
        if file is None or request.method not in ("GET", "HEAD"):
            return None
        if not path and prefers(request.headers.get("Accept", ""), "application/json", "text/html"):
            return None
        if not path and (better := _better_address(request)):
            return ControlAnswer(307, {"Location": better}, b"")
        headers = {**HEADERS, "Content-Type": file.content_type, "ETag": file.etag}
        if _has(request.headers.get("If-None-Match", ""), file.etag):
            return ControlAnswer(304, headers, b"")
        return ControlAnswer(200, headers, file.content)


def _read(name: str, content: bytes) -> _File:
    content_type = f"{CONTENT_TYPES[_suffix(name)]}; charset=utf-8"
    return _File(content, content_type, f'"{sha256(content).hexdigest()[:32]}"')


def _suffix(name: str) -> str:
    return "." + name.rpartition(".")[2]


def _has(if_none_match: str, etag: str) -> bool:
    """Whether a client says that it has a file already; a proxy may have made its ETag a weak one."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return not tags.isdisjoint((etag, "*"))


def _better_address(request: ControlRequest) -> str | None:
    """Say where the page works that is asked for at a place where it would not.

    LocalStack's own guard lets pages of ``localhost`` act, but none of ``127.0.0.1``. And the page
    names its files, and the control API, relative to where it stands: a slash must be at its end.
    """
    path = request.url_path
    name, _, port = request.host.partition(":")
    if name != "127.0.0.1" and path.endswith("/"):
        return None
    host = request.host if name != "127.0.0.1" else f"localhost:{port}" if port else "localhost"
    return f"{request.scheme}://{host}{path.rstrip('/')}/"
