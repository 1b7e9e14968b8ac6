"""What is read of botocore's models: the head of each, and for one service its operations."""

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from localstack_outages.aws.names import loader

_METADATA = re.compile(r'"metadata"\s*:\s*')
_STEP = 8192
_MOST = 1 << 20


def heads() -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the metadata of each service.

    They stand at the beginning of a model. The rest is not even unpacked: it is 400 MB in all.
    """
    source = loader()
    for service in source.list_available_services("service-2"):
        version = source.determine_latest_version(service, "service-2")
        yield service, _head(source, service, version)


def _head(source: Any, service: str, version: str) -> dict[str, Any]:
    for folder in source.search_paths:
        path = Path(folder, service, version, "service-2.json")
        with suppress(OSError), gzip.open(f"{path}.gz", "rb") as packed:
            if (metadata := _metadata(packed)) is not None:
                return metadata
        with suppress(OSError), path.open("rb") as plain:
            if (metadata := _metadata(plain)) is not None:
                return metadata
    # Laid out as no model is that botocore ships.
    model: dict[str, Any] = source.load_service_model(service, "service-2", version)
    return dict(model["metadata"])


def _metadata(stream: IO[bytes] | gzip.GzipFile) -> dict[str, Any] | None:
    text = b""
    while len(text) < _MOST:
        more = stream.read(_STEP)
        if not more:
            return None
        text += more
        found = _METADATA.search(decoded := text.decode("utf-8", "ignore"))
        if found is None:
            continue
        with suppress(ValueError):  # more of it has to be read
            metadata: dict[str, Any] = json.JSONDecoder().raw_decode(decoded, found.end())[0]
            return metadata
    return None


def model(service: str) -> dict[str, Any]:
    """Read the whole model of a service. Do not keep it: EC2's alone takes 13 MB."""
    found: dict[str, Any] = loader().load_service_model(service, "service-2")
    return found
