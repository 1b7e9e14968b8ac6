"""Whether LocalStack's chain of handlers is one in which a call can be refused early."""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from localstack import config
from localstack.aws import handlers

from localstack_outages.hosts.localstack.data_plane import DataPlane

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
        "Interceptor.on_response",
    )
)

_PACKAGES = ("localstack.", "localstack_outages.")

_TRACED = logging.getLogger("localstack.request.aws")
"""At DEBUG it writes the parameters of each call."""


class Handlers(Protocol):
    """What handles requests: LocalStack's gateway, and the chain that it makes for each."""

    request_handlers: list[Any]
    response_handlers: list[Any]
    exception_handlers: list[Any]


class UsualChain:
    """Knows the handlers of LocalStack's chain.

    :param on_early_request: must be the first handler that LocalStack runs for an AWS request
    :param on_request: must be the first that it runs for a request that it has parsed
    """

    def __init__(
        self, on_early_request: Callable[..., None], on_request: Callable[..., None]
    ) -> None:
        self._on_early_request = on_early_request
        self._on_request = on_request
        self._known_handlers: tuple[list[Any], ...] = ()
        self._is_usual = False

    def is_usual(self, chain: Handlers) -> bool:
        """Whether we know all handlers that a refused call passes, and all that it does not reach."""
        if _TRACED.isEnabledFor(logging.DEBUG):
            return False
        seen: tuple[list[Any], ...] = (
            chain.request_handlers,
            chain.response_handlers,
            chain.exception_handlers,
            handlers.preprocess_request.handlers,
            handlers.serve_custom_service_request_handlers.handlers,
            handlers.serve_custom_exception_handlers.handlers,
            handlers.run_custom_response_handlers.handlers,
            handlers.run_custom_finalizers.handlers,
        )
        # Compares identities first, one handler after the other.
        if seen != self._known_handlers:
            self._is_usual = self._is_usual_now(chain)
            self._known_handlers = tuple(map(list, seen))
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
    if isinstance(getattr(handler, "__self__", None), DataPlane):
        return True
    name = getattr(handler, "__qualname__", type(handler).__qualname__)
    return name in _KNOWN_BY_NAME and handler.__module__.startswith(_PACKAGES)
