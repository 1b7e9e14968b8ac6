"""The MCP server as an agent has it: the SDK's own client over standard input and output, and a gateway
with moto behind it. Needs the extras ``mcp`` and ``standalone``.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("mcp.client.client", reason="the extra mcp is not installed")

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters

from localstack_outages import OutagesClient

from .processes import gateway

COMMAND = ("-m", "localstack_outages", "mcp")

Session = Callable[[Callable[[Client], Awaitable[None]]], None]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a gateway."""
    with gateway() as url:
        yield url


@pytest.fixture
def outages(endpoint: str) -> Iterator[OutagesClient]:
    """The gateway's control API; without rules before the test and after it."""
    with OutagesClient(endpoint) as client:
        client.clear()
        yield client
        client.clear()


@pytest.fixture
def session(endpoint: str, outages: OutagesClient) -> Session:
    """Runs a scene with a client of a server that was started for it."""

    def run(scene: Callable[[Client], Awaitable[None]], url: str = endpoint) -> None:
        server = StdioServerParameters(command=sys.executable, args=[*COMMAND, "--endpoint", url])

        async def connected() -> None:
            async with Client(server) as client:
                await scene(client)

        asyncio.run(asyncio.wait_for(connected(), 60))

    return run


@pytest.fixture
def sqs(endpoint: str) -> Any:
    """A client that makes three attempts."""
    return boto3.client(
        "sqs",
        "us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 3}),
    )


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    """Call a tool that does as it is asked; give its document."""
    result = await client.call_tool(tool, arguments)
    text = result.content[0].text
    assert not result.is_error, text
    assert result.structured_content == json.loads(text)
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    """Call a tool that cannot do as it is asked; give what it says."""
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    return result.content[0].text


def test_an_experiment(session, sqs) -> None:
    """An agent starts an outage, has the application run, reads its verdict and ends what is left."""

    async def scene(client: Client) -> None:
        await call(client, "set_mark", name="begin")
        rule = {"service": "sqs", "operation": "ListQueues", "error": "throttling", "times": 2}
        started = await call(client, "start_outages", rules=[rule, {"service": "kms"}], owner="me")
        throttled, kms = started["started"]
        assert [rule, {"service": "kms"}] == [throttled["rule"], kms["rule"]]

        await asyncio.to_thread(sqs.list_queues)

        verdicts = await call(client, "read_verdicts", owner="me", mark="begin", wait=10)
        (verdict,) = verdicts["verdicts"]
        assert ("ListQueues", 3, "recovered") == (
            verdict["operation"], verdict["attempts"], verdict["ending"],
        )  # fmt: skip
        events = (await call(client, "list_calls", service="sqs"))["events"]
        assert ["RequestThrottled"] * 2 == [event["errorCode"] for event in events][-2:]
        touched_or_not = await call(client, "list_calls", untouched=True, limit=1)
        assert [200] == [event["statusCode"] for event in touched_or_not["events"]]

        left = await call(client, "list_outages")
        assert [kms["id"]] == [status["id"] for status in left["rules"]]
        ended = await call(client, "end_outages", ids=[kms["id"]])
        assert [kms["id"]] == [status["id"] for status in ended["ended"]]
        assert [] == (await call(client, "list_outages"))["rules"]

    session(scene)


def test_a_scenario(session, outages) -> None:
    """An agent finds a scenario, plays a phase of it, and ends it."""

    async def scene(client: Client) -> None:
        listed = await call(client, "list_scenarios")
        assert "kms-down" in [each["name"] for each in listed["scenarios"]]
        run = await call(client, "run_scenario", name="kms-down", phase="down", speed=2)
        assert "kms-down" == run["name"]
        assert outages.rules()
        assert "kms-down" == (await call(client, "report_on_scenario", name="kms-down"))["scenario"]
        await call(client, "end_scenario", name="kms-down")
        assert [] == outages.rules()

    session(scene)


SCRIPT = """
curl -s "$AWS_ENDPOINT_URL" -H 'X-Amz-Target: AmazonSQS.CreateQueue' -d '{"QueueName": "orders"}' \\
    -H 'Content-Type: application/x-amz-json-1.0' -H "Authorization: AWS4-HMAC-SHA256 \\
Credential=$AWS_ACCESS_KEY_ID/20261123/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=00"
true
"""
"""It does not look whether the queue is there."""


def test_a_sweep(session, endpoint: str, tmp_path: Path) -> None:
    """An agent reads what a sweep of a command has found, with the command that shows it again; where
    there is no report, it is told how to make one.
    """
    report, script = tmp_path / "sweep.json", tmp_path / "orders.sh"
    script.write_text(SCRIPT)
    sweep = [sys.executable, "-m", "localstack_outages", "sweep", "--endpoint", endpoint]
    ended = subprocess.run(
        [*sweep, "--report", report, "--", "sh", script],
        capture_output=True, text=True, timeout=120, cwd=tmp_path,
    )  # fmt: skip
    assert 1 == ended.returncode, ended.stderr

    async def scene(client: Client) -> None:
        found = await call(client, "read_sweep", file=str(report))
        (silent,) = [one for one in found["findings"] if one["fault"] == "internal"]
        assert ("sqs", "CreateQueue", 1, "silent", None, False) == tuple(
            silent[name] for name in ("service", "operation", "call", "outcome", "site", "known")
        )
        assert silent["replay"].startswith("localstack-outages sweep --replay 'sqs:CreateQueue#1=")
        assert len(found["findings"]) == found["total"] > 1
        assert f"{found['total']} findings" in found["summary"]
        assert sum(found["outcomes"].values()) > found["total"]
        assert 1 == len((await call(client, "read_sweep", file=str(report), limit=1))["findings"])

        nowhere = await refused(client, "read_sweep", file="no such.json")
        assert nowhere.startswith(
            "file: there is no file 'no such.json'; a sweep writes it: pytest "
        )
        assert "localstack-outages sweep --report 'no such.json' -- COMMAND" in nowhere
        (tmp_path / "other.json").write_text('{"secret": 1}')
        other = await refused(client, "read_sweep", file=str(tmp_path / "other.json"))
        assert "other.json is no report of a sweep: version: Field required" in other

    session(scene)


