"""The rules of OUTAGES_RULES are in force from the moment that LocalStack is ready."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from localstack_outages.runtime import LocalStack

from .helpers import ONCE, OUT, outcome

Answer = tuple[int, Any]
Start = Callable[[str], Any]


@pytest.fixture
def started(start_localstack) -> Start:
    """A function that starts a LocalStack with a value of OUTAGES_RULES, and stops it."""

    @contextmanager
    def start(value: str) -> Iterator[LocalStack]:
        localstack = start_localstack(OUTAGES_RULES=value)
        try:
            yield localstack
        finally:
            localstack.stop()

    return start


def rules_of(outages, localstack: LocalStack) -> Any:
    """Give the rules of another LocalStack than the one that the tests share."""
    return type(outages)(localstack.endpoint).get()[1]


def test_json_text_that_ends_everything(started: Start, outages, client) -> None:
    """An outage of everything does not break LocalStack's own start, and is in force after it."""
    with started("[{}]") as localstack:
        sts = client("sts", retries=ONCE, endpoint_url=localstack.endpoint)
        assert [{}] == rules_of(outages, localstack)
        assert OUT == outcome(sts.get_caller_identity)
        assert "OUTAGES_RULES: 1 rules are in force" in localstack.log.read_text()


def test_yaml_file(started: Start, outages, client, tmp_path: Path) -> None:
    """A YAML file is read; what it says is in force."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "# at the start\n- service: sts\n  error:\n    statusCode: 500\n    code: Early\n"
    )
    with started(str(path)) as localstack:
        rules = [{"service": "sts", "error": {"statusCode": 500, "code": "Early"}}]
        assert rules == rules_of(outages, localstack)
        sts = client("sts", retries=ONCE, endpoint_url=localstack.endpoint)
        assert "Early" == outcome(sts.get_caller_identity)


def test_a_bad_file(started: Start, outages, client, tmp_path: Path) -> None:
    """One line of the log says what is wrong and where; LocalStack starts without rules."""
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([{"service": "sts"}, {"servce": "s3"}]))
    with started(str(path)) as localstack:
        assert [] == rules_of(outages, localstack)
        sts = client("sts", retries=ONCE, endpoint_url=localstack.endpoint)
        assert "ok" == outcome(sts.get_caller_identity)
        log = localstack.log.read_text()

    (line,) = [line for line in log.splitlines() if "OUTAGES_RULES" in line]
    assert "ERROR" in line
    assert f"'{path}': [1].servce: unknown field 'servce': did you mean 'service'?" in line
    assert "Traceback" not in log
