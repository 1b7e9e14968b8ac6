"""The rules of OUTAGES_RULES are in force from the moment that LocalStack is ready."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from localstack_outages.launch.process import HostProcess, StartError

from .helpers import ONCE, OUT, outcome, wait_until

Answer = tuple[int, Any]
Start = Callable[[str], Any]


@pytest.fixture
def started(start_host) -> Start:
    """A function that starts a LocalStack with a value of OUTAGES_RULES, and stops it."""

    @contextmanager
    def start(value: str) -> Iterator[HostProcess]:
        host = start_host(OUTAGES_RULES=value)
        try:
            yield host
        finally:
            host.stop()

    return start


def rules_of(outages, host: HostProcess) -> Any:
    """Give the rules of another LocalStack than the one that the tests share."""
    return type(outages)(host.endpoint).get()[1]


def test_json_text_that_ends_everything(started: Start, outages, client) -> None:
    """An outage of everything does not break LocalStack's own start, and is in force after it."""
    with started("[{}]") as host:
        sts = client("sts", retries=ONCE, endpoint_url=host.endpoint)
        assert [{}] == rules_of(outages, host)
        assert OUT == outcome(sts.get_caller_identity)
        assert "OUTAGES_RULES: 1 rules are in force" in host.log.read_text()


def test_yaml_file(started: Start, outages, client, tmp_path: Path) -> None:
    """A YAML file is read; what it says is in force."""
    path = tmp_path / "rules.yaml"
    path.write_text(
        "# at the start\n- service: sts\n  error:\n    statusCode: 500\n    code: Early\n"
    )
    with started(str(path)) as host:
        rules = [{"service": "sts", "error": {"statusCode": 500, "code": "Early"}}]
        assert rules == rules_of(outages, host)
        sts = client("sts", retries=ONCE, endpoint_url=host.endpoint)
        assert "Early" == outcome(sts.get_caller_identity)


def test_a_bad_file(started: Start, outages, client, tmp_path: Path, is_localstack: bool) -> None:
    """The log says what is wrong and where, also after "Ready."; the host starts without rules."""
    path = tmp_path / "rules.json"
    path.write_text(json.dumps([{"service": "sts"}, {"servce": "s3"}]))
    with started(str(path)) as host:
        assert [] == rules_of(outages, host)
        sts = client("sts", retries=ONCE, endpoint_url=host.endpoint)
        assert "ok" == outcome(sts.get_caller_identity)
        wait_until(lambda: host.log.read_text().count("OUTAGES_RULES") == 2)
        log = host.log.read_text()

    lines = log.splitlines()
    first, second = (number for number, line in enumerate(lines) if "OUTAGES_RULES" in line)
    ready = next(n for n, line in enumerate(lines) if line == "Ready." or " is ready, " in line)
    assert first < ready < second
    for line in (lines[first], lines[second]):
        assert "ERROR" in line or not is_localstack  # the gateway's log has no levels
        assert f"'{path}': [1].servce: unknown field 'servce': did you mean 'service'?" in line
    assert "Traceback" not in log


def test_a_bad_file_where_rules_are_strict(start_host) -> None:
    """With OUTAGES_RULES_STRICT=1 LocalStack does not start, and says in one line why."""
    with pytest.raises(StartError) as caught:
        start_host(OUTAGES_RULES='[{"servce": "s3"}]', OUTAGES_RULES_STRICT="1")

    log = str(caught.value)
    (line,) = [line for line in log.splitlines() if "OUTAGES_RULES" in line]
    assert "its JSON: [0].servce: unknown field 'servce': did you mean 'service'?" in line
    assert "OUTAGES_RULES_STRICT forbids starting without them" in line
    assert "Traceback" not in log
    assert "Ready." not in log


def test_good_rules_where_rules_are_strict(start_host, outages) -> None:
    """With OUTAGES_RULES_STRICT=1 and rules that are valid LocalStack starts with them."""
    host = start_host(OUTAGES_RULES='[{"service": "s3"}]', OUTAGES_RULES_STRICT="1")
    try:
        assert [{"service": "s3"}] == rules_of(outages, host)
    finally:
        host.stop()
