"""Tells which call a request makes before LocalStack parses it, where a few headers say it all.

LocalStack itself is asked, once for each set of headers, and what it makes of them is remembered.
Whatever is uncertain is left to the long way: see "The short way" in ``docs/how-it-works.md``.
"""

import operator
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from localstack.aws import handlers
from localstack.aws.api import RequestContext
from localstack.aws.protocol.service_router import determine_aws_service_model_for_data_plane
from localstack.aws.spec import get_service_catalog
from localstack.http import Request, Response
from localstack.services.edge import ROUTER
from localstack.services.internal import get_internal_apis
from rolo.gateway import HandlerChain
from werkzeug.exceptions import HTTPException, NotFound

from localstack_outages.aws.data_plane import find_resource
from localstack_outages.aws.home_regions import HomeRegion, as_signed, depends_on_host
from localstack_outages.aws.signature import Signature, read_signature
from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import UNSEARCHED, Undecided

from .raw_request import RawRequest
from .usual_chain import Handlers, UsualChain

MAX_REMEMBERED = 10_000
"""Headers come from clients, so the number of those that are remembered must be bounded."""

MAX_FORM_BYTES = 65_536
"""Longer forms are not searched for the operation."""

MAX_KEY_LENGTH = 1_024
"""Requests with more than that in the headers that count go the long way, and are not remembered."""

_SCHEME = "AWS4-HMAC-SHA256 Credential="
_SCOPE = re.compile(
    r"[^/,\s\"=]+/\d{8}/(?P<region>[a-z0-9-]+)/(?P<name>[^/,\s\"=]+)/aws4_request", re.ASCII
)
_BEHIND_SCOPE = re.compile(r"(?:\s*(?:SignedHeaders|Signature)=[\w;.:/+=-]*(?:,|$)){0,2}", re.ASCII)
_FORM = "application/x-www-form-urlencoded"
_ACTION = re.compile(rb"(?:^|&)Action(?:=([A-Za-z0-9]+))?(?![^&])")
_VERSION = re.compile(rb"(?:^|&)Version(?:=([0-9-]+))?(?![^&])")
_NAMED = re.compile(rb"(?:^|&)(?:Action|Version)(?![^=&])")
_ENCODED_NAME = re.compile(rb"(?:^|&)[^=&]*[^\w.=&-]", re.ASCII)
"""A name that is percent-encoded, or has anything else in it that LocalStack may read as another."""


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

    def take_back(self, context: RequestContext) -> None:
        """Take it out of the context again, for LocalStack to find it out itself."""
        for name in self.fields:
            setattr(context, name, None)


Key = tuple[str, str, str, str, bytes, bytes]

Place = tuple[str, str]
"""A service and a region."""


class EarlyReader:
    """Reads requests before LocalStack does.

    :param on_early_request: must be the first handler that LocalStack runs for an AWS request
    :param on_request: must be the first that it runs for a request that it has parsed
    :param home_region: gives the region in which a call counts
    """

    def __init__(
        self,
        on_early_request: Callable[..., None],
        on_request: Callable[..., None],
        home_region: HomeRegion = as_signed,
    ) -> None:
        self._chain = UsualChain(on_early_request, on_request)
        self._home_region = home_region
        self._routes: tuple[object, object] | None = None
        self._remembered: dict[Key, Early | None] = {}
        self._places: dict[str, Place | None] = {}
        self._internal_apis = get_internal_apis()

    def read(
        self, chain: Handlers, request: RawRequest, *, may_ask: bool = True
    ) -> Early | Undecided | None:
        """Tell which call a request makes.

        :param request: a ``POST`` to ``/``
        :param may_ask: whether LocalStack may be asked, which takes seconds the first time
        :return: None where that cannot be told; ``UNSEARCHED`` where LocalStack would have to be asked
        """
        key = _key(request)
        if key is None or not self._chain.is_usual(chain):
            return None
        # A router that gets or loses a route has another map.
        routes = (ROUTER.url_map, self._internal_apis.url_map)
        if self._routes is None or any(map(operator.is_not, routes, self._routes)):
            self._routes, self._remembered, self._places = routes, {}, {}
        remembered = self._remembered
        if key in remembered:
            return remembered[key]
        if not may_ask:
            return UNSEARCHED
        if len(remembered) >= MAX_REMEMBERED:
            remembered.clear()
            self._places.clear()
        credential = key[0]
        self._places[credential] = self._place(credential)
        early = remembered[key] = _ask_localstack(key, self._internal_apis, self._home_region)
        return early

    def place_of(self, credential: str) -> Place | None:
        """Give the service and the region of all calls that are signed with a credential.

        :param credential: of the header ``Authorization``: see ``credential_of``
        :return: None where that is not known, or where they are of more than one service or region
        """
        return self._places.get(credential)

    def _place(self, credential: str) -> Place | None:
        """Tell what is signed with a credential, where LocalStack too asks nothing else.

        The first thing that it looks at is the name that is signed for, which is that of one service
        most times (``determine_aws_service_model`` in ``localstack/aws/protocol/service_router.py``).
        """
        scope = _SCOPE.fullmatch(credential)
        if scope is None:
            return None
        services = {s.name for s in get_service_catalog().by_signing_name(scope["name"])}
        service = services.pop() if len(services) == 1 else None
        if service is None:
            return None
        if self._home_region is not as_signed and depends_on_host(service):
            return None
        return service, self._home_region(service, scope["region"], "")


