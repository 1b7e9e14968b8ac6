"""The gateway as a process of its own, with moto beside it."""

import json
import os
import signal
import socket
import ssl
import subprocess
import urllib.request

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
pytest.importorskip("boto3")

import boto3

from localstack_outages.hosts.gateway.authority import Authority

from .processes import COMMAND, gateway, gateway_and_log


@pytest.mark.slow
def test_moto():
    """With no upstream it is an AWS that can fail, DynamoDB included."""
    with gateway() as url:
        dynamodb, s3 = (
            boto3.client(
                name, "eu-west-1", endpoint_url=url,
                aws_access_key_id="123456789012", aws_secret_access_key="secret",
            )
            for name in ("dynamodb", "s3")
        )  # fmt: skip
        s3.create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        key = "a//b/../c d+é%2F"
        s3.put_object(Bucket="bucket", Key=key, Body=b"x" * 3_000_000)
        rules = [{"service": "dynamodb", "error": "throttling"}]
        request = urllib.request.Request(
            f"{url}/_extension/outages/outages", json.dumps(rules).encode(), method="POST"
        )
        with urllib.request.urlopen(request) as answer:
            assert 200 == answer.status

        assert [key] == [one["Key"] for one in s3.list_objects_v2(Bucket="bucket")["Contents"]]
        assert 3_000_000 == len(s3.get_object(Bucket="bucket", Key=key)["Body"].read())
        with pytest.raises(dynamodb.exceptions.ProvisionedThroughputExceededException):
            dynamodb.put_item(TableName="t", Item={"a": {"S": "b"}})


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--listen", "0.0.0.0:0"], "give it a --token"),
        (["--token", "a b"], "--token: a token is made of visible ASCII characters"),
        (["--listen", "nonsense"], "write it as 127.0.0.1:4566"),
        (
            ["--listen", "192.0.2.1:1", "--token", "t", "--upstream", "http://127.0.0.1:1"],
            "cannot be used",
        ),
        (["--upstream", "ftp://127.0.0.1"], "write it as http://127.0.0.1:5000, moto or aws"),
        (["--rules", "nowhere.yaml"], "--rules: cannot read 'nowhere.yaml'"),
        (["--rules", '[{"servcie": "s3"}]'], "servcie"),
        (["--tls-key", "key.pem"], "give it a --tls-cert"),
        (["--tls-cert", "nowhere.pem"], "--tls-cert nowhere.pem cannot be read"),
        (["--tls-cert", __file__], "is not a certificate in PEM form"),
    ],
)
def test_mistakes(arguments, expected):
    """A mistake is one line that says what would be right."""
    done = subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env={**os.environ}, timeout=60
    )

    assert 2 == done.returncode
    assert expected in done.stderr.splitlines()[-1]
    assert 1 == len(done.stderr.splitlines())


def test_a_port_in_use():
    """A port in use is told in one line, before anything is started."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run(
            [*COMMAND, "--listen", f"127.0.0.1:{port}"], capture_output=True, text=True, timeout=60
        )

    assert 2 == done.returncode
    assert [f"error: --listen 127.0.0.1:{port} cannot be used: Address already in use"] == (
        done.stderr.splitlines()
    )


def test_a_missing_extra():
    """Without moto one line says what to install."""
    without = "import sys; sys.modules['moto'] = None; from runpy import run_module; " + (
        "run_module('localstack_outages.hosts.gateway', run_name='__main__')"
    )
    done = subprocess.run(
        [COMMAND[0], "-c", without, "--listen", "127.0.0.1:0"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert 2 == done.returncode
    assert "error: moto is not installed: pip install" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_no_upstream_yet():
    """A gateway whose upstream is not there says so, and starts."""
    with gateway_and_log("--upstream", "http://127.0.0.1:1") as (_, log):
        said = [log.readline() for _ in range(2)][1]

    assert said.startswith("http://127.0.0.1:1 does not answer")
    assert "until it does, calls get HTTP 502" in said


@pytest.mark.parametrize("is_file", [True, False])
def test_rules(tmp_path, is_file):
    """Rules to start with are read as those of OUTAGES_RULES, before which they go."""
    rules = '[{"service": "s3"}]'
    (tmp_path / "rules.yaml").write_text("- service: s3\n")
    value = str(tmp_path / "rules.yaml") if is_file else rules
    environ = {**os.environ, "OUTAGES_RULES": '[{"service": "sqs"}]'}
    with (
        gateway("--rules", value, "--upstream", "http://127.0.0.1:1", env=environ) as url,
        urllib.request.urlopen(f"{url}/_extension/outages/outages") as answer,
    ):
        assert json.loads(rules) == json.load(answer)


def test_tls(tmp_path):
    """It serves TLS with a certificate of the user's."""
    authority = Authority(tmp_path)
    (tmp_path / "own.pem").write_bytes(authority.issue("127.0.0.1"))
    trust = ssl.create_default_context(cafile=str(authority.path))
    options = ("--upstream", "http://127.0.0.1:1", "--tls-cert", str(tmp_path / "own.pem"))
    with (
        gateway(*options) as url,
        urllib.request.urlopen(f"{url}/_extension/outages/outages", context=trust) as answer,
    ):
        assert url.startswith("https://")
        assert [] == json.load(answer)


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="Linux lists children")
def test_moto_ends():
    """A gateway whose moto has ended says so, and ends as well."""
    with subprocess.Popen(
        [*COMMAND, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert any("is ready" in line for line in process.stderr)
        (beside,) = _children(process.pid)
        os.kill(beside, signal.SIGKILL)
        said = process.stderr.read()

    assert 1 == process.returncode
    assert "moto has ended with exit code -9" in said


def _children(process_id):
    """Give the processes that a process started."""
    with open(f"/proc/{process_id}/task/{process_id}/children") as file:
        return [int(number) for number in file.read().split()]
