"""Reads an AWS call from the head of an HTTP request; for forms their content is needed as well.

What a request says of its service, and what is asked first:

1. the path of RPC v2 (``/service/<prefix>/operation/<name>``) and ``X-Amz-Target``: both name the
   operation too;
2. the name that the request is signed for, which is that of one service most times;
3. for services that share such a name: the version of a form, the path, the host, and ``api/<id>``
   in the user agent of some SDKs;
4. of an unsigned request: the host, the form, the user agent, and which services take unsigned
   requests at all.

Clients send all of it, so nothing here may fail on it, or take time that grows faster than it does.
"""

import re
from typing import NamedTuple

from localstack_outages.aws.names import operations

from . import forms
from .catalog import Catalog, ServiceEntry, Services, catalog, plain
from .hostnames import Hostname, read_host
from .messages import DEFAULT_REGION, AwsCall, HttpRequest, Protocol
from .paths import PATHS
from .routes import Match, Path, Query, read_path, routes_of
from .scope import Scope, read_scope

MAX_NAME_LENGTH = 256
"""No operation of AWS has a longer name."""

MAX_USER_AGENT_LENGTH = 1024
"""Longer ones are cut here."""

_OPERATION = re.compile(r"[A-Za-z][A-Za-z0-9_]*", re.ASCII)
_RPC_PATH = re.compile(
    r"/service/(?P<prefix>[A-Za-z0-9_.]{1,128})/operation/(?P<operation>[A-Za-z0-9_]{1,128})/?$",
    re.ASCII,
)
_API = re.compile(r"(?:^|\s)api/(?P<id>[A-Za-z0-9_.+-]{1,64})", re.ASCII)

_UNSIGNED_REST = ("sso", "sso-oidc", "signin")
"""REST services with operations that need no signature; those of other protocols name themselves."""

_MOVED = ("cloudsearchdomain", "POST", "/2013-01-01/search")
"""botocore moves the query of a search to the body (``change_get_to_post`` in its handlers)."""

_FORM_UPLOADED = Match("PostObject", (0, 0, 0))
"""botocore has no such operation: a browser's upload to S3."""

_NOT_BUCKETS = frozenset(
    ("_aws", "_extension", "_localstack", "favicon.ico", "health", "moto-api", "robots.txt")
)
"""First segments of paths that are no buckets: what emulators serve beside AWS's APIs."""

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,254}", re.ASCII)


def needs_form(request: HttpRequest) -> bool:
    """Say whether ``read_call`` needs the form in the body: its ``Action``, or the signature of a
    browser's upload to S3.
    """
    if request.method != "POST" or "x-amz-target" in request.headers:
        return False
    content_type = request.headers.get("content-type", "")
    return content_type.startswith((forms.URL_ENCODED, forms.UPLOAD))


def read_call(request: HttpRequest, form: bytes = b"") -> AwsCall | None:
    """Read the call that a request makes.

    :param request: the head of the request
    :param form: the body or its beginning, where ``needs_form`` says so. Some SDKs write
        ``Action`` last, so that all of it is wanted where that is feasible
    :return: None where the request is none to an AWS API, or does not say to which
    """
    host = read_host(request.headers.get("host"))
    if host.is_data_plane and "x-amz-target" not in request.headers:
        if not any(service.name == "apigatewaymanagementapi" for service in host.services):
            return None
        if "/@connections" not in request.path:
            return None
    scope = read_scope(request, form)
    found = (
        _by_rpc_path(request, scope)
        or _by_target(request, scope, host)
        or _by_signature(request, form, scope, host)
    )
    if found is None:
        return None
    services, operation, protocol = found
    service = services[0].name
    if operation == "ListBuckets" and (scope.name == "s3express" or len(host.services) > 1):
        operation = "ListDirectoryBuckets"  # of directory buckets, by the same path
    return AwsCall(
        service,
        (service,) if len(services) == 1 else tuple(entry.name for entry in services),
        operation,
        scope.region or host.region or DEFAULT_REGION,
        scope.account,
        scope.access_key,
        protocol,
        host.bucket if service == "s3" else None,
    )


class _Found(NamedTuple):
    """What was found out of a request."""

    services: Services
    operation: str | None
    protocol: Protocol


def _by_rpc_path(request: HttpRequest, scope: Scope) -> _Found | None:
    if "smithy-protocol" not in request.headers:
        return None
    found = _RPC_PATH.search(request.path[-MAX_NAME_LENGTH * 2 :])
    if found is None:
        return None
    known = catalog()
    # A service may have learned the protocol only after this botocore was made.
    services = known.by_target_prefix.get(found["prefix"]) or known.by_signing_name.get(
        scope.name or ""
    )
    if not services:
        return None
    operation = found["operation"]
    return _Found(_having(services, operation), operation, "smithy-rpc-v2-cbor")


def _by_target(request: HttpRequest, scope: Scope, host: Hostname) -> _Found | None:
    target = request.headers.get("x-amz-target")
    if not target or len(target) > MAX_NAME_LENGTH:
        return None
    prefix, _, operation = target.rpartition(".")
    services = catalog().by_target_prefix.get(prefix)
    if services is None:
        # Of a version of the API that botocore no longer has, or of an emulator's own.
        services = tuple(
            entry
            for entry in catalog().by_signing_name.get(scope.name or "", ())
            if "json" in entry.protocols
        )
        if not services:
            return None
    services = _narrowed(services, request, host)
    return _Found(_having(services, operation), _operation(operation), "json")


