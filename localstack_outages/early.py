"""Tells which call a request makes before LocalStack parses it, where a few headers say it all.

LocalStack itself is asked, once for each set of headers, and what it makes of them is remembered.
Whatever is uncertain is left to the long way: see "The short way" in ``docs/how-it-works.md``.
"""

import logging
import operator
import re
from collections.abc import Callable
from enum import Enum
from io import BytesIO
from typing import Any, NamedTuple, Protocol

from localstack import config
from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.connect import INTERNAL_REQUEST_PARAMS_HEADER
from localstack.aws.protocol.service_router import determine_aws_service_model_for_data_plane
from localstack.aws.spec import get_service_catalog
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.internal import get_internal_apis
from rolo.gateway import HandlerChain
from werkzeug.exceptions import HTTPException, NotFound

from .matching import Call
from .signature import Signature, read_signature

MAX_REMEMBERED = 10_000
"""Headers come from clients, so the number of those that are remembered must be bounded."""

MAX_FORM_BYTES = 65_536
"""Longer forms are not searched for the operation."""

_SCHEME = "AWS4-HMAC-SHA256 Credential="
_SCOPE = re.compile(r"[^/,\s]+/\d{8}/(?P<region>[a-z0-9-]+)/(?P<name>[^/,\s]+)/aws4_request")
_FORM = "application/x-www-form-urlencoded"
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z0-9]+)(?=&|$)")
_VERSION = re.compile(rb"(?:^|&)Version=([0-9-]+)(?=&|$)")

_UNUSUAL = (
    f"HTTP_{INTERNAL_REQUEST_PARAMS_HEADER.upper().replace('-', '_')}",  # a service's own
    "HTTP_ORIGIN",  # a browser's: subject to CORS
    "HTTP_REFERER",
    "HTTP_CONTENT_ENCODING",  # the form would have to be unpacked
    "HTTP_SMITHY_PROTOCOL",  # names the operation in its path
)

# Handlers that have nothing to do with a call that is refused early, or do the same as ever.
_KNOWN = (
    handlers.add_internal_request_params,
    handlers.handle_runtime_shutdown,
    handlers.enforce_cors,
    handlers.content_decoder,
    handlers.validate_request_schema,
    handlers.serve_localstack_resources,
    handlers.serve_edge_router_rules,
    handlers.parse_service_name,
    handlers.parse_pre_signed_url_request,
    handlers.inject_auth_header_if_missing,
    handlers.add_region_from_header,
    handlers.rewrite_region,
    handlers.add_account_id,
    handlers.parse_trace_context,
    handlers.parse_service_request,
    handlers.log_exception,
    handlers.serve_custom_exception_handlers,
    handlers.handle_service_exception,
    handlers.handle_internal_failure,
    handlers.validate_response_schema,
    handlers.modify_service_response,
    handlers.parse_service_response,
    handlers.run_custom_response_handlers,
    handlers.add_cors_response_headers,
    handlers.log_response,
    handlers.count_service_request,
)
_KNOWN_BY_NAME = frozenset(
    (
        "ServiceLoaderForDataPlane",
        "MetricHandler.create_metric_handler_item",
        "S3CorsHandler",
        "WebAppExtension._preprocess_request",
        "MetricHandler.record_parsed_request",
        "MetricHandler.update_metric_collection",
        "ResponseMetadataEnricher",
    )
)

_TRACED = logging.getLogger("localstack.request.aws")
"""At DEBUG it writes the parameters of each call."""


class Unread(Enum):
    """What can be said of a request with headers that LocalStack was not asked about yet."""

    UNREAD = "unread"


UNREAD = Unread.UNREAD


class Early(NamedTuple):
    """What LocalStack will make of a request."""

    call: Call
    """Without parameters."""
    signature: Signature
    fields: dict[str, Any]
    """What it writes into the context of the request before its service is asked."""

    def fill(self, context: RequestContext) -> None:
        """Write into the context of a request what LocalStack would have."""
        for name, value in self.fields.items():
            setattr(context, name, value)
        if "HTTP_X_AMZ_REQUEST_ID" in context.request.environ:  # the client gives the request's id
            handlers.parse_trace_context(HandlerChain(), context, Response())


Key = tuple[str, str, str, str, bytes, bytes]

Place = tuple[str, str]
"""A service and a region."""


