"""Paths as the models have them. Endpoints of some services put a stage or a version before them, and
S3's the bucket into the host; emulators and custom endpoints mostly do not.
"""

from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

PATHS: Mapping[str, Callable[[str, str | None], str]] = {
    "apigatewaymanagementapi": lambda path, _: _from(path, "/@connections", "/%40connections"),
    "cloudsearchdomain": lambda path, _: path,
    "geo-maps": lambda path, _: path.removeprefix("/v2"),
    "geo-places": lambda path, _: path.removeprefix("/v2"),
    "geo-routes": lambda path, _: path.removeprefix("/v2"),
    "s3": lambda path, bucket: f"/{bucket}{path}" if bucket else path,
}
"""For these services, the path of the model: of a path, and the bucket that the host names."""


def _from(path: str, *beginnings: str) -> str:
    """Cut off what a path has before one of some parts."""
    for beginning in beginnings:
        before, found, rest = path.partition(beginning)
        if found:
            return f"{found}{rest}" if before else path
    return path


def labels(template: str, path: str) -> Iterator[tuple[str, str]]:
    """Give the labels of a path with their values, decoded.

    :param template: the path of the model, such as ``/{Bucket}/{Key+}``
    :param path: a path that fits, still percent-encoded
    """
    wanted = template.partition("?")[0].split("/")
    given = path.split("/")
    for place, part in enumerate(wanted):
        if part.endswith("+}"):
            following = len(wanted) - place - 1
            value = "/".join(given[place : len(given) - following])
            yield part[1:-2], unquote(value, errors="replace")
            # What follows is counted from the end.
            given = given[:place] + [value] + given[len(given) - following :]
        elif part.startswith("{") and place < len(given):
            yield part[1:-1], unquote(given[place], errors="replace")