def _by_signature(request: HttpRequest, form: bytes, scope: Scope, host: Hostname) -> _Found | None:
    services = _candidates(request, scope, host)
    is_certain = scope.name is not None or bool(host.services)
    if form or "Action=" in request.query:
        found = _by_action(request, form, services if is_certain else (), host)
        if found is not None:
            return found
    return _by_path(request, services, host, is_certain=is_certain) if services else None


def _candidates(request: HttpRequest, scope: Scope, host: Hostname) -> Services:
    """Give the services that a request may be for, before its path and its form are looked at."""
    known = catalog()
    if scope.name is not None:
        return known.by_signing_name.get(scope.name, ()) or host.services
    if host.services:
        return host.services
    if scope.is_bearer:
        return known.bearer
    if scope.access_key is not None:  # Signature Version 2
        return known.by_signing_name.get("s3", ())
    by_agent = _by_agent(request, known)
    if by_agent:
        return by_agent
    may_be_s3 = host.bucket or _may_be_bucket(request.path)
    names = (*_UNSIGNED_REST, "s3") if may_be_s3 else _UNSIGNED_REST
    return tuple(known.by_name[name] for name in names if name in known.by_name)


def _by_action(
    request: HttpRequest, form: bytes, services: Services, host: Hostname
) -> _Found | None:
    """Read the form of the Query protocols, in the body or in the query.

    :param services: one of these it is; where there are none, the version alone tells
    """
    action, version = forms.action_and_version(form or request.query.encode("ascii", "ignore"))
    if action is None or len(action) > MAX_NAME_LENGTH:
        return None
    of_version = catalog().by_query_version.get(version or "", ())
    if len(services) > 1:
        services = tuple(entry for entry in services if entry.is_query)
        services = tuple(entry for entry in services if entry in of_version) or services
    services = services or of_version
    if not services or not services[0].is_query:
        return None
    protocol: Protocol = "ec2" if "ec2" in services[0].protocols else "query"
    services = _narrowed(_having(services, action), request, host)
    return _Found(services, _operation(action), protocol)


def _by_path(
    request: HttpRequest, services: Services, host: Hostname, *, is_certain: bool
) -> _Found | None:
    """Ask the routes of REST services.

    :param is_certain: whether one of the services it is, even where no route fits
    """
    path, query = read_path(request.path), Query(request.query)
    matches = []
    for entry in services:
        if entry.rest_protocol is not None:
            match = _match(request, path, query, entry, host)
            if match is not None:
                matches.append((entry, match))
    if len(matches) == 1:
        entry, match = matches[0]
        return _Found((entry,), match.operation, entry.rest_protocol or "rest-json")
    if not matches:
        return _without_operation(services, request, host) if is_certain else None
    narrowed = _narrowed(tuple(entry for entry, _ in matches), request, host)
    highest = max(match.rank for entry, match in matches if entry in narrowed)
    matches = [(e, match) for e, match in matches if e in narrowed and match.rank == highest]
    first, operation = matches[0][0], matches[0][1].operation
    services = tuple(entry for entry, match in matches if match.operation == operation)
    return _Found(services, operation, first.rest_protocol or "rest-json")


def _match(
    request: HttpRequest, path: Path, query: Query, entry: ServiceEntry, host: Hostname
) -> Match | None:
    method = request.method
    if entry.name in PATHS:
        if entry.name == "s3" and _is_form_upload(request):
            return _FORM_UPLOADED
        adapted = PATHS[entry.name](request.path, host.bucket)
        if adapted is not request.path:
            path = read_path(adapted)
        if (entry.name, method, adapted) == _MOVED:
            method, query = "GET", Query("format=sdk&pretty=true")
    return routes_of(entry.name).match(method, path, query, request.headers)


def _is_form_upload(request: HttpRequest) -> bool:
    return request.method == "POST" and request.headers.get("content-type", "").startswith(
        forms.UPLOAD
    )


def _without_operation(services: Services, request: HttpRequest, host: Hostname) -> _Found | None:
    services = _narrowed(services, request, host)
    return _Found(services, None, services[0].protocols[0])


def _narrowed(services: Services, request: HttpRequest, host: Hostname) -> Services:
    """Keep the services that the host or the user agent names, where one of them does."""
    if len(services) == 1:
        return services
    by_host = tuple(entry for entry in services if entry in host.services)
    services = by_host or services
    if len(services) == 1:
        return services
    by_agent = _by_agent(request, catalog())
    return tuple(entry for entry in services if entry in by_agent) or services


def _by_agent(request: HttpRequest, known: Catalog) -> Services:
    agent = request.headers.get("user-agent")
    found = _API.search(agent[:MAX_USER_AGENT_LENGTH]) if agent else None
    return known.by_service_id.get(plain(found["id"]), ()) if found else ()


def _having(services: Services, operation: str) -> Services:
    """Keep the services that have an operation, where one of them has."""
    if len(services) == 1:
        return services
    return tuple(e for e in services if operation in operations(e.name)) or services


def _operation(name: str) -> str | None:
    return name if _OPERATION.fullmatch(name) else None


def _may_be_bucket(path: str) -> bool:
    first = path[1:300].partition("/")[0]
    return first not in _NOT_BUCKETS and _BUCKET.fullmatch(first) is not None
