"""The LocalStack that a test run starts for itself."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localstack_outages.launch.host_choice import choose_host

from .conftest import RunPytest, wait_until

HOST_TITLE = choose_host().title
"""What messages call the host that a run starts here."""


SAY_WHERE = """
import os
from pathlib import Path
import pytest

@pytest.fixture(scope="session", autouse=True)
def say_where(outages_endpoint):
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    Path(__file__).with_name(f"{worker}.endpoint").write_text(outages_endpoint)
"""


@pytest.fixture(autouse=True)
def folder(
    pytester: pytest.Pytester, environment_of_user: None, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """The folder in which test runs keep what they need while they run."""
    monkeypatch.setenv("TMPDIR", str(pytester.path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return pytester.path / f"localstack-outages-{os.getuid()}"


def is_listening(endpoint: str) -> bool:
    """Whether anybody is there."""
    with socket.socket() as probe:
        return 0 == probe.connect_ex(("127.0.0.1", urlsplit(endpoint).port))


def endpoints(pytester: pytest.Pytester) -> list[str]:
    """Give the endpoint that each process of a test run was given."""
    return [path.read_text() for path in sorted(pytester.path.glob("*.endpoint"))]


def is_starting(folder: Path) -> bool:
    """Whether the process of the host runs: it has made its volume, or logged something."""
    logs = Path(os.environ["PYTEST_DEBUG_TEMPROOT"]).glob("pytest-of-*/*/gateway.log")
    return any(folder.glob("*/volume")) or any(log.stat().st_size for log in logs)


def assert_all_gone(pytester: pytest.Pytester, folder: Path, within: float = 0) -> None:
    """LocalStack has ended, and nothing of it is left."""
    assert endpoints(pytester)
    for endpoint in endpoints(pytester):
        wait_until(lambda at=endpoint: not is_listening(at), within)
    # It goes when the process has ended.
    wait_until(lambda: not [path for path in folder.iterdir() if path.is_dir()], within)


def test_started_shown_and_stopped(
    start_pytest: RunPytest,
    pytester: pytest.Pytester,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an endpoint a LocalStack is started, in a volume of its own; a test that fails shows
    what was logged meanwhile; at the end it is gone.
    """
    monkeypatch.setenv("LOCALSTACK_VOLUME_DIR", str(pytester.path / "mine"))
    monkeypatch.setenv("GATEWAY_LISTEN", "127.0.0.1:1")
    module = f"""
{SAY_WHERE}

def test_first(call):
    assert "ok" == call("sts")

@pytest.mark.outage("sqs", error="throttling")
def test_fails(call):
    assert "ok" == call("sqs")
"""
    result = start_pytest(module)

    result.assert_outcomes(passed=1, failed=1)
    text = result.stdout.str()
    log = text[text.index(f"- {HOST_TITLE} -") :]
    assert "Outage of sqs.ListQueues in us-east-1: 403 RequestThrottled by rule" in log
    assert "sts.GetCallerIdentity" not in log
    assert "/_extension/outages" not in log
    assert_all_gone(pytester, folder)
    assert not (pytester.path / "mine").exists()
    assert [] == list(folder.iterdir())


@pytest.mark.slow
def test_workers_share_one(
    start_pytest: RunPytest, pytester: pytest.Pytester, folder: Path
) -> None:
    """Workers of xdist share one LocalStack, which survives the worker that has started it."""
    module = f"""
import time
{SAY_WHERE}

@pytest.mark.parametrize("number", range(6))
def test_it(call, number, worker_id):
    here = Path(__file__)
    if not here.with_name("crashed").exists():
        here.with_name("crashed").touch()
        os._exit(1)
    # The worker in place of the crashed one gets a test too, however fast the other one is.
    deadline = time.monotonic() + 30
    while len(list(here.parent.glob("*.endpoint"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "ok" == call()
"""
    result = start_pytest(module, "-p", "xdist", "-n", "2")

    assert {"passed": 5, "failed": 1} == {
        name: n for name, n in result.parseoutcomes().items() if name in ("passed", "failed")
    }
    assert 3 == len(endpoints(pytester))
    assert 1 == len(set(endpoints(pytester)))
    assert_all_gone(pytester, folder)


@pytest.mark.slow
def test_a_killed_localstack(
    start_pytest: RunPytest, pytester: pytest.Pytester, folder: Path
) -> None:
    """When LocalStack is killed, tests that need it fail at once, and say so."""
    module = f"""
import signal
import psutil
{SAY_WHERE.replace("autouse=True", "autouse=False")}

def test_kills(call, outages_endpoint, outages, say_where):
    outages.start("sqs", times=1)
    call()
    port = int(outages_endpoint.rpartition(":")[2])
    for connection in psutil.net_connections("tcp"):
        if connection.status == "LISTEN" and connection.laddr.port == port:
            os.kill(connection.pid, signal.SIGKILL)
            psutil.Process(connection.pid).wait()
            break
    assert not "killed"

@pytest.mark.outage("sqs")
def test_marked():
    pass

def test_endpoint(outages_endpoint):
    pass

def test_other():
    pass
"""
    result = start_pytest(module)

    result.assert_outcomes(passed=1, failed=1, errors=2)
    gone = rf"the {HOST_TITLE.split()[0]} of this test run, process \d+ at http://127.0.0.1:\d+, is gone "
    assert 3 == sum("is gone (signal 9); the end of" in line for line in result.stdout.lines)
    result.stdout.re_match_lines([gone + r"\(signal 9\); the end of .*\.log:"])
    result.stdout.fnmatch_lines(["*Outage of sqs.ListQueues in us-east-1*"])
    result.stdout.fnmatch_lines(["cannot reach LocalStack at *"])
    assert_all_gone(pytester, folder)


KILLED = {
    "alone": ((), signal.SIGKILL),
    "xdist": (("-p", "xdist", "-n", "2"), signal.SIGKILL),
    "os._exit": (("-p", "timeout", "--timeout=20", "--timeout-method=thread"), None),
    "while it starts": ((), signal.SIGTERM),
}


@pytest.mark.slow
@pytest.mark.parametrize("how", KILLED)
def test_a_killed_pytest(
    pytester: pytest.Pytester, environment_of_user: None, folder: Path, how: str
) -> None:
    """LocalStack ends within seconds when pytest is killed, or ends without tidying up.

    No module of the project, whatever its name, is taken for one of LocalStack.
    """
    arguments, number = KILLED[how]
    pytester.makepyfile(localstack="raise ImportError('a module of the project')")
    pytester.makepyfile(
        test_app=f"""
{SAY_WHERE}
import time

@pytest.mark.timeout(1 if {number is None} else 100, func_only=True)
@pytest.mark.parametrize("number", range(2))
def test_it(outages, number):
    outages.start("sqs")
    Path(__file__).with_name(f"begun-{{number}}").touch()
    time.sleep(100)
"""
    )
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "outages", *arguments],
        cwd=pytester.path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        if how == "while it starts":
            wait_until(lambda: is_starting(folder))
            run.kill()
            run.wait()
            wait_until(lambda: not [path for path in folder.iterdir() if path.is_dir()], 20)
            return
        wait_until(lambda: [*pytester.path.glob("begun-*")], 60)
        assert is_listening(endpoints(pytester)[0])
        if number is not None:
            run.send_signal(number)
        run.wait(30)
    finally:
        run.kill()
        run.wait()

    assert_all_gone(pytester, folder, within=15)
