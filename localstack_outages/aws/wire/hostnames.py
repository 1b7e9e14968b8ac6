"""What a host name says of a request: service, region, the bucket of S3's virtual-host style.

Endpoints of AWS are ``<prefix>.<region>.<suffix>``, with words for FIPS and dual stack in between
("AWS service endpoints", AWS General Reference). Emulators copy them below names of their own:
``s3.localhost.localstack.cloud``.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from localstack_outages.aws.names import loader

from .catalog import Services, catalog

_MAX_LENGTH = 255 + len(":65535")
_LOCAL_SUFFIXES = ("localhost.localstack.cloud", "localhost")
_MORE_SUFFIXES = ("on.aws", "aws.amazon.com", "aws")
_REGION = re.compile(r"[a-z]{2,8}(?:-[a-z]{1,12}){1,3}-\d{1,2}", re.ASCII)
_NO_PREFIX = frozenset(("dualstack", "fips", "global"))
_DATA_PLANE = frozenset(("cloudfront", "elb", "execute-api", "lambda-url", "s3-website"))
"""Behind hosts with these words stand applications of users, not AWS's APIs."""

_MORE_SERVICES = {"data-signer": ("signer",)}
"""Endpoints that some operations of other services share, by their host prefix."""

_S3 = re.compile(
    r"s3(?:-(?:accelerate|accesspoint|fips|external-1|outposts|object-lambda)|express-[a-z0-9-]+"
    r"|-(?P<region>[a-z]{2,8}(?:-[a-z]{1,12}){1,3}-\d{1,2}))?",
    re.ASCII,
)
"""The label of S3 in a host name, with the old ``s3-us-west-2``."""


class Hostname(NamedTuple):
    """What a host name says."""

    services: Services = ()
    """Those whose endpoint it is."""
    region: str | None = None
    bucket: str | None = None
    """Or the alias of an access point."""
    is_data_plane: bool = False
    """Whether no API stands behind it: websites of S3, functions' own URLs, deployed APIs."""


_NOTHING = Hostname()


def read_host(host: str | None) -> Hostname:
    """Read a ``Host`` header; what is no endpoint of AWS or of an emulator says nothing."""
    return _read(host) if host and len(host) <= _MAX_LENGTH else _NOTHING


@lru_cache(maxsize=1024)
def _read(host: str) -> Hostname:
    name = host.lower().rpartition(":")[0] if _has_port(host) else host.lower()
    name = name.rstrip(".")
    for suffix in domains():
        if name.endswith(suffix) and name[: -len(suffix)].endswith("."):
            return _read_labels(name[: -len(suffix) - 1].split("."), suffix)
    labels = name.split(".")
    # Some other domain, as MinIO and others use them: s3.example.org, bucket.s3.example.org
    for place in range(len(labels) - 1, 0, -1):
        if labels[place] == "s3" and place < len(labels) - 1:
            return Hostname(_of_s3(), None, ".".join(labels[:place]))
    return _NOTHING


def is_endpoint(host: str) -> bool:
    """Whether a host, without its port, is one of AWS's or an emulator's own."""
    name = host.lower().rstrip(".")
    return any(name == domain or name.endswith(f".{domain}") for domain in domains())


def _has_port(host: str) -> bool:
    return ":" in host and not host.endswith("]")


@cache
def domains() -> tuple[str, ...]:
    """Give the domains of AWS's partitions and of emulators, longest first."""
    partitions = loader().load_data("partitions")["partitions"]
    outputs = [partition["outputs"] for partition in partitions]
    found = {value for output in outputs for key, value in output.items() if key.endswith("Suffix")}
    return tuple(sorted({*found, *_LOCAL_SUFFIXES, *_MORE_SUFFIXES}, key=len, reverse=True))


def _read_labels(labels: list[str], suffix: str) -> Hostname:
    region = None
    for place in range(len(labels) - 1, -1, -1):
        if _REGION.fullmatch(labels[place]):
            region = labels[place]
            labels = labels[:place] + labels[place + 1 :]
            break
    is_data_plane = len(labels) > 1 and labels[-1] in _DATA_PLANE
    labels = [label for label in labels if label not in _NO_PREFIX]
    if any(label.startswith("s3-website") for label in labels):
        return Hostname(region=region, is_data_plane=True)
    services = _services(labels)
    if services and all(service.name != "s3" for service in services):
        return Hostname(services, region, None, is_data_plane)
    return _read_s3(labels, region, suffix) or Hostname(services, region, None, is_data_plane)


def _services(labels: list[str]) -> Services:
    """Find the services whose endpoint's prefix the labels end in."""
    known, by_prefix = catalog().by_name, catalog().by_endpoint_prefix
    for start in range(len(labels)):
        rest = ".".join(labels[start:]).removesuffix("-fips")
        if rest in by_prefix:
            more = (name for name in _MORE_SERVICES.get(rest, ()) if name in known)
            return by_prefix[rest] + tuple(known[name] for name in more)
    # A host prefix may end in a hyphen: data-servicediscovery
    last = labels[-1].removesuffix("-fips") if labels else ""
    while "-" in last:
        last = last.partition("-")[2]
        if last in by_prefix:
            return by_prefix[last]
    return ()


def _read_s3(labels: list[str], region: str | None, suffix: str) -> Hostname | None:
    for place in range(len(labels) - 1, -1, -1):
        found = _S3.fullmatch(labels[place])
        if found:
            bucket = ".".join(labels[:place]) or None
            region = region or found["region"]
            if labels[place] == "s3express-control":
                return Hostname(catalog().by_signing_name.get("s3express", ()), region)
            if labels[place] == "s3-object-lambda":  # the first label is the route of a request
                return Hostname(_of_s3(), region)
            return Hostname(_of_s3(), region, bucket)
    if suffix == "localhost" and labels:
        # bucket.localhost: a bucket where the request turns out to be one to S3.
        return Hostname((), region, ".".join(labels))
    return None


@cache
def _of_s3() -> Services:
    entry = catalog().by_name.get("s3")
    return (entry,) if entry else ()
