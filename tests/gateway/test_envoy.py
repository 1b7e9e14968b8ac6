"""Envoy before gateways, as ``deploy/envoy/envoy.yaml`` has it: nothing that passes is changed, the
attempts of one call meet at one gateway, and one that dies is left out.
"""

import asyncio
import json
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import boto3
import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")

import yaml
from aiohttp import ClientSession, web
from botocore.config import Config
from botocore.exceptions import ClientError

from .conftest import SIGNED
from .processes import COMMAND, READY, envoy, installed, moto_that_checks

CONFIG = Path(__file__).parents[2] / "deploy" / "envoy" / "envoy.yaml"
CONTROL = "/_extension/outages/outages"
HARD_KEYS = ("a//b", "a/../b", "/a", "a%2Fb", "a b+c=é?#&", "./a/.", "a\\b")


def before(*ports: int) -> dict[str, Any]:
    """Give the configuration of the Envoy before gateways on this machine."""
    config: dict[str, Any] = yaml.safe_load(CONFIG.read_text())
    (cluster,) = config["static_resources"]["clusters"]
    cluster["type"] = "STATIC"
    # Beside other tests a gateway may answer late that it is well.
    cluster["health_checks"][0]["timeout"] = "10s"
    cluster["load_assignment"]["endpoints"] = [
        {
            "lb_endpoints": [
                {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}}
                for port in ports
            ]
        }
    ]  # fmt: skip
    return config


class Fleet(NamedTuple):
    """Gateways behind an Envoy, and moto behind them, which checks signatures."""

    url: str
    """Of Envoy."""
    gateways: dict[str, subprocess.Popen[str]]
    """By URL."""
    keys: dict[str, str]

    def client(self, service: str, attempts: int = 1) -> Any:
        """Make a client of AWS."""
        return boto3.client(
            service, "us-east-1", endpoint_url=self.url, **self.keys,
            config=Config(retries={"mode": "standard", "total_max_attempts": attempts}),
        )  # fmt: skip


@contextmanager
def gateways(count: int, *arguments: str) -> Iterator[dict[str, subprocess.Popen[str]]]:
    """Start gateways; give them by their URL."""
    with ExitStack() as stack:
        started = []
        for _ in range(count):
            process = stack.enter_context(
                subprocess.Popen(
                    [*COMMAND, "--listen", "127.0.0.1:0", *arguments],
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.kill)
            started.append(process)
        yield {_url(process): process for process in started}


def _url(process: subprocess.Popen[str]) -> str:
    said = ""
    assert process.stderr is not None
    for line in process.stderr:
        said += line
        if found := READY.search(line):
            return found[1]
    raise AssertionError(said)


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    """Four gateways behind an Envoy."""
    installed("envoy")
    with (
        moto_that_checks() as (upstream, keys),
        gateways(4, "--upstream", upstream) as four,
        envoy(before(*(urlsplit(url).port or 0 for url in four))) as url,
    ):
        yield Fleet(url, four, keys)


def ask(url: str, method: str = "GET", body: Any = None, **headers: str) -> Any:
    """Ask a control API."""
    data = None if body is None else json.dumps(body).encode()
    with urlopen(Request(url, data, headers, method=method), timeout=10) as answer:
        return json.load(answer)


def test_attempts_meet(fleet):
    """All attempts of a call come to one gateway, and calls spread over the gateways."""
    for url in fleet.gateways:
        ask(url + CONTROL, "POST", [{"service": "sqs"}])
    sqs = fleet.client("sqs", attempts=2)
    for _ in range(24):
        with pytest.raises(ClientError):
            sqs.list_queues()
    attempts: dict[str, list[str]] = defaultdict(list)
    for url in fleet.gateways:
        for event in ask(f"{url}{CONTROL}/events")["events"]:
            attempts[event["client"]["invocationId"]].append(url)
        ask(url + CONTROL, "POST", [])

    assert 24 == len(attempts)
    assert {2} == {len(met) for met in attempts.values()}
    assert {1} == {len(set(met)) for met in attempts.values()}
    assert len({url for met in attempts.values() for url in met}) > 1


def test_keys_of_s3(fleet):
    """Keys that a proxy may well change pass as they were signed."""
    s3 = fleet.client("s3")
    s3.create_bucket(Bucket="keys")
    for key in HARD_KEYS:
        s3.put_object(Bucket="keys", Key=key, Body=key.encode())
    got = {key: s3.get_object(Bucket="keys", Key=key)["Body"].read() for key in HARD_KEYS}

    assert {key: key.encode() for key in HARD_KEYS} == got


def test_signatures_are_checked(fleet):
    """The moto behind them refuses a signature that does not hold."""
    wrong = fleet.keys | {"aws_secret_access_key": "another"}
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        fleet._replace(keys=wrong).client("s3").list_buckets()


def test_multipart_upload(fleet):
    """The parts of an upload, each a call of its own, come to several gateways and make one object."""
    s3 = fleet.client("s3")
    s3.create_bucket(Bucket="parts")
    upload = {"Bucket": "parts", "Key": "k"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    parts = [bytes([number]) * 5 * 2**20 for number in (1, 2, 3)]
    done = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(**upload, PartNumber=number, Body=part)["ETag"],
        }
        for number, part in enumerate(parts, 1)
    ]
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": done})

    assert b"".join(parts) == s3.get_object(Bucket="parts", Key="k")["Body"].read()