class Handlers(Protocol):
    """What handles requests: LocalStack's gateway, and the chain that it makes for each."""

    request_handlers: list[Any]
    response_handlers: list[Any]
    exception_handlers: list[Any]


class EarlyReader:
    """Reads requests before LocalStack does.

    :param on_early_request: must be the first handler that LocalStack runs for an AWS request
    :param on_request: must be the first that it runs for a request that it has parsed
    """

    def __init__(
        self, on_early_request: Callable[..., None], on_request: Callable[..., None]
    ) -> None:
        self._on_early_request = on_early_request
        self._on_request = on_request
        self._routes: tuple[object, object] | None = None
        self._remembered: dict[Key, Early | None] = {}
        self._places: dict[str, Place | None] = {}
        self._seen_handlers: tuple[object, ...] = ()
        self._is_usual = False
        self._internal_apis = get_internal_apis()

    def read(
        self, chain: Handlers, environ: dict[str, Any], *, may_ask: bool = True
    ) -> Early | Unread | None:
        """Tell which call a request makes.

        The body of the request can be read as before.

        :param environ: of WSGI
        :param may_ask: whether LocalStack may be asked, which takes seconds the first time
        :return: None where that cannot be told; ``UNREAD`` where LocalStack would have to be asked
        """
        key = _key(environ)
        if key is None or not self._is_usual_chain(chain) or _TRACED.isEnabledFor(logging.DEBUG):
            return None
        # A router that gets or loses a route has another map.
        routes = (ROUTER.url_map, self._internal_apis.url_map)
        if self._routes is None or any(map(operator.is_not, routes, self._routes)):
            self._routes, self._remembered = routes, {}
        remembered = self._remembered
        if key in remembered:
            return remembered[key]
        if not may_ask:
            return UNREAD
        if len(remembered) >= MAX_REMEMBERED:
            remembered.clear()
            self._places.clear()
        credential = key[0]
        self._places[credential] = _place(credential)
        early = remembered[key] = _ask_localstack(key, self._internal_apis)
        return early

    def place_of(self, credential: str) -> Place | None:
        """Give the service and the region of all calls that are signed with a credential.

        :param credential: of the header ``Authorization``: see ``credential_of``
        :return: None where that is not known, or where they are of more than one service
        """
        return self._places.get(credential)

    def _is_usual_chain(self, chain: Handlers) -> bool:
        """Whether all handlers are known that a call passes which is refused early, and all that it
        does not come to.
        """
        seen = (
            chain.request_handlers,
            len(chain.request_handlers),
            len(chain.response_handlers),
            len(chain.exception_handlers),
            len(handlers.preprocess_request.handlers),
            len(handlers.serve_custom_service_request_handlers.handlers),
            len(handlers.serve_custom_exception_handlers.handlers),
            len(handlers.run_custom_response_handlers.handlers),
            len(handlers.run_custom_finalizers.handlers),
        )
        known = self._seen_handlers
        if not known or known[0] is not seen[0] or known[1:] != seen[1:]:
            self._is_usual = self._is_usual_now(chain)
            self._seen_handlers = seen
        return self._is_usual

    def _is_usual_now(self, chain: Handlers) -> bool:
        if config.is_collect_metrics_mode():  # wants to know the parameters
            return False
        early, late = (
            handlers.preprocess_request,
            handlers.serve_custom_service_request_handlers,
        )
        requests = chain.request_handlers
        if early not in requests or late not in requests:
            return False
        if early.handlers[0] != self._on_early_request or late.handlers[0] != self._on_request:
            return False
        passed = (
            *(h for h in requests[: requests.index(late)] if h is not early),
            *early.handlers[1:],
            *chain.exception_handlers,
            *handlers.serve_custom_exception_handlers.handlers,
            *chain.response_handlers,
            *handlers.run_custom_response_handlers.handlers,
        )
        return (
            all(handler in _KNOWN or _is_known_by_name(handler) for handler in passed)
            and len(handlers.run_custom_finalizers.handlers) == 1
        )


def _is_known_by_name(handler: Any) -> bool:
    name = getattr(handler, "__qualname__", type(handler).__qualname__)
    return name in _KNOWN_BY_NAME and handler.__module__.startswith("localstack.")


def credential_of(authorization: str) -> str:
    """Give the credential of a Signature Version 4: access key, date, region, name of the service.

    :param authorization: the header; where it is something else, nothing is given
    """
    return (
        authorization[len(_SCHEME) :].partition(",")[0] if authorization.startswith(_SCHEME) else ""
    )


