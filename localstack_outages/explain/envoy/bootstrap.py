"""What of Envoy's configuration stands around the routes, so that it runs as it is."""

from typing import Any
from urllib.parse import urlsplit

_TYPE = "type.googleapis.com/envoy.extensions.filters"
_RUNTIME = {"re2.max_program_size.error_level": 100_000}
"""Envoy takes expressions up to a size of 100, which a glob on services easily exceeds."""

_NO_BODY = {
    "filter": {"response_flag_filter": {"flags": ["FI"]}},
    "body_format_override": {"text_format_source": {"inline_string": ""}},
}
"""SDKs take an error of a server without a body for what it is, and cannot read 'fault filter abort'
where they expect XML. ``FI`` is what the fault filter aborted."""


def bootstrap(
    routes: list[dict[str, Any]], listen: tuple[str, int], upstream: str
) -> dict[str, Any]:
    """Give a configuration with some routes before the one that passes all calls.

    :param listen: the address of Envoy
    :param upstream: the URL of an AWS endpoint, to which it passes calls
    """
    manager = "envoy.filters.network.http_connection_manager"
    filters = [{"name": manager, "typed_config": _manager(routes)}]
    listener = {
        "name": "aws",
        "address": _address(*listen),
        "filter_chains": [{"filters": filters}],
    }
    return {
        "static_resources": {"listeners": [listener], "clusters": [_cluster(upstream)]},
        "layered_runtime": {"layers": [{"name": "expressions", "static_layer": _RUNTIME}]},
    }


def _manager(routes: list[dict[str, Any]]) -> dict[str, Any]:
    passes = {"cluster": "aws", "timeout": "0s"}
    all_routes = [
        *({**route, "route": passes} for route in routes),
        {"name": "others", "match": {"prefix": "/"}, "route": passes},
    ]
    host = {"name": "aws", "domains": ["*"], "routes": all_routes}
    return {
        "@type": f"{_TYPE}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "aws",
        # What is signed stays as it is.
        "normalize_path": False,
        "merge_slashes": False,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "proxy_100_continue": True,
        "stream_idle_timeout": "0s",
        "http_filters": [
            _filter("fault", "fault.v3.HTTPFault"),
            _filter("router", "router.v3.Router"),
        ],
        "local_reply_config": {"mappers": [_NO_BODY]},
        "route_config": {"virtual_hosts": [host]},
    }


def _filter(name: str, message: str) -> dict[str, Any]:
    return {
        "name": f"envoy.filters.http.{name}",
        "typed_config": {"@type": f"{_TYPE}.http.{message}"},
    }


def _cluster(upstream: str) -> dict[str, Any]:
    parts = urlsplit(upstream)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    endpoint = {"endpoint": {"address": _address(host, port)}}
    cluster: dict[str, Any] = {
        "name": "aws",
        "type": "STRICT_DNS",
        "load_assignment": {"cluster_name": "aws", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    if parts.scheme == "https":
        tls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
        cluster["transport_socket"] = {
            "name": "envoy.transport_sockets.tls",
            "typed_config": {"@type": tls, "sni": host},
        }
    return cluster


def _address(host: str, port: int) -> dict[str, Any]:
    return {"socket_address": {"address": host, "port_value": port}}
