"""Where AWS runs the services that are global: the region in which their outage is.

Against AWS an SDK signs their calls for that region by itself. An SDK that is given an endpoint, as it
is for an emulator, signs them for its own.
"""

import json
import re
from collections.abc import Callable
from functools import cache, lru_cache
from importlib.resources import files

_STS_GLOBAL_HOST = "sts.amazonaws.com"
"""Its global endpoint; the regional ones are ``sts.REGION.amazonaws.com``. AWS runs it in us-east-1
for clients that ask for it (``AWS_STS_REGIONAL_ENDPOINTS=legacy``), and they sign for us-east-1:
https://docs.aws.amazon.com/sdkref/latest/guide/feature-sts-regionalized-endpoints.html"""

_STS_GLOBAL_REGION = "us-east-1"

HomeRegion = Callable[[str, str, str], str]
"""Gives the region in which a call counts, of its service, the region that the client signed for and
the host that it called: ``as_signed`` or ``home_region``."""


def as_signed(service: str, region: str, host: str) -> str:  # noqa: ARG001 - as home_region
    """Give the region of a call as it is signed, of a global service too."""
    return region


def home_region(service: str, region: str, host: str) -> str:
    """Give the region in which AWS runs what a call needs.

    :param service: the service, as botocore names it
    :param region: the region that the client signed for; its partition has a home of its own
    :param host: the host that the client called, with or without a port
    """
    if service == "sts":
        is_global = host.partition(":")[0].lower() == _STS_GLOBAL_HOST
        return _STS_GLOBAL_REGION if is_global else region
    return _homes(region).get(service, region)


def depends_on_host(service: str) -> bool:
    """Whether the home of a service is not known without the host that is called."""
    return service == "sts"


def is_global(service: str) -> bool:
    """Whether AWS runs a service in one region for all others."""
    return service in _homes(_STS_GLOBAL_REGION)


@lru_cache(maxsize=256)
def _homes(region: str) -> dict[str, str]:
    """Give the homes of the global services of the partition that a region is in."""
    for pattern, homes in _partitions():
        if pattern.fullmatch(region):
            return homes
    return {}


@cache
def _partitions() -> tuple[tuple[re.Pattern[str], dict[str, str]], ...]:
    text = files(__package__).joinpath("home_regions.json").read_text(encoding="utf-8")
    return tuple(
        (
            # An SDK may be told to have no region but the whole partition, such as aws-global.
            re.compile(f"(?:{partition['regions']})|{name}-global", re.ASCII),
            {
                service: home
                for home, services in partition["homes"].items()
                for service in services
            },
        )
        for name, partition in json.loads(text)["partitions"].items()
    )
