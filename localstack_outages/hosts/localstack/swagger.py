"""Puts the control API into LocalStack's own OpenAPI document, which its Swagger page shows
(``/_localstack/swagger``).
"""

import json
import tempfile
from functools import cached_property
from pathlib import Path
from typing import Any

from plux import Plugin

from localstack_outages.control.openapi import openapi
from localstack_outages.schema.product import PREFIX


class OutagesSpec(Plugin):  # type: ignore[misc] # plux is not typed
    """A plugin of LocalStack that gives an OpenAPI document.

    LocalStack merges the documents of all such plugins, names of schemas too, so that ours are
    given names that nobody else has.
    """

    namespace = "localstack.openapi.spec"
    name = "outages"

    def load(self, *_: object, **__: object) -> None:
        """Nothing to do: LocalStack reads ``spec`` of a plugin that is loaded."""

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The document."""
        document = openapi("Outages")
        return {
            **document,
            "servers": [{"url": "/"}],
            "paths": {f"{PREFIX}{path}": item for path, item in document["paths"].items()},
        }

    @cached_property
    def spec_path(self) -> Path:
        """The document as a file, which LocalStack reads where it is told to validate requests
        (``OPENAPI_VALIDATE_REQUEST``).
        """
        folder = Path(tempfile.mkdtemp(prefix="outages-"))
        path = folder / "openapi.json"
        path.write_text(json.dumps(self.spec))
        return path