def _place(credential: str) -> Place | None:
    """Tell what is signed with a credential, where LocalStack too asks nothing else.

    The first thing that it looks at is the name that is signed for, which is that of one service
    most times (``determine_aws_service_model`` in ``localstack/aws/protocol/service_router.py``).
    """
    scope = _SCOPE.fullmatch(credential)
    if scope is None:
        return None
    services = {service.name for service in get_service_catalog().by_signing_name(scope["name"])}
    return (services.pop(), scope["region"]) if len(services) == 1 else None


def _key(environ: dict[str, Any]) -> Key | None:
    """Give all that says which call a request makes; None where something else may have a say."""
    if (
        environ["REQUEST_METHOD"] != "POST"
        or environ["PATH_INFO"] != "/"
        or environ.get("QUERY_STRING")
        or any(name in environ for name in _UNUSUAL)
    ):
        return None
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    credential = credential_of(authorization)
    if not credential or authorization.count("Credential=") > 1:
        return None
    host, content_type = environ.get("HTTP_HOST", ""), environ.get("CONTENT_TYPE", "")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        return credential, host, content_type, target, b"", b""
    if not content_type.startswith(_FORM):
        return None
    form = _peek(environ)
    actions, versions = _ACTION.findall(form), _VERSION.findall(form)
    if len(actions) != 1 or len(versions) != 1:
        return None
    return credential, host, content_type, "", actions[0], versions[0]


def _peek(environ: dict[str, Any]) -> bytes:
    """Read the body of a request, and put it back; nothing where it is long or has no length."""
    length = environ.get("CONTENT_LENGTH", "")
    if not length.isdecimal() or int(length) > MAX_FORM_BYTES:
        return b""
    try:
        body: bytes = environ["wsgi.input"].read(int(length))
    except ValueError:  # the client has hung up, and the server closed it
        return b""
    environ["wsgi.input"] = BytesIO(body)
    return body


def _ask_localstack(key: Key, internal_apis: Any) -> Early | None:
    """Let LocalStack read a request that has nothing but what the key says."""
    credential, host, content_type, target, action, version = key
    headers = {
        "Host": host,
        "Content-Type": content_type,
        "Authorization": f"{_SCHEME}{credential}, SignedHeaders=host, Signature=0",
    }
    body = b"\xa0" if "cbor" in content_type else b"{}"  # an empty object
    if target:
        headers["X-Amz-Target"] = target
    else:
        body = b"Action=%b&Version=%b" % (action, version)
    context = RequestContext(Request("POST", "/", headers=headers, body=body))
    if "s3" in host or _is_served(context.request, ROUTER, internal_apis):
        return None
    try:
        return _read(context)
    except Exception:  # noqa: BLE001 - whatever it is, LocalStack will tell the client
        return None


def _is_served(request: Request, *routers: Any) -> bool:
    """Whether a request is for something else than AWS."""
    if determine_aws_service_model_for_data_plane(request) is not None:
        return True
    for router in routers:
        try:
            router.url_map.bind(server_name=request.host).match("/", method="POST")
        except NotFound:
            continue
        except HTTPException:
            pass
        return True
    return False


def _read(context: RequestContext) -> Early | None:
    chain: HandlerChain[RequestContext] = HandlerChain()
    response = Response()
    handlers.parse_service_name(chain, context, response)
    if context.service is None:
        return None
    handlers.add_region_from_header(chain, context, response)
    # It would be changed, in the request as well, and logged.
    strategy = handlers.rewrite_region.region_rewriter_strategy
    if context.region not in getattr(strategy, "available_regions", ()):
        return None
    handlers.add_account_id(chain, context, response)
    handlers.parse_service_request(chain, context, response)
    if context.operation is None:
        return None
    authorization = context.request.headers["Authorization"]
    signature = read_signature({"Authorization": authorization}, "", {})
    call = Call(
        service=context.service.service_name,
        region=signature.region or context.region,
        operation=context.operation.name,
        account=context.account_id,
        parameters={},
    )
    names = ("service", "protocol", "operation", "region", "partition", "account_id")
    # LocalStack 4.8.1 has no protocol there.
    fields = {name: getattr(context, name) for name in names if hasattr(context, name)}
    return Early(call, signature, fields)
