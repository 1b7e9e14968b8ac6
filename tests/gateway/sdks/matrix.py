"""What AWS's SDKs make of each fault in each protocol: the calls, how they are made, what came of them.

Each cell of the table is one call of one SDK, with a client and an account of its own: the rule for the
cell means that account. How many attempts there were is what the gateway saw; the error is what the SDK
told its application (see ``applications/``); flags are those of the verdict.
"""

import json
import os
import socket
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import count
from operator import itemgetter
from pathlib import Path
from typing import Any

import boto3

from localstack_outages import OutagesClient
from localstack_outages.launch.host_choice import GATEWAY, HostChoice, make_host

from .installed import KINDS, Sdk

TIMEOUT = 2
"""Seconds after which clients give up an attempt where answers are late."""

BUCKET = {"Bucket": "matrix"}
WAIT = 60
SLOW = "dynamodb"
"""The row for which botocore's mode ``legacy`` takes longest: ten attempts, in 26 seconds."""

RANDOM_FLAGS = {"noBackoff"}
"""Back-off is a random share of a pause, so that now and then it is none."""


@dataclass(frozen=True)
class Row:
    """A protocol, and the call that speaks it."""

    title: str
    operation: str
    codes: dict[str, str] = field(default_factory=dict)
    """What AWS answers, by fault."""
    parameters: dict[str, str] = field(default_factory=dict)
    header: dict[str, str] = field(default_factory=dict)
    """What tells that a request speaks the protocol, where SDKs differ."""


@dataclass(frozen=True)
class Fault:
    """A fault, and the rows for which it is tried."""

    title: str
    rule: dict[str, Any]
    rows: Sequence[str]


@dataclass(frozen=True)
class Cell:
    """What came of a call."""

    attempts: int
    error: str | None
    message: str = ""
    sent: str | None = None
    """The code of the error that the gateway answered first."""
    waited: float = 0
    """Seconds between the first two attempts; the fewest of all calls of the SDK with this fault, for on a
    busy machine some are late."""
    flags: tuple[str, ...] = ()


def _codes(throttling: str, unavailable: str, denied: str, skewed: str) -> dict[str, str]:
    return {
        "throttling": throttling,
        "unavailable": unavailable,
        "denied": denied,
        "skewed": skewed,
        "retryAfter": unavailable,
    }


# Sources: the API reference of each service, Common Errors and Errors of its operations; for Lambda
# and SQS the models in github.com/aws/api-models-aws.
_S3 = _codes("SlowDown", "ServiceUnavailable", "AccessDenied", "RequestTimeTooSkewed")
_JSON = {"denied": "AccessDeniedException", "skewed": "InvalidSignatureException"}
ROWS = {
    "query": Row(
        "query: STS GetCallerIdentity",
        "GetCallerIdentity",
        _codes("Throttling", "ServiceUnavailable", "AccessDenied", "SignatureDoesNotMatch"),
    ),
    "ec2": Row(
        "ec2: EC2 DescribeRegions",
        "DescribeRegions",
        _codes("RequestLimitExceeded", "Unavailable", "UnauthorizedOperation", "RequestExpired"),
    ),
    "dynamodb": Row(
        "json 1.0: DynamoDB ListTables",
        "ListTables",
        _codes("ProvisionedThroughputExceededException", "ServiceUnavailable", **_JSON),
    ),
    "sqs": Row(
        "json 1.0, was query: SQS ListQueues",
        "ListQueues",
        _codes("RequestThrottled", "ServiceUnavailable", "AccessDenied", _JSON["skewed"]),
        header={"x-amz-target": "AmazonSQS.*"},
    ),
    "kms": Row(
        "json 1.1: KMS ListKeys",
        "ListKeys",
        _codes("ThrottlingException", "DependencyTimeoutException", **_JSON),
    ),
    "kinesis": Row(
        "json 1.1 as CBOR: Kinesis ListStreams",
        "ListStreams",
        _codes("ProvisionedThroughputExceededException", "ServiceUnavailable", **_JSON),
        header={"content-type": "application/x-amz-cbor-1.1"},
    ),
    "cbor": Row(
        "rpc-v2-cbor: CloudWatch ListMetrics",
        "ListMetrics",
        _codes("Throttling", "ServiceUnavailable", **_JSON),
        header={"smithy-protocol": "rpc-v2-cbor"},
    ),
    "lambda": Row(
        "rest-json: Lambda Invoke",
        "Invoke",
        _codes("TooManyRequestsException", "ServiceUnavailable", **_JSON),
        {"FunctionName": "matrix"},
    ),
    "list": Row("rest-xml: S3 ListBuckets", "ListBuckets", _S3),
    "head": Row("no body: S3 HeadBucket", "HeadBucket", parameters=BUCKET),
    "get": Row("stream: S3 GetObject", "GetObject", _S3, {**BUCKET, "Key": "key"}),
}
_ALL = tuple(ROWS)
FAULTS = {
    "throttling": Fault('`"error": "throttling"`', {"error": "throttling"}, _ALL),
    "unavailable": Fault('`"error": "unavailable"`', {"error": "unavailable"}, _ALL),
    "denied": Fault('`"error": "denied"`', {"error": "denied"}, _ALL),
    "skewed": Fault(
        '`"error": "skewed"`', {"error": "skewed"}, ("query", "ec2", "dynamodb", "kms", "get")
    ),
    "retryAfter": Fault(
        '`"error": "unavailable", "retryAfter": 4, "times": 1`',
        {"error": "unavailable", "retryAfter": 4, "times": 1},
        ("query", "kms", "get"),
    ),
    "latency": Fault(
        f'`"latency": 5000`, with a read timeout of {TIMEOUT} s',
        {"latency": 5000},
        ("query", "kms", "get"),
    ),
    "reset": Fault('`"connection": "reset"`', {"connection": "reset"}, ("query", "kms", "get")),
    "truncate": Fault(
        '`"connection": "truncate"`',
        {"connection": "truncate"},
        ("query", "kms", "list", "head", "get"),
    ),
}
Key = tuple[str, str, str]
"""SDK, fault, row."""