def test_control(fleet):
    """Control requests, and those of AWS FIS, come to one gateway, however they name it."""
    ours = {"Host": "outages.localhost.localstack.cloud:4566"}
    instances = [ask(f"{fleet.url}{CONTROL}/status")["instance"] for _ in range(8)]
    instances += [ask(f"{fleet.url}/outages/status", **ours)["instance"] for _ in range(8)]
    fis = fleet.client("fis")
    made = {
        fis.create_experiment_template(**TEMPLATE)["experimentTemplate"]["id"] for _ in range(4)
    }

    assert {16} == set(Counter(instances).values())
    assert made == {one["id"] for one in fis.list_experiment_templates()["experimentTemplates"]}
    assert [] == ask(f"{fleet.url}/_localstack/chaos/faults")


def test_a_gateway_that_dies(fleet):
    """It is left out, control too comes to another one, and calls go on."""
    one = ask(f"{fleet.url}{CONTROL}/status")["instance"]
    (url,) = [url for url in fleet.gateways if ask(f"{url}{CONTROL}/status")["instance"] == one]
    fleet.gateways[url].kill()
    sqs = fleet.client("sqs")

    def is_out() -> bool:
        try:
            return bool(ask(f"{fleet.url}{CONTROL}/status")["instance"] != one)
        except OSError:
            return False

    until(is_out)
    for _ in range(24):
        sqs.list_queues()


