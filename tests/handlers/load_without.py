"""Loads the extension into a LocalStack that lacks a name, once for each name: a program for
``test_missing_names.py``. Reads names as JSON (a module and what is imported from it), writes one line
of JSON for each: the status of a call in an outage, and the warnings in the log.
"""

import importlib
import json
import logging
import os
import sys
import traceback
import types
from io import BytesIO

from localstack.aws import handlers
from localstack.aws.app import LocalstackAwsGateway
from localstack.extensions.api import aws, extension, http  # noqa: F401 - LocalStack has them then
from localstack.services.edge import ROUTER
from localstack.services.internal import get_internal_apis
from rolo import Request, Response
from rolo.serving import twisted  # noqa: F401 - as in a LocalStack that runs
from twisted.internet import reactor  # noqa: F401 - the same

FIELDS = {
    "Host": "localhost:4566",
    "Content-Type": "application/x-amz-json-1.1",
    "X-Amz-Target": "TrentService.ListKeys",
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0",
    "Content-Length": "2",
}


class Kept(logging.Handler):
    """Keeps the warnings of the extension."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        if record.name.startswith("localstack_outages") and record.levelno == logging.WARNING:
            self.lines.append(record.getMessage())


def take_away(module, name):
    """Make a module lack a name, for those that import it from now on."""
    found = importlib.import_module(module)
    if f"{module}.{name}" in sys.modules:
        sys.modules[f"{module}.{name}"] = None
    try:
        delattr(found, name)
    except AttributeError:  # Twisted puts a proxy in the place of some modules
        rest = {key: getattr(found, key) for key in dir(found) if key != name}
        sys.modules[module] = types.ModuleType(module)
        sys.modules[module].__dict__.update(rest)


def call(gateway, target=FIELDS["X-Amz-Target"]):
    """Give the status of a call."""
    fields = {**FIELDS, "X-Amz-Target": target}
    request = Request("POST", "/", headers=fields, body=BytesIO(b"{}"))
    request.environ["rolo.headers"] = [(n.encode(), v.encode()) for n, v in fields.items()]
    response = Response()
    gateway.process(request, response)
    return response.status_code


def run(gateway, names):
    """Load the extension, without some names, and make calls in an outage."""
    kept = Kept()
    logging.getLogger().addHandler(kept)
    result = {}
    try:
        for module, name in names:
            take_away(module, name)
        from localstack_outages.hosts.localstack import plux_hooks

        plux_hooks.on_start()
        plux_hooks.on_ready()
        from localstack_outages.schema.reading import parse_rules

        plux_hooks._extension().app.store.replace(parse_rules([{"service": "kms"}]))
        result["statuses"] = [call(gateway), call(gateway)]
        plux_hooks.on_shutdown()
    except Exception:  # noqa: BLE001 - whatever it is, the test shows it
        result["error"] = traceback.format_exc()
    return {**result, "warnings": kept.lines}


def main():
    """Take away each name in a process of its own."""
    gateway = LocalstackAwsGateway()
    handlers.serve_custom_service_request_handlers, ROUTER, get_internal_apis()
    # What LocalStack reads once for the first call is read here, and not in each process.
    call(gateway, "TrentService.NoSuchOperation")
    for names in json.loads(sys.stdin.read()):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            sys.stdout.write(json.dumps([names, run(gateway, names)]) + "\n")
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


main()
