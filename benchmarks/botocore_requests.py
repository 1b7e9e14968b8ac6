"""One request for each operation of each service, made by botocore from values that are made from
the shapes of its models.
"""

import datetime
import json
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any, NamedTuple

import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.tokens import FrozenAuthToken

MAX_DEPTH = 6
"""Shapes may contain themselves."""

MAX_OPTIONAL_DEPTH = 3
"""Optional members are made so deep: every shape in full would be too much."""

ACCESS_KEY = "000000000042"
REGION = "eu-west-1"
ENDPOINT = "http://localhost:4566"

_ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
_SPECIAL = {
    "KvsARN": "arn:aws:cloudfront::123456789012:key-value-store/11111111-1111-1111-1111-111111111111",
    "PredictEndpoint": "https://realtime.machinelearning.eu-west-1.amazonaws.com",
    "ConsumerARN": _ARN.format("kinesis", "stream/s/consumer/c:1"),
    "ResourceARN": _ARN.format("kinesis", "stream/s"),
    "StreamARN": _ARN.format("kinesis", "stream/s"),
}
_S3 = {"AccountId": "123456789012", "Bucket": "some-bucket", "CopySource": "bucket/key"}
"""botocore reads these itself."""

_TIME = datetime.datetime(2024, 2, 29, 12, 30, 15, tzinfo=datetime.UTC)
_NAMES = ("alpha", "b+ 1", "ärger&<=>", "slash/and.dots")


class Made(NamedTuple):
    """A request as botocore would have sent it."""

    service: str
    operation: str
    parameters: dict[str, Any]
    """What was given to botocore."""
    method: str
    target: str
    """Path and query, as they are sent; what went wrong where there is no method."""
    headers: dict[str, str]
    """By lower-case name; with ``host``."""
    body: bytes


def requests(
    service: str,
    endpoint: str | None = ENDPOINT,
    *,
    optional: bool = False,
    region: str = REGION,
    config: dict[str, Any] | None = None,
) -> Iterator[Made]:
    """Have botocore make one request for each operation of a service.

    :param endpoint: None for AWS's own
    :param optional: whether optional parameters are given too
    :param config: more settings of botocore's ``Config``
    """
    made: list[Any] = []

    def keep(request: Any, event_name: str, **_: Any) -> AWSResponse:
        if event_name.endswith(".DescribeEndpoints") and not wanted.endswith("DescribeEndpoints"):
            return AWSResponse(request.url, 200, {}, _Cells(service))
        made.append(request)
        raise _Sent

    wanted = ""
    session = _session()
    settings = {
        "parameter_validation": False,
        "inject_host_prefix": endpoint is None,
        "retries": {"total_max_attempts": 1},
        "s3": {"addressing_style": "path" if endpoint else "auto"},
        # Its own, SigV4A, needs an extension in C.
        "signature_version": "v4" if service == "cloudfront-keyvaluestore" else None,
        **(config or {}),
    }
    client = session.create_client(
        service, region, endpoint_url=endpoint, use_ssl=True, config=Config(**settings)
    )
    client.meta.events.register_last("before-send", keep)
    model = client.meta.service_model
    for operation in model.operation_names:
        shape = model.operation_model(operation).input_shape
        parameters = {} if shape is None else value_of(shape, optional=optional)
        parameters.update({name: _SPECIAL[name] for name in parameters if name in _SPECIAL})
        if service.startswith("s3"):
            parameters.update({name: _S3[name] for name in parameters if name in _S3})
        if service in ("events", "sesv2"):
            parameters.pop("EndpointId", None)  # of several regions, which needs SigV4A
        made.clear()
        wanted = operation
        try:
            # Some operations have no method, since they need HTTP/2.
            client._make_api_call(operation, deepcopy(parameters))  # noqa: SLF001
        except _Sent:
            pass
        except Exception as error:  # noqa: BLE001 - its kind depends on the service
            yield Made(service, operation, parameters, "", repr(error), {}, b"")
            continue
        request = made[0]
        yield Made(service, operation, parameters, request.method, *_sent(request))
    _forget(session, service)


@cache
def _session() -> botocore.session.Session:
    session = botocore.session.Session()
    session.set_credentials(ACCESS_KEY, "secret")
    session._auth_token = FrozenAuthToken("token")  # noqa: SLF001 - it comes of a log-in otherwise
    return session


def _forget(session: botocore.session.Session, service: str) -> None:
    """Have botocore forget the models of a service: all of them would not fit into memory."""
    known = session.get_component("data_loader")._cache  # noqa: SLF001 - it has no bound
    for key in [key for key in known if service in str(key)]:
        del known[key]


class _Cells:
    """What Timestream answers first: the endpoint to use."""

    def __init__(self, service: str) -> None:
        word = "query" if service == "timestream-query" else "ingest"
        address = f"{word}-cell1.timestream.{REGION}.amazonaws.com"
        self._body = json.dumps({"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1}]})

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Give the body."""
        yield self._body.encode()


class _Sent(Exception):
    """botocore was about to send the request."""


def _sent(request: Any) -> tuple[str, dict[str, str], bytes]:
    _, _, host, *rest = request.url.split("/", 3)
    headers = {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    headers.setdefault("host", host)
    body = request.body
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    return f"/{''.join(rest)}", headers, bytes(body or b"")


def value_of(shape: Shape, *, optional: bool = False, depth: int = 0, salt: int = 0) -> Any:
    """Make a value of a shape.

    :param optional: whether optional members are made too
    :param salt: makes values differ
    """
    if isinstance(shape, StructureShape):
        return _structure(shape, optional, depth)
    if isinstance(shape, ListShape):
        count = 2 if depth < MAX_DEPTH else 0
        return [
            value_of(shape.member, optional=optional, depth=depth + 1, salt=i) for i in range(count)
        ]
    if isinstance(shape, MapShape):
        if depth >= MAX_DEPTH:
            return {}
        value = value_of(shape.value, optional=optional, depth=depth + 1)
        return {f"{value_of(shape.key)}": value}
    return _scalar(shape, salt)


def _structure(shape: StructureShape, optional: bool, depth: int) -> dict[str, Any]:
    if getattr(shape, "is_document_type", False):
        return {"some": [1, {"document": None}]}
    required = set(shape.required_members)
    names = list(shape.members) if optional and depth < MAX_OPTIONAL_DEPTH else list(required)
    if getattr(shape, "is_tagged_union", False):
        names = sorted(shape.members)[:1]
    if depth >= MAX_DEPTH:
        names = [name for name in names if name in required and depth < 2 * MAX_DEPTH]
    return {
        name: value_of(shape.members[name], optional=optional, depth=depth + 1)
        for name in sorted(names)
        if not getattr(shape.members[name], "serialization", {}).get("eventstream")
    }


def _scalar(shape: Shape, salt: int) -> Any:
    kind = shape.type_name
    if kind == "string":
        if shape.enum:
            return shape.enum[salt % len(shape.enum)]
        least = shape.metadata.get("min", 0)
        return f"value{salt}".ljust(min(least, 200), "x")
    if kind in ("integer", "long"):
        return max(7 + salt, shape.metadata.get("min", 0))
    if kind in ("float", "double"):
        return 1.5 + salt
    if kind == "boolean":
        return salt == 0
    if kind == "timestamp":
        return _TIME
    if kind == "blob":
        return b"blob\xff%d" % salt
    raise AssertionError(kind)
