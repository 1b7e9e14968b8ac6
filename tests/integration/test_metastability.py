"""An outage with a known end: retries without limit keep a system down, a retry quota lets it recover."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from localstack_outages.cli.main import run
from localstack_outages.client.client import OutagesClient

from .helpers import wait_until

pytestmark = pytest.mark.host("localstack", reason="is fast enough to recover beside other tests")

WORKERS = 8
PAUSE_SECONDS = 0.8
"""Each worker pauses so long after a call: ten calls a second in all."""

TRIGGER_SECONDS = 5


def scenario(service: str) -> dict[str, Any]:
    """Give an outage of a service that is only half as strong again as its traffic needs."""
    capacity = {"capacity": 1.5, "burst": 5}
    return {
        "name": f"outage-of-{service}",
        "title": "A short outage",
        "phases": [
            {"name": "capacity", "at": 0, "length": 18, "text": "It has no more capacity than that.",
             "rules": [{"service": service, "throttle": capacity}]},
            {"name": "down", "at": 0, "length": TRIGGER_SECONDS, "text": "Nothing works.",
             "rules": [{"service": service, "error": "internal"}]},
        ],
    }  # fmt: skip


@contextmanager
def at_work(call: Callable[[], object]) -> Iterator[None]:
    """Have workers call meanwhile, each again and again."""
    done = threading.Event()

    def work(number: int) -> None:
        done.wait(number * PAUSE_SECONDS / WORKERS)
        while not done.is_set():
            with suppress(ClientError):  # its client has given up
                call()
            done.wait(PAUSE_SECONDS)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join(30)


def retry_at_once(
    response: tuple[Any, Any] | None, caught_exception: Exception | None, **_: object
) -> int | None:
    """Have botocore try again at once, without limit."""
    failed = caught_exception is not None or (response and response[0].status_code >= 400)
    return 0 if failed else None


@pytest.fixture
def play(endpoint: str, outages, tmp_path: Path, monkeypatch) -> Callable[..., Any]:
    """A function that plays the scenario of a service while workers call; it gives the exit code of
    ``scenario run --fail-on metastable`` and the report.
    """
    assert (200, []) == outages.get()
    monkeypatch.setenv("OUTAGES_ENDPOINT", endpoint)
    file = tmp_path / "scenario.json"
    control = OutagesClient(endpoint)

    def is_steady() -> bool:
        threading.Event().wait(0.5)  # it is asked again and again
        good = [second["good"] for second in control.load(6)["seconds"]]
        return all(number >= 5 for number in good[1:-1])

    def play(service: str, call: Callable[[], object]) -> tuple[int, dict[str, Any]]:
        file.write_text(json.dumps(scenario(service)))
        with at_work(call):
            wait_until(is_steady, within=60)  # LocalStack loads a service with its first call
            code = run(["scenario", "run", str(file), "--fail-on", "metastable"])
            report = control.scenarios.report(f"outage-of-{service}")
            control.clear()
        return code, dict(report)

    return play


def test_retries_without_limit_sustain_an_outage(
    play, client: Callable[..., BaseClient], capsys
) -> None:
    """A client that retries at once without limit stays down after the trigger: it is metastable."""
    sts = client("sts", "us-east-1", {"total_max_attempts": 1})
    sts.meta.events.register_first("needs-retry.sts", retry_at_once)

    code, report = play("sts", sts.get_caller_identity)

    assert (1, True) == (code, report["metastable"]), report
    assert "error: metastable\n" in capsys.readouterr().err
    assert report["amplification"] > 3
    assert report["recovery"] is None


def test_a_retry_quota_ends_it(play, client: Callable[..., BaseClient], capsys) -> None:
    """botocore's standard mode with its retry quota recovers from the same outage."""
    sqs = client("sqs", "us-east-1", {"total_max_attempts": 3, "mode": "standard"})

    prefixes = map(str, count())  # each call is after something else: none goes on with another

    code, report = play("sqs", lambda: sqs.list_queues(QueueNamePrefix=next(prefixes)))

    assert (0, False) == (code, report["metastable"]), report
    assert report["goodputBefore"] > 5
    # For 30 s after the last attempt nobody knows that the application will not try again.
    assert report["lost"] + report["open"] > 0
    capsys.readouterr()
    assert 0 == run(["scenario", "report", "outage-of-sqs"])
    assert "| metastable | no |" in capsys.readouterr().out
    assert 0 == run(["scenario", "report", "outage-of-sqs", "--format", "html"])
    assert capsys.readouterr().out.startswith("<!doctype html>")
