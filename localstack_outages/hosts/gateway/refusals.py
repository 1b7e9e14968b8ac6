"""What the gateway refuses before any rule is asked. Each cause is logged once: nobody can fill the log
by asking again.
"""

import logging

from aiohttp.http_exceptions import HttpProcessingError

from localstack_outages.hosts.warnings import MAX_CAUSES

LOG = logging.getLogger(__name__)

_MAX_LENGTH = 200


class Refusals:
    """Logs each cause of a refusal once."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def tell(self, what: str) -> None:
        """Log a refusal, unless it was logged before.

        :param what: what was refused and why
        """
        if self._is_new(what):
            LOG.warning("Refused %s; the next such requests are refused without a line here", what)

    def logger(self) -> logging.Logger:
        """Give a log for the server, which tells of requests that are no HTTP."""
        log = logging.Logger("aiohttp.server")  # noqa: LOG001 - this one is for one gateway
        log.parent = LOG
        log.addFilter(self._pass_on)
        return log

    def _pass_on(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError):
            self.tell(f"a request that is no valid HTTP: {_reason(error)}")
            return False
        return self._is_new(f"{type(error).__name__}: {error}")

    def _is_new(self, cause: str) -> bool:
        if cause in self._told or len(self._told) >= MAX_CAUSES:
            return False
        self._told.add(cause)
        return True


def _reason(error: HttpProcessingError) -> str:
    """Give what is wrong, without the bytes that came."""
    text = error.message.strip().partition("\n\n")[0]
    return " ".join(text.split())[:_MAX_LENGTH].rstrip(":")
