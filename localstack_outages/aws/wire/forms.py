"""Forms, without their parameters: the action of the Query protocols, and the fields that sign a
browser's upload to S3.
"""

import re
from urllib.parse import unquote_to_bytes

URL_ENCODED = "application/x-www-form-urlencoded"
UPLOAD = "multipart/form-data"
"""The types of content that forms have."""

_FIELD = re.compile(
    rb'content-disposition:[ \t]*form-data;[ \t]*name="(?P<name>[^"\r\n]{1,128})"[^\r\n]{0,1024}\r\n'
    rb"(?:[^\r\n]{1,1024}\r\n){0,8}\r\n(?P<value>[^\r\n]{0,4096})\r\n",
    re.IGNORECASE,
)
_MAX_FIELDS = 64
_MAX_VALUE_LENGTH = 1024


def action_and_version(form: bytes) -> tuple[str | None, str | None]:
    """Find ``Action`` and ``Version``, wherever in the form they stand."""
    return field(form, b"Action") or field(form, b"Operation"), field(form, b"Version")


def field(form: bytes, name: bytes) -> str | None:
    """Find one short field of a form, without reading the others."""
    if form.startswith(name + b"="):
        start = len(name) + 1
    else:
        start = form.find(b"&%b=" % name) + len(name) + 2
        if start == len(name) + 1:
            return None
    end = form.find(b"&", start)
    value = form[start : end if end >= 0 else len(form)]
    if len(value) > _MAX_VALUE_LENGTH:
        return None
    if b"%" in value:
        value = unquote_to_bytes(value)
    return value.decode("utf-8", "replace")


def upload_fields(body: bytes) -> dict[str, str]:
    """Read the fields of a form upload, by lower-case name. S3 takes none after the file."""
    fields: dict[str, str] = {}
    for found in _FIELD.finditer(body):
        name = found["name"].decode("utf-8", "replace").lower()
        if name == "file" or len(fields) == _MAX_FIELDS:
            break
        fields[name] = found["value"].decode("utf-8", "replace")
    return fields