def credential_of(authorization: str) -> str:
    """Give the credential of a Signature Version 4: access key, date, region, name of the service.

    :param authorization: the header; where it is something else, nothing is given
    """
    scheme, credential, _ = _split(authorization)
    return credential if scheme == _SCHEME else ""


def _split(authorization: str) -> tuple[str, str, str]:
    """Split the header ``Authorization`` into scheme, credential and what is behind it."""
    start, _, rest = authorization.partition(",")
    return start[: len(_SCHEME)], start[len(_SCHEME) :], rest


def _key(request: RawRequest) -> Key | None:
    """Give all that says which call a request makes; None where something else may have a say."""
    headers = request.headers
    scheme, credential, rest = _split(request.header(b"authorization"))
    if scheme != _SCHEME or not _BEHIND_SCOPE.fullmatch(rest):
        return None
    host, content_type = request.header(b"host"), request.header(b"content-type")
    target = request.header(b"x-amz-target")
    action = version = b""
    if not target:
        if not content_type.startswith(_FORM) or b"content-type" not in headers:
            return None
        form = request.read(MAX_FORM_BYTES)
        actions, versions = _ACTION.findall(form), _VERSION.findall(form)
        if (
            len(actions) != 1
            or len(versions) != 1
            or len(_NAMED.findall(form)) != 2
            or _ENCODED_NAME.search(form)
            or not form.isascii()  # LocalStack may read nothing at all of such a form
        ):
            return None
        action, version = actions[0], versions[0]
    key = (credential, host, content_type, target, action, version)
    return key if sum(map(len, key)) <= MAX_KEY_LENGTH else None


def _ask_localstack(key: Key, internal_apis: Any, home_region: HomeRegion) -> Early | None:
    """Let LocalStack read a request that has nothing but what the key says."""
    credential, host, content_type, target, action, version = key
    if _SCOPE.fullmatch(credential) is None:
        return None
    headers = {
        "Host": host,
        "Content-Type": content_type,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0",
    }
    body = b"\xa0" if "cbor" in content_type else b"{}"  # an empty object
    if target:
        headers["X-Amz-Target"] = target
    else:
        body = b"Action=%b&Version=%b" % (action, version)
    try:
        context = RequestContext(Request("POST", "/", headers=headers, body=body))
        if "s3" in host or _is_served(context.request, ROUTER, internal_apis):
            return None
        return _read(context, home_region)
    except Exception:  # noqa: BLE001 - whatever it is, LocalStack will tell the client
        return None


def _is_served(request: Request, *routers: Any) -> bool:
    """Whether a request is for something else than AWS."""
    if determine_aws_service_model_for_data_plane(request) is not None:
        return True
    if find_resource(request.host, request.path, "") is not None:
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


def _read(context: RequestContext, home_region: HomeRegion) -> Early | None:
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
    service = context.service.service_name
    call = Call(
        service=service,
        region=home_region(service, signature.region or context.region, context.request.host),
        operation=context.operation.name,
        account=context.account_id,
        parameters={},
    )
    names = ("service", "protocol", "operation", "region", "partition", "account_id")
    # LocalStack 4.8.1 has no protocol there.
    fields = {name: getattr(context, name) for name in names if hasattr(context, name)}
    return Early(call, signature, fields)
