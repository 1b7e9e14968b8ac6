"""Where AWS serves a call, by botocore's own rules and data."""

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError
from botocore.regions import EndpointResolver

from localstack_outages.aws.names import loader

from .catalog import catalog
from .models import model

ENV_ENDPOINT = "AWS_ENDPOINT_URL"
"""The SDKs' own setting: another endpoint for all services. With ``_`` and the id of a service, such
as ``AWS_ENDPOINT_URL_S3``, it is for that service alone."""


class Endpoint(NamedTuple):
    """Where a service is served in a region."""

    url: str
    signing_region: str
    signing_name: str | None
    """None where it is the one of the service's model."""
    is_own: bool
    """Whether the user's settings name it, and not AWS."""


def endpoint_of(service: str, region: str) -> Endpoint:
    """Give the endpoint of a service in a region."""
    own = _own_endpoint(service, os.environ)
    found = _endpoint(service, region)
    return found if own is None else found._replace(url=own, is_own=True)


def own_endpoints(environ: Mapping[str, str]) -> dict[str, str]:
    """Give the endpoints that settings name, by setting."""
    return {name: url for name, url in environ.items() if name.startswith(ENV_ENDPOINT) and url}


@lru_cache(maxsize=64)
def host_prefixes(service: str) -> Mapping[str, str]:
    """Give what goes before the host, such as ``{AccountId}.``, by operation."""
    operations: Mapping[str, Any] = model(service)["operations"]
    found = {name: one.get("endpoint", {}).get("hostPrefix") for name, one in operations.items()}
    return {name: prefix for name, prefix in found.items() if prefix}


def _own_endpoint(service: str, environ: Mapping[str, str]) -> str | None:
    service_id = catalog().by_name[service].service_id
    for name, url in own_endpoints(environ).items():
        if name[len(ENV_ENDPOINT) :].replace("_", "").lower() == service_id:
            return url.rstrip("/")
    general = environ.get(ENV_ENDPOINT)
    return general.rstrip("/") if general else None


@lru_cache(maxsize=1024)
def _endpoint(service: str, region: str) -> Endpoint:
    rules = loader().load_service_model(service, "endpoint-rule-set-1")
    known = rules["parameters"]
    given = {name: one["default"] for name, one in known.items() if "default" in one}
    given |= {name: value for name, value in (("Region", region),) if name in known}
    try:
        partitions = loader().load_data("partitions")
        found = EndpointProvider(rules, partitions).resolve_endpoint(**given)
    except BotoCoreError:  # its rules ask for more than that: an ARN, the kind of the API
        return _by_pattern(service, region)
    scheme: Mapping[str, str] = next(iter(found.properties.get("authSchemes", ())), {})
    signing_region = scheme.get("signingRegion", region)
    return Endpoint(found.url.rstrip("/"), signing_region, scheme.get("signingName"), is_own=False)


def _by_pattern(service: str, region: str) -> Endpoint:
    resolver = EndpointResolver(loader().load_data("endpoints"))
    prefix = catalog().by_name[service].endpoint_prefix
    found = resolver.construct_endpoint(prefix, region) or {}
    host = found.get("hostname", f"{prefix}.{region}.amazonaws.com")
    scope = found.get("credentialScope", {})
    return Endpoint(f"https://{host}", scope.get("region", region), None, is_own=False)
