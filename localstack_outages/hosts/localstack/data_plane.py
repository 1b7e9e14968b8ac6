"""Makes calls of the requests that LocalStack serves beside the AWS API: invoke URLs of API Gateway, Lambda
function URLs, S3 websites. Its router answers them before it looks for an AWS call.
"""

import logging
import sys
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from localstack_outages.aws.data_plane import Resource, find_resource, refusal
from localstack_outages.aws.names import DATA_PLANE
from localstack_outages.aws.signature import read_signature
from localstack_outages.engine.call import Call
from localstack_outages.engine.injection import Injection
from localstack_outages.hosts.warnings import Warnings
from localstack_outages.schema.effect import AwsError

from .call_reader import envelope_of, header_of
from .error_writer import exception_of
from .interceptor import Interceptor

if TYPE_CHECKING:  # the host works without the names of LocalStack's that only type checkers need
    from localstack.aws.api import RequestContext
    from rolo import Response
    from rolo.gateway import HandlerChain

LOG = logging.getLogger(__name__)

DEFAULT_REGION = "us-east-1"
DEFAULT_ACCOUNT = "000000000000"


class Home(NamedTuple):
    """Where a resource is."""

    account: str
    region: str
    is_rest: bool = False
    """Whether it is a REST API of API Gateway."""


class DataPlane:
    """Intercepts requests to the data plane.

    :param interceptor: carries out what is to be done to each call
    """

    def __init__(self, interceptor: Interceptor) -> None:
        self._interceptor = interceptor
        self._warnings = Warnings(LOG)

    def on_request(
        self,
        chain: "HandlerChain[RequestContext]",
        context: "RequestContext",
        response: "Response",
    ) -> None:
        """Handle a request before LocalStack's router has it; a request handler of LocalStack."""
        environ = context.request.environ
        try:
            resource = find_resource(
                environ.get("HTTP_HOST") or "",
                environ.get("PATH_INFO") or "",
                environ.get("HTTP_X_APIGW_API_ID") or "",
            )
            if resource is None:
                return
            home = self._home(resource)
            injection = self._inject(resource, home, context)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warnings.warn("judge a call of the data plane, which passes", e)
            return
        overwrite = partial(self._overwrite, resource, home)
        self._interceptor.record(injection, context, overwrite)
        error = self._interceptor.carry_out(injection, chain, context, response)
        if error is None:
            return
        try:
            self._refuse(error, resource, home, context, response)
        except Exception as e:  # noqa: BLE001 - whatever it is, the request must go on
            self._warnings.warn("refuse a call of the data plane, which passes", e)
            injection.let_pass()
            return
        chain.stop()

    def _overwrite(
        self,
        resource: Resource,
        home: Home,
        error: AwsError,
        context: "RequestContext",
        response: "Response",
    ) -> None:
        """Put an error in the place of an answer that is there already."""
        close = getattr(response.response, "close", None)
        if close is not None:
            close()
        response.headers.clear()
        self._refuse(error, resource, home, context, response)

    def _refuse(
        self,
        error: AwsError,
        resource: Resource,
        home: Home,
        context: "RequestContext",
        response: "Response",
    ) -> None:
        request_id = context.request_id or ""
        answer = refusal(error, resource.service, home.region, request_id, is_rest=home.is_rest)
        context.service_exception = exception_of(error, resource.service)  # the record has its code
        response.status_code = answer.status
        response.headers.update(answer.headers)
        response.data = answer.body

    def _inject(self, resource: Resource, home: Home, context: "RequestContext") -> Injection:
        injector = self._interceptor.injector
        at = injector.clock()
        call = Call(
            service=resource.service,
            region=home.region,
            operation=DATA_PLANE[resource.service],
            account=home.account,
            parameters={},
            internal=context.is_internal_call,
        )
        environ = context.request.environ
        headers = {"Authorization": environ.get("HTTP_AUTHORIZATION", "")}
        signature = read_signature(headers, environ.get("QUERY_STRING", ""), {})
        envelope = envelope_of(environ, signature.access_key)
        return injector.inject(call, envelope, at, partial(header_of, environ))

    def _home(self, resource: Resource) -> Home:
        with self._warnings.optional(
            "tell where a resource of the data plane is; it counts in the region of its URL"
        ):
            found = _FIND[resource.service](resource)
            if found is not None:
                return found
        return Home(DEFAULT_ACCOUNT, resource.region or DEFAULT_REGION)


# LocalStack loads a service when it needs it. Before that it has no resources.


def _of_api(resource: Resource) -> Home | None:
    models: Any = sys.modules.get("localstack.services.apigateway.models")
    if models is None:
        return None
    for store in _stores(models.apigateway_stores):  # the deployments are those of all accounts
        for deployment in list(store.internal_deployments.get(resource.name, {}).values()):
            return Home(deployment.account_id, deployment.region, is_rest=True)
        return None
    return None


def _of_function(resource: Resource) -> Home | None:
    models: Any = sys.modules.get("localstack.services.lambda_.invocation.models")
    if models is None or resource.region is None:
        return None
    for account, regions in list(models.lambda_stores.items()):
        store = regions.get(resource.region)
        functions = [] if store is None else list(store.functions.values())
        for function in functions:
            for config in list(function.function_url_configs.values()):
                if config.url_id.lower() == resource.name:
                    return Home(account, resource.region)
    return None


def _of_bucket(resource: Resource) -> Home | None:
    models: Any = sys.modules.get("localstack.services.s3.models")
    if models is None:
        return None
    for store in _stores(models.s3_stores):
        bucket = store.buckets.get(resource.name)
        if bucket is not None:
            return Home(bucket.bucket_account_id, bucket.bucket_region)
    return None


def _stores(bundle: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    """Give a store of each account; what is asked here is the same in all its regions."""
    return [store for regions in list(bundle.values()) for store in list(regions.values())[:1]]


_FIND = {"apigateway": _of_api, "lambda": _of_function, "s3": _of_bucket}
