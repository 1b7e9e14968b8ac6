"""Loads the extension into the open-source LocalStack, which has the extension API but nothing that
loads extensions. Under Pro, which loads it by itself, the extension ignores one of the two.
"""

import logging
from functools import cache

from localstack.aws import handlers
from localstack.runtime import hooks
from localstack.services.edge import ROUTER

from localstack_outages.hosts.warnings import Warnings

from .extension import OutagesExtension

_WARNINGS = Warnings(logging.getLogger(__name__))


@cache
def _extension() -> OutagesExtension:
    return OutagesExtension()


@hooks.on_infra_start()  # type: ignore[untyped-decorator] # plux is not typed
def on_start() -> None:
    """Hang the extension in where Pro does, in the order that LocalStack documents."""
    extension = _extension()
    extension.on_platform_start()
    extension.update_gateway_routes(ROUTER)
    extension.update_request_handlers(handlers.serve_custom_service_request_handlers)
    with _WARNINGS.optional("do anything to calls once they were carried out"):
        extension.update_response_handlers(handlers.run_custom_response_handlers)
    extension.update_finalizers(handlers.run_custom_finalizers)


# After the user's own init scripts (priority 0): an outage given at start must not break them.
@hooks.on_infra_ready(priority=-100)  # type: ignore[untyped-decorator] # plux is not typed
def on_ready() -> None:
    """Tell the extension that LocalStack is ready."""
    _extension().on_platform_ready()


@hooks.on_infra_shutdown()  # type: ignore[untyped-decorator] # plux is not typed
def on_shutdown() -> None:
    """Tell the extension that LocalStack shuts down."""
    _extension().on_platform_shutdown()