def keys(sdk: str) -> Iterator[Key]:
    """Give the cells of an SDK, those that take longest first."""
    mine = [(f, row) for f, fault in FAULTS.items() for row in fault.rows if row in KINDS[sdk].rows]
    for fault, row in sorted(mine, key=lambda cell: cell[1] != SLOW):
        yield sdk, fault, row


def rules(accounts: dict[Key, str]) -> list[dict[str, Any]]:
    """Give the rule for each cell."""
    return [
        {
            "account": account,
            "operation": ROWS[row].operation,
            **({"header": ROWS[row].header} if ROWS[row].header else {}),
            **FAULTS[fault].rule,
        }
        for (_, fault, row), account in accounts.items()
    ]


def run(sdks: Sequence[Sdk], folder: Path) -> dict[Key, Cell]:
    """Make all calls, those of all SDKs side by side, with a gateway of their own.

    :param folder: where its log goes
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        listen = f"127.0.0.1:{probe.getsockname()[1]}"
    host = make_host(
        HostChoice(GATEWAY, "moto"), listen, folder / "volume", os.environ, folder / "gateway.log"
    )
    host.start()
    try:
        return _run(sdks, host.endpoint)
    finally:
        host.stop()


def _run(sdks: Sequence[Sdk], endpoint: str) -> dict[Key, Cell]:
    numbers = count()
    accounts = {
        key: f"{84 if key[2] == SLOW else 83}{next(numbers):010}"
        for sdk in sdks
        for key in keys(sdk.name)
    }
    s3 = boto3.client(
        "s3", "us-east-1", endpoint_url=endpoint,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    s3.create_bucket(**BUCKET)
    s3.put_object(**ROWS["get"].parameters, Body=b"0123456789" * 10_000)
    with OutagesClient(endpoint) as api:
        api.replace(rules(accounts))
        with ThreadPoolExecutor(len(sdks)) as pool:
            told: dict[Key, Any] = {}
            for answers in pool.map(lambda sdk: _ask(sdk, endpoint, accounts), sdks):
                told |= answers
        cells = dict(_cells(api, accounts, told))
    return {
        key: replace(
            cell, waited=min(its.waited for other, its in cells.items() if other[:2] == key[:2])
        )
        for key, cell in cells.items()
    }


def _ask(sdk: Sdk, endpoint: str, accounts: dict[Key, str]) -> dict[Key, Any]:
    mine = list(keys(sdk.name))
    cells = [
        {
            "operation": ROWS[row].operation,
            "parameters": ROWS[row].parameters,
            "account": accounts[key],
            "protocol": row,
            "timeout": TIMEOUT if fault == "latency" else None,
        }
        for key in mine
        for _, fault, row in (key,)
    ]
    env = {n: v for n, v in os.environ.items() if n != "PYTHONPATH" and not n.startswith("AWS_")}
    nothing = dict.fromkeys(("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), os.devnull)
    done = subprocess.run(
        sdk.command,
        input=json.dumps({"endpoint": endpoint, "cells": cells}),
        env=env | nothing | {"AWS_EC2_METADATA_DISABLED": "true"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert 0 == done.returncode, f"{sdk.name}: {done.stderr}"
    return dict(zip(mine, json.loads(done.stdout), strict=True))


def _cells(
    api: OutagesClient, accounts: dict[Key, str], told: dict[Key, Any]
) -> Iterator[tuple[Key, Cell]]:
    # Until the others are decided; of those that took longest it is known by then what they did.
    judged = api.verdicts(limit=5_000, account="83*", wait=WAIT)["verdicts"]
    judged += api.verdicts(limit=5_000, account="84*")["verdicts"]
    verdicts = defaultdict(list)
    for verdict in judged:
        verdicts[verdict["account"]].append(verdict)
    for key, account in accounts.items():
        its, answer = verdicts[account], told[key]
        if not its:  # it speaks another protocol there
            continue
        # On a busy machine the attempts of an SDK that sends no invocation id can look like several calls.
        assert len(its) == 1 or "guessed" == its[0]["grouping"], its
        verdict = max(its, key=itemgetter("attempts"))
        yield (
            key,
            Cell(
                attempts=sum(one["attempts"] for one in its),
                error=answer.get("error"),
                message=answer.get("message", ""),
                sent=verdict["strip"][0]["errorCode"],
                waited=(verdict["gapsMs"][0] or 0) / 1000 if verdict["gapsMs"] else 0,
                flags=tuple(flag for flag in verdict["flags"] if flag not in RANDOM_FLAGS),
            ),
        )
