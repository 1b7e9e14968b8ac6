"""Refuses calls before LocalStack parses their requests: the handler that LocalStack runs first."""

import logging
from collections.abc import Iterable
from io import BytesIO
from time import time
from typing import Any, NamedTuple

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.handlers import preprocess_request
from rolo import Response
from rolo.gateway import HandlerChain

from localstack_outages.engine.decide import UNSEARCHED, Undecided
from localstack_outages.engine.finished import Envelope
from localstack_outages.engine.injection import Injection
from localstack_outages.hosts.emulator_client import OWN_HEADER
from localstack_outages.hosts.localstack.interceptor import Interceptor
from localstack_outages.schema.effect import AwsError

from .answers import Answers
from .raw_request import RawRequest, read_headers
from .reader import Early, EarlyReader, credential_of
from .usual_chain import Handlers

LOG = logging.getLogger(__name__)

_OWN = OWN_HEADER.lower().encode()

DECIDED = "outages.decided"
"""Where in a request's WSGI environment it stands what was decided before LocalStack had it: an
``EarlyDecision``, or None where that could not be."""


class EarlyDecision(NamedTuple):
    """What is to be done to a call that LocalStack has not parsed yet."""

    injection: Injection
    early: Early


class EarlyHandler:
    """Refuses calls early. At the first failure of its own it switches itself off.

    :param interceptor: carries out what is to be done to each call
    """

    def __init__(self, interceptor: Interceptor) -> None:
        self._interceptor = interceptor
        self._injector = interceptor.injector
        self._reader = EarlyReader(
            self.on_early_request, interceptor.on_request, interceptor.reader.home_region
        )
        self._answers = Answers()
        self.is_on = True
        """Whether calls are decided on early."""

    def add(self) -> None:
        """Become the first handler that LocalStack runs."""
        preprocess_request.handlers.insert(0, self.on_early_request)

    def switch_off(self, error: Exception) -> None:
        """Leave all calls to the long way from now on."""
        self.is_on = False
        self._interceptor.warnings.warn(
            "refuse calls before LocalStack parses them, and no longer tries", error
        )

    def may_refuse(self, authorization: str, *, may_search: bool = True) -> bool:
        """Whether some rule may refuse calls that are signed so, for all that is known.

        :param authorization: the header
        :param may_search: whether many rules may be searched for it
        """
        engine = self._injector.engine
        if not self.is_on or engine.is_idle:
            return False
        place = self._reader.place_of(credential_of(authorization))
        return place is None or engine.reaches(*place, may_search=may_search)

    def decide(
        self, chain: Handlers, request: RawRequest, *, may_search: bool = True
    ) -> EarlyDecision | Undecided | None:
        """Decide on a call before LocalStack parses its request, where that is sure to come to the
        same. To be asked where ``may_refuse`` says so: it takes longer.

        :param may_search: whether many rules may be searched and LocalStack be asked, which takes
            seconds the first time
        :return: None where that is not decided yet; ``UNSEARCHED`` where that would have to be
        """
        if request.header(_OWN):  # the long way knows whether it is a call of FIS
            return None
        at = self._injector.clock()
        early = self._reader.read(chain, request, may_ask=may_search)
        if early is None or isinstance(early, Undecided):
            return early
        envelope = Envelope(
            time(),
            early.signature.access_key,
            request.header(b"user-agent"),
            request.header(b"amz-sdk-invocation-id"),
            request.header(b"amz-sdk-request"),
            trace=request.header(b"traceparent") or request.header(b"x-amzn-trace-id"),
        )
        injection = self._injector.inject_early(
            early.call, envelope, at, request.header_of, may_search=may_search
        )
        if isinstance(injection, Undecided):
            return injection if injection is UNSEARCHED else None
        return EarlyDecision(injection, early)

    def on_early_request(
        self,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
        response: Response,
    ) -> None:
        """Refuse a call before LocalStack parses its request; a request handler of LocalStack.

        :raises CommonServiceException: the error that the call gets, where LocalStack is to write it
        """
        try:
            decided = self._decided(chain, context)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self.switch_off(e)
            return
        if decided is None:
            return
        injection = decided.injection
        error = self._interceptor.carry_out(injection, chain, context, response)
        if error is None:
            self._interceptor.keep(injection, context)
            return
        try:
            self._refuse(decided, error, chain, context, response)
        except CommonServiceException:
            raise
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self.switch_off(e)
            injection.let_pass()
            decided.early.take_back(context)
            self._interceptor.keep(injection, context)

    def _refuse(
        self,
        decided: EarlyDecision,
        error: AwsError,
        chain: HandlerChain[RequestContext],
        context: RequestContext,
        response: Response,
    ) -> None:
        decided.early.fill(context)
        self._interceptor.record(decided.injection, context)
        self._answers.refuse(error, chain, context, response)

    def _decided(
        self, chain: HandlerChain[RequestContext], context: RequestContext
    ) -> EarlyDecision | None:
        environ = context.request.environ
        if DECIDED in environ:
            found: EarlyDecision | None = environ[DECIDED]
            return found
        if context.service is not None or not self.may_refuse(
            environ.get("HTTP_AUTHORIZATION", "")
        ):
            return None
        request = _raw_request(environ)
        decided = None if request is None else self.decide(chain, request)
        return None if isinstance(decided, Undecided) else decided


def _raw_request(environ: dict[str, Any]) -> RawRequest | None:
    """Give a request as it came, from its WSGI environment; None where it is no ``POST`` to ``/``."""
    fields: Iterable[tuple[bytes, bytes]] | None = environ.get("rolo.headers")
    if (
        environ["REQUEST_METHOD"] != "POST"
        or environ.get("RAW_URI", environ["PATH_INFO"]) != "/"
        or environ.get("QUERY_STRING")
        or fields is None
    ):
        return None
    headers = read_headers(fields)
    return None if headers is None else RawRequest(headers, _Peek(environ))


class _Peek:
    """Reads the body of a request, and puts it back."""

    __slots__ = ("_environ",)

    def __init__(self, environ: dict[str, Any]) -> None:
        self._environ = environ

    def __call__(self, most: int) -> bytes:
        length = self._environ.get("CONTENT_LENGTH", "")
        if not length.isdecimal() or int(length) > most:
            return b""
        try:
            body: bytes = self._environ["wsgi.input"].read(int(length))
        except ValueError:  # the client has hung up, and the server closed it
            return b""
        self._environ["wsgi.input"] = BytesIO(body)
        return body