def test_names(session) -> None:
    """An agent asks how AWS calls things."""

    async def scene(client: Client) -> None:
        names = await call(client, "list_names", service="dynamodb")
        assert "PutItem" in names["operations"]

    session(scene)


def test_what_ends(session, outages) -> None:
    """Rules end by their owner, or all at once; others stay."""

    async def scene(client: Client) -> None:
        for owner in ("one", "two"):
            await call(client, "start_outages", rules=[{"service": "s3"}], owner=owner)
        await call(client, "end_outages", owner="one")
        assert ["two"] == [rule["owner"] for rule in outages.status()["rules"]]
        await call(client, "end_outages", all=True)
        assert [] == outages.rules()

    session(scene)


BAD = [
    ("start_outages", {}, "rules: 'rules' is missing"),
    ("start_outages", {"rules": []}, "rules: List should have at least 1 item"),
    (
        "start_outages",
        {"rules": [{"service": "s3"}, {"serivce": "s3"}]},
        "rules[1].serivce: unknown field 'serivce': did you mean 'service'?",
    ),
    (
        "start_outages",
        {"rules": [{"error": "trottling"}]},
        "rules[0].error: 'trottling' is not one of",
    ),
    ("end_outages", {}, "say which outages end: one of 'ids', 'owner' and 'all': true"),
    ("end_outages", {"ids": ["r1"], "all": True}, "say which outages end"),
    ("end_outages", {"ids": ["r0"]}, "ids: no rule has the id 'r0'; the rules are r"),
    ("read_verdicts", {"limit": 1000}, "limit: 1000 is out of range: at most 100"),
    ("read_verdicts", {"mark": "nowhere"}, "nowhere"),
    ("run_scenario", {"name": "kms-dwon"}, "kms-dwon"),
    ("run_scenario", {"name": "kms-down", "speed": "2"}, "speed: '2' is a string"),
    ("list_outages", {"service": "s3"}, "unknown field 'service': none is taken here"),
    ("shrug", {}, "unknown tool 'shrug': the tools are start_outages, end_outages"),
]


def test_what_is_refused(session, outages) -> None:
    """A call that is not valid changes nothing, and says which argument is wrong and what is right."""
    outages.add([{"service": "kms"}])
    before = outages.rules()

    async def scene(client: Client) -> None:
        for tool, arguments, expected in BAD:
            assert expected in await refused(client, tool, **arguments), (tool, arguments)

    session(scene)
    assert before == outages.rules()


def test_what_the_tools_say_of_themselves(session) -> None:
    """Each tool has a strict schema, and says whether it changes anything."""

    async def scene(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        changing = {name for name, t in tools.items() if not t.annotations.read_only_hint}
        ending = {name for name, t in tools.items() if t.annotations.destructive_hint}
        assert {
            "start_outages", "end_outages", "set_mark", "run_scenario", "end_scenario",
        } == changing  # fmt: skip
        assert {"end_outages", "end_scenario"} == ending
        for tool in tools.values():
            Draft202012Validator.check_schema(tool.input_schema)
            assert tool.input_schema["additionalProperties"] is False
            assert not Draft202012Validator(tool.input_schema).is_valid({"x": 1})
            assert tool.description
        start = Draft202012Validator(tools["start_outages"].input_schema)
        assert start.is_valid({"rules": [{"service": "s3", "error": "throttling"}]})
        for wrong in ({"probability": 7}, {"serivce": "s3"}, {"error": "trottling"}):
            assert not start.is_valid({"rules": [wrong]})

    session(scene)


def test_nobody_there(session) -> None:
    """Where nothing answers a tool says so; the server goes on."""

    async def scene(client: Client) -> None:
        for _ in range(2):
            assert "http://127.0.0.1:1" in await refused(client, "list_outages")

    session(scene, "http://127.0.0.1:1")


def test_it_ends_with_its_input(endpoint: str) -> None:
    """The server ends in good order when the agent closes its end, and has said nothing else."""
    ended = subprocess.run(
        [sys.executable, *COMMAND, "--endpoint", endpoint], input="", capture_output=True, text=True,
        timeout=30,
    )  # fmt: skip

    assert (0, "", "") == (ended.returncode, ended.stdout, ended.stderr)


def test_a_call_that_still_fails(session, sqs, outages) -> None:
    """What an agent started stays when it leaves, and calls fail by it."""

    async def scene(client: Client) -> None:
        await call(client, "start_outages", rules=[{"service": "sqs", "error": "denied"}])

    session(scene)
    with pytest.raises(ClientError, match="AccessDenied"):
        sqs.list_queues()