def until(is_true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def sharing(tmp_path) -> Iterator[Fleet]:
    """Four gateways that share a Redis, behind an Envoy. Nothing stands behind them."""
    installed("envoy")
    pytest.importorskip("redis")
    from tests.redis_server import redis_server

    keys = {"aws_access_key_id": "111111111112", "aws_secret_access_key": "secret"}
    nowhere = "http://127.0.0.1:9"
    with (
        redis_server(tmp_path) as redis,
        gateways(4, "--upstream", nowhere, "--share", redis.url) as four,
        envoy(before(*(urlsplit(url).port or 0 for url in four))) as url,
    ):
        yield Fleet(url, four, keys)


def test_a_fleet(sharing):
    """What is set through Envoy is in force in every gateway, and is counted once for all of them."""
    ask(sharing.url + CONTROL, "POST", [{"service": "sqs", "times": 30}, {"error": "internal"}])
    lists = [ask(url + CONTROL) for url in sharing.gateways]
    sqs = sharing.client("sqs")
    statuses = Counter()
    for _ in range(40):
        with pytest.raises(ClientError) as caught:
            sqs.list_queues()
        statuses[caught.value.response["ResponseMetadata"]["HTTPStatusCode"]] += 1

    assert {503: 30, 500: 10} == statuses
    assert 4 == len(lists)
    assert {2} == set(map(len, lists))


TEMPLATE = {
    "description": "d",
    "roleArn": "arn:aws:iam::123456789012:role/fis",
    "stopConditions": [{"source": "none"}],
    "targets": {},
    "actions": {"wait": {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}},
}


@asynccontextmanager
async def behind_envoy(setup):
    """Have calls go by an Envoy to the gateway of a scene."""
    with ExitStack() as stack:
        url = await asyncio.to_thread(stack.enter_context, envoy(before(setup.port)))
        setup.port = urlsplit(url).port
        yield


def test_nothing_is_changed(play):
    """Path, host and headers come as they were sent, and so does the answer."""

    async def scene(setup):
        async def answer(request):
            headers = {name.lower(): value for name, value in request.headers.items()}
            setup.got.append((request.raw_path, headers, b""))
            return web.Response(headers={"Server": "AmazonS3", "x-amz-request-id": "its-id"})

        setup.answer = answer
        path = "/bucket//a/../%2f%2F/./b?x=1&y=%20+&z"
        async with behind_envoy(setup):
            status, headers, _ = await setup.call("s3", f"GET {path}", "Host: bucket.s3.example:1")

        ((got_path, got, _),) = setup.got
        assert (200, "AmazonS3", "its-id") == (
            status,
            headers["server"],
            headers["x-amz-request-id"],
        )
        assert path == got_path
        assert SIGNED.format("s3") == f"Authorization: {got.pop('authorization')}"
        assert {"host": "bucket.s3.example:1", "x-forwarded-proto": "http"} == got

    play(scene)


def test_expect(play):
    """The gateway says whether a body may come, and not Envoy."""

    async def scene(setup):
        setup.rules({"operation": "PutObject"})
        async with behind_envoy(setup):
            refused, passes = await setup.connect(), await setup.connect()
            head = (SIGNED.format("s3"), "Expect: 100-continue", "Content-Length: 5")
            refused.send("PUT /bucket/key", *head)
            passes.send("PUT /bucket/key?tagging", *head)

            assert 503 == (await refused.head())[0]
            assert 100 == (await passes.head())[0]
            passes.writer.write(b"hello")
            assert 200 == (await passes.head())[0]
            refused.close()
            passes.close()

    play(scene)


def test_streams_and_websockets(play):
    """Answers come piece by piece, and upgrades pass."""

    async def scene(setup):
        more = asyncio.Event()

        async def answer(request):
            if "upgrade" in request.headers:
                socket = web.WebSocketResponse()
                await socket.prepare(request)
                await socket.send_str(await socket.receive_str())
                return socket
            response = web.StreamResponse()
            await response.prepare(request)
            await response.write(b"first")
            await more.wait()
            await response.write(b"second")
            return response

        setup.answer = answer
        async with behind_envoy(setup), ClientSession(f"http://127.0.0.1:{setup.port}") as session:
            async with session.get("/bucket/key") as streamed:
                assert b"first" == await streamed.content.readany()
                more.set()
                assert b"second" == await streamed.content.readany()
            async with session.ws_connect("/graphql/realtime") as socket:
                await socket.send_str("hello")
                assert "hello" == await socket.receive_str()

    play(scene)


def test_broken_connections(play):
    """Envoy keeps its client's connection: what is broken before an answer becomes a 503 of its own,
    and an answer that is cut off stays so.
    """

    async def scene(setup):
        setup.rules(
            {"operation": "GetObject", "connection": "reset"},
            {"operation": "HeadBucket", "connection": "close"},
            {"connection": "truncate"},
        )
        async with behind_envoy(setup):
            reset = await setup.call("s3", "GET /bucket/key")
            closed = await setup.call("s3", "HEAD /bucket")
            with pytest.raises(asyncio.IncompleteReadError):
                await setup.call("s3", "GET /bucket?acl")

        assert [503, 503] == [reset[0], closed[0]]

    play(scene)


def test_a_client_that_hangs_up(play):
    """A client that no longer waits for a call that hangs is gone for the gateway too."""

    async def scene(setup):
        setup.rules({"connection": "hang"})
        async with behind_envoy(setup):
            connection = await setup.connect()
            connection.send("GET /bucket/key", SIGNED.format("s3"))
            await asyncio.sleep(0.2)
            before = len(setup.events())
            connection.close()
            for _ in range(200):
                if setup.events():
                    break
                await asyncio.sleep(0.05)

        assert (0, 1) == (before, len(setup.events()))

    play(scene)
