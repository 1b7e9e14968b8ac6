"""Answers the calls of AWS Fault Injection Service, which the upstream is not asked about."""

import asyncio
import json
import logging
import uuid
from datetime import datetime
from typing import ClassVar, NamedTuple

from aiohttp import web

from localstack_outages.aws.wire.messages import AwsCall
from localstack_outages.aws.wire.writing import write_error
from localstack_outages.control.fis.errors import FisError
from localstack_outages.control.message import ControlRequest, Headers
from localstack_outages.hosts.app import App
from localstack_outages.schema.effect import AwsError
from localstack_outages.schema.errors import ControlError

from .call_reader import CallReader
from .incoming import Incoming

LOG = logging.getLogger(__name__)


class Answered(NamedTuple):
    """An answer of FIS, with what the record of the call needs."""

    response: web.Response
    status: int
    code: str | None
    request_id: str


class FisFront:
    """Hands requests to FIS, and its answers back.

    :param app: the parts of all hosts
    :param reader: reads the parameters of calls
    :param upstream: where experiments find their targets
    """

    SERVICE: ClassVar[str] = "fis"

    def __init__(self, app: App, reader: CallReader, upstream: str) -> None:
        self._app = app
        self._reader = reader
        app.emulator_client.url = upstream

    async def answer(self, found: AwsCall, incoming: Incoming) -> Answered:
        """Answer a call."""
        request_id = str(uuid.uuid4())
        operation = found.operation or ""
        try:
            self._check(incoming)
            parameters = await self._reader.parameters(found, incoming)
            document = await asyncio.to_thread(
                self._app.fis.call, operation, parameters, found.account, found.region
            )
        except Exception as e:  # noqa: BLE001 - it is logged, and the client gets an answer
            error = _error(e)
            written = write_error(error, found, incoming.head, request_id)
            refusal = web.Response(
                status=written.status, headers=written.headers, body=written.body
            )
            return Answered(refusal, error.status, error.code, request_id)
        body = json.dumps(document, default=_seconds).encode()
        headers = {"Content-Type": "application/json", "x-amzn-RequestId": request_id}
        return Answered(web.Response(headers=headers, body=body), 200, None, request_id)

    def _check(self, incoming: Incoming) -> None:
        """Check that somebody may ask: experiments are as powerful as the control API.

        :raises ControlError: where one may not
        """
        method, path, query, headers = incoming.head
        asked = ControlRequest(
            method, path, query, Headers(incoming.request.headers.items()), lambda _: b""
        )
        self._app.guard.check_host(asked)
        self._app.guard.check_origin(asked)
        self._app.guard.check_session(headers.get("x-amz-security-token"))


def _error(exception: Exception) -> AwsError:
    if isinstance(exception, FisError):
        return AwsError(exception.code, exception.status, exception.message)
    if isinstance(exception, ControlError):
        return AwsError("AccessDeniedException", 403, exception.message)
    LOG.error("FIS failed on a request", exc_info=exception)
    return AwsError("InternalServerException", 500, f"{type(exception).__name__}: {exception}")


def _seconds(value: object) -> float:
    """Write a time as FIS does: seconds since 1970."""
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{value!r} cannot be written")
