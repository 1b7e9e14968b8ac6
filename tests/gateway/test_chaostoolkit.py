"""The driver for Chaos Toolkit, with the real command and a gateway with moto behind it. Needs the extras
``chaostoolkit`` and ``standalone``.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("chaostoolkit", reason="the extra chaostoolkit is not installed")

import yaml

from localstack_outages import OutagesClient

from .processes import gateway

EXAMPLE = Path(__file__).parents[2] / "examples" / "chaostoolkit"
DRIVER = "localstack_outages.chaostoolkit"


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


class Ran(NamedTuple):
    """A run of an experiment."""

    code: int
    journal: dict[str, Any]
    log: str

    def output(self, name: str) -> Any:
        """Give what an activity of the method gave."""
        (found,) = (step for step in self.journal["run"] if step["activity"]["name"] == name)
        return found["output"]


@pytest.fixture
def chaos(endpoint: str, tmp_path: Path) -> Callable[..., Ran]:
    """Runs an experiment by the command ``chaos run``."""

    def run(experiment: Path, **env: str) -> Ran:
        journal = tmp_path / "journal.json"
        done = subprocess.run(
            [
                *(sys.executable, "-m", "chaostoolkit", "--no-version-check"),
                *("--log-file", str(tmp_path / "log"), "--settings", str(tmp_path / "settings.yaml")),
                *("run", "--journal-path", str(journal), str(experiment)),
            ],
            cwd=EXAMPLE,
            env={
                **os.environ,
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
                "AWS_ENDPOINT_URL": endpoint,
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_RETRY_MODE": "standard",
                **env,
            },
            capture_output=True,
            text=True,
            timeout=120,
        )  # fmt: skip
        assert journal.exists(), done.stdout + done.stderr
        return Ran(done.returncode, json.loads(journal.read_text()), done.stdout + done.stderr)

    return run


def python(label: str, kind: str, module: str, func: str, /, **arguments: Any) -> dict[str, Any]:
    """Write an activity of the driver."""
    provider = {
        "type": "python", "module": f"{DRIVER}.{module}", "func": func, "arguments": arguments,
    }  # fmt: skip
    return {"name": label, "type": kind, "provider": provider}


def written(folder: Path, *method: dict[str, Any], **parts: Any) -> Path:
    """Write an experiment."""
    path = folder / "experiment.yaml"
    whole = {"title": "t", "description": "d", "method": list(method), **parts}
    path.write_text(yaml.safe_dump(whole, sort_keys=False))
    return path


CONTROL = [{"name": "c", "provider": {"type": "python", "module": f"{DRIVER}.control"}}]
OUT = python("out", "action", "actions", "start_outages", rules=[{"service": "s3"}])


def test_the_example_holds(chaos, outages) -> None:
    """The application of the example retries as it should: its hypothesis is met before and after."""
    ran = chaos(EXAMPLE / "experiment.yaml", AWS_MAX_ATTEMPTS="6")

    assert (0, "completed", False) == (ran.code, ran.journal["status"], ran.journal["deviated"])
    hits = ran.output("how often it hit")
    load = ran.output("the load meanwhile")
    assert hits > 0
    assert load["attempts"] >= load["calls"] + hits
    assert load["amplification"] > 1
    assert ran.journal["outages"]["summary"]["endings"]["recovered"] > 0
    assert [] == outages.rules()


def test_the_example_deviates(chaos, outages) -> None:
    """The same application without retries deviates, and the journal says by what."""
    ran = chaos(EXAMPLE / "experiment.yaml", AWS_MAX_ATTEMPTS="1")

    assert (1, True) == (ran.code, ran.journal["deviated"])
    (probe,) = ran.journal["steady_states"]["after"]["probes"]
    assert ("an order is placed", False) == (probe["activity"]["name"], probe["tolerance_met"])
    assert {1} == {effort["mostAttemptsPerTry"] for effort in ran.journal["outages"]["verdicts"]}
    assert [] == outages.rules()


def test_all_of_the_driver(chaos, outages, tmp_path: Path) -> None:
    """Each function of the driver does what it says."""
    outages.add([{"service": "kms"}], owner="somebody else")
    ran = chaos(written(
        tmp_path,
        python("none yet", "probe", "probes", "count_hits"),
        python("scenario", "action", "actions", "run_scenario", name="kms-down", phase="down"),
        python("no scenario", "action", "actions", "end_scenario", name="kms-down"),
        OUT,
        python("hits", "probe", "probes", "count_hits"),
        python("retried", "probe", "probes", "has_retried", at_least=2, backoff=True),
        python("lost", "probe", "probes", "has_lost_no_entries"),
        python("judged", "probe", "probes", "verdicts"),
        python("works", "action", "actions", "end_outages"),
        controls=CONTROL,
        configuration={"outages_owner": "mine"},
    ))  # fmt: skip

    assert 0 == ran.code, ran.log
    assert "kms-down" == ran.output("scenario")["name"] == ran.output("no scenario")["name"]
    (rule,) = ran.output("out")
    assert "s3" == rule["service"]
    assert [0, 0] == [ran.output("none yet"), ran.output("hits")]
    assert [True, True] == [ran.output("retried"), ran.output("lost")]
    assert [] == ran.output("judged")["verdicts"]
    (left,) = outages.status()["rules"]
    assert "somebody else" == left["owner"]


@pytest.mark.parametrize(
    ("controls", "left"), [(CONTROL, 0), ([], 1)], ids=["control", "no control"]
)
def test_outages_end_with_the_experiment(chaos, outages, tmp_path, controls, left) -> None:
    """The control ends outages that no rollback ends; without it they stay."""
    ran = chaos(written(tmp_path, OUT, controls=controls))

    assert 0 == ran.code
    assert left == len(outages.rules())


@pytest.mark.parametrize(
    ("activity", "expected"),
    [
        (
            python("x", "action", "actions", "start_outages", rules=[{"serivce": "s3"}]),
            "[0].serivce: unknown field 'serivce': did you mean 'service'?",
        ),
        (
            python("x", "action", "actions", "run_scenario", name="kms-dwon"),
            "kms-dwon",
        ),
        (
            python("x", "probe", "probes", "count_flagged", flags=["neverRetreid"]),
            "flags: unknown flag 'neverRetreid': did you mean 'neverRetried'?",
        ),
    ],
)
def test_what_is_refused(chaos, outages, tmp_path, activity, expected) -> None:
    """What is not valid fails the activity, changes nothing, and says what would be right."""
    ran = chaos(written(tmp_path, activity))

    (step,) = ran.journal["run"]
    assert "failed" == step["status"]
    assert expected in "".join(step["exception"])
    assert [] == outages.rules()
