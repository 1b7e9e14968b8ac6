"""All services, by what a request may say of its service: the name that it is signed for, the prefix
of ``X-Amz-Target``, the version of the Query API, the host.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple, cast

from .messages import Protocol
from .models import heads

Services = tuple["ServiceEntry", ...]

_MORE_SIGNING_NAMES: Mapping[str, tuple[str, ...]] = {
    "s3express": ("s3", "s3control"),
    "s3-object-lambda": ("s3",),
    "s3-outposts": ("s3", "s3control"),
}
"""Names that requests are signed for beside those of the models: botocore's endpoint rules give
them for directory buckets, Object Lambda and Outposts.
"""

FIRST_NAMES: Mapping[str, int] = {
    name: rank
    for rank, name in enumerate(
        ("rds", "kinesisvideo", "pinpoint-sms-voice", "qconnect", "timestream-write", "chime")
    )
}
"""Of services that a request does not tell apart, these come first: the one that the others were
made from or, where one has taken the other's place, the one that is left.
"""


class ServiceEntry(NamedTuple):
    """What is known of a service without its model."""

    name: str
    """As botocore names it."""
    protocols: tuple[Protocol, ...]
    """What it speaks, what botocore prefers first."""
    signing_name: str
    endpoint_prefix: str
    target_prefix: str | None
    """Of ``X-Amz-Target`` and of the paths of RPC v2; None where it has none."""
    api_version: str
    service_id: str
    """Without punctuation, in lower case: ``dynamodbstreams``."""
    json_version: str
    """``1.0`` or ``1.1``."""
    xml_namespace: str | None
    is_query_compatible: bool
    """Whether it tells the codes of its former Query API beside its own."""
    is_unsigned: bool
    """Whether requests may come with a bearer token in place of a signature."""

    is_query: bool
    """Whether it takes forms with an ``Action``."""
    rest_protocol: Protocol | None
    """The protocol in which paths name its operations."""


class Catalog(NamedTuple):
    """All services; each mapping gives those that share a word."""

    by_name: Mapping[str, ServiceEntry]
    by_signing_name: Mapping[str, Services]
    by_target_prefix: Mapping[str, Services]
    by_endpoint_prefix: Mapping[str, Services]
    by_query_version: Mapping[str, Services]
    by_service_id: Mapping[str, Services]
    bearer: Services
    """Those whose requests may come with a bearer token."""


@cache
def catalog() -> Catalog:
    """Give the catalog; made from botocore's data when first asked for, in a tenth of a second."""
    entries = sorted(
        (_entry(name, metadata) for name, metadata in heads()),
        key=lambda entry: (FIRST_NAMES.get(entry.name, len(FIRST_NAMES)), entry.name),
    )
    by_name = {entry.name: entry for entry in entries}
    by_signing_name = dict(_grouped(entries, lambda entry: entry.signing_name))
    for signing_name, names in _MORE_SIGNING_NAMES.items():
        more = tuple(by_name[name] for name in names if name in by_name)
        by_signing_name[signing_name] = by_signing_name.get(signing_name, ()) + more
    return Catalog(
        by_name=MappingProxyType(by_name),
        by_signing_name=MappingProxyType(by_signing_name),
        by_target_prefix=_grouped(entries, lambda entry: entry.target_prefix),
        by_endpoint_prefix=_grouped(entries, lambda entry: entry.endpoint_prefix),
        by_query_version=_grouped(
            (entry for entry in entries if entry.is_query), lambda entry: entry.api_version
        ),
        by_service_id=_grouped(entries, lambda entry: entry.service_id),
        bearer=tuple(entry for entry in entries if entry.is_unsigned),
    )


def plain(text: str) -> str:
    """Give a service id without case and punctuation, which SDKs write in several ways."""
    return "".join(filter(str.isalnum, text)).lower()


def _entry(name: str, metadata: Mapping[str, Any]) -> ServiceEntry:
    protocols = metadata.get("protocols") or (metadata["protocol"],)
    is_compatible = "awsQueryCompatible" in metadata
    bearer = "smithy.api#httpBearerAuth" in (metadata.get("auth") or ())
    return ServiceEntry(
        name=name,
        protocols=cast("tuple[Protocol, ...]", tuple(protocols)),
        signing_name=metadata.get("signingName") or metadata["endpointPrefix"],
        endpoint_prefix=metadata["endpointPrefix"].lower(),
        target_prefix=metadata.get("targetPrefix"),
        api_version=metadata["apiVersion"],
        service_id=plain(metadata.get("serviceId", name)),
        json_version=metadata.get("jsonVersion", "1.0"),
        xml_namespace=metadata.get("xmlNamespace"),
        is_query_compatible=is_compatible,
        is_unsigned=bearer or metadata.get("signatureVersion") == "bearer",
        is_query=is_compatible or not {"query", "ec2"}.isdisjoint(protocols),
        rest_protocol=next((p for p in protocols if p in ("rest-json", "rest-xml")), None),
    )


def _grouped(
    entries: Iterable[ServiceEntry], key: Callable[[ServiceEntry], str | None]
) -> Mapping[str, Services]:
    groups: dict[str, Services] = {}
    for entry in entries:
        word = key(entry)
        if word is not None:
            groups[word] = groups.get(word, ()) + (entry,)
    return MappingProxyType(groups)
