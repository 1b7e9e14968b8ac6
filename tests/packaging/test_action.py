"""The GitHub Action of the repository with LocalStack as its host, step by step as GitHub runs it."""

import socket
import sys
from pathlib import Path

from tests.github_runner import github_job

from .conftest import ROOT

CALL = "import boto3; boto3.client('sqs').list_queues()"


def test_the_action_starts_localstack(tmp_path: Path) -> None:
    """SDKs of the steps behind it reach a LocalStack with the rules that the action was given."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    rules = tmp_path / "rules.yaml"
    rules.write_text("- {service: sqs, error: throttling, times: 1}\n")
    with github_job(tmp_path / "job", XDG_CACHE_HOME=str(tmp_path / "cache")) as runner:
        ended = runner.run_action(ROOT, host="localstack", port=port, rules=str(rules))
        assert ended.succeeded, ended.output

        runner.run(sys.executable, "-c", CALL)
        told = runner.run("localstack-outages", "verdicts", "--all")
    assert "sqs.ListQueues in us-east-1: recovered" in told
