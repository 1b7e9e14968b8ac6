"""The GitHub Action of the repository, step by step as GitHub runs it. Needs bash, the extra ``standalone``
and the package registry.
"""

import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from tests.github_runner import Runner, github_job

ROOT = Path(__file__).parents[2]
CALL = 'import boto3; print(boto3.client("sqs").create_queue(QueueName="q")["QueueUrl"])'


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """A machine on which the job has set two things for AWS."""
    env = {"AWS_REGION": "eu-west-1", "AWS_SECRET_ACCESS_KEY": "mine"}
    with github_job(tmp_path_factory.mktemp("job"), **env) as runner:
        yield runner


@pytest.fixture
def port() -> str:
    """A free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def test_what_is_wrong_is_told(runner: Runner, tmp_path: Path, port: str) -> None:
    """A wrong input fails the step, and the job's log says why."""
    rules = tmp_path / "rules.yaml"
    rules.write_text("- {service: sqs, error: trottling}\n")
    wrong_host = runner.run_action(ROOT, host="moto")
    wrong_rules = runner.run_action(ROOT, port=port, rules=str(rules))

    assert (False, "::error::host: 'moto' is neither 'gateway' nor 'localstack'\n") == wrong_host[
        :2
    ]
    assert not wrong_rules.succeeded
    assert (
        f"::error::gateway is not ready at http://127.0.0.1:{port}; its log:" in wrong_rules.output
    )
    assert "did you mean 'throttling'?" in wrong_rules.output


def test_the_action(runner: Runner, tmp_path: Path, port: str) -> None:
    """SDKs of the steps behind it reach the gateway, with the rules that it was given, and the command
    line is at hand. What the job has set stays.
    """
    rules = tmp_path / "rules.yaml"
    rules.write_text("- {service: sqs, error: throttling, times: 2}\n")
    ended = runner.run_action(ROOT, port=port, rules=str(rules))
    assert ended.succeeded, ended.output

    endpoint = f"http://127.0.0.1:{port}"
    assert {"endpoint": endpoint} == ended.outputs
    assert {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
    } == {name: value for name, value in runner.env.items() if name.startswith("AWS_")}
    assert f"{endpoint}/123456789012/q" in runner.run(sys.executable, "-c", CALL)
    told = runner.run("localstack-outages", "verdicts", "--all")
    assert "sqs.CreateQueue in eu-west-1: recovered" in told
    temp = runner.env["RUNNER_TEMP"]
    assert runner.run("which", "localstack-outages").startswith(temp)
    assert not runner.run("which", "python3").startswith(temp)

    again = runner.run_action(ROOT, port=port)
    assert not again.succeeded
    assert "address already in use" in again.output.lower()
