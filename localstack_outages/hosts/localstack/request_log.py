"""What LocalStack's log of requests leaves out: reads of the control API.

A console, a test run and a command that watches read several times a second, and would push the
lines of AWS calls off the screen.
"""

import logging

from localstack_outages.schema.product import VERSION_HEADER

_LOGGER = logging.getLogger("localstack.request.http")
"""By it LocalStack logs each request that is not a call of AWS, at INFO."""


def hide_reads() -> None:
    """Keep GETs of the control API out of the log, unless LocalStack logs at DEBUG."""
    _LOGGER.addFilter(_is_shown)


def _is_shown(record: logging.LogRecord) -> bool:
    # LocalStack hands these over beside the message. Where a release does not, all is shown.
    headers = getattr(record, "response_headers", {})
    method = record.args[0] if isinstance(record.args, tuple) and record.args else None
    is_read = method == "GET" and VERSION_HEADER in headers
    return not is_read or _LOGGER.isEnabledFor(logging.DEBUG)
