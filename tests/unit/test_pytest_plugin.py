"""The pytest plugin where there is no LocalStack. Each test run is a process of its own."""

import importlib.util
import os
import subprocess
import sys

import pytest

from localstack_outages import liveness

FOREIGN = ("requests", "pydantic", "localstack", "botocore", "urllib3", "jmespath", "yaml")


@pytest.fixture
def run(pytester, clean_environment, monkeypatch):
    """A function that runs pytest on a test module, with the plugin and no other."""
    monkeypatch.setenv("TMPDIR", str(pytester.path))

    def run(module, *arguments):
        pytester.makepyfile(test_app=module)
        return pytester.runpytest_subprocess(*arguments, timeout=60)

    return run


def test_costs_nothing_where_it_is_not_used(run):
    """A run that does not use the plugin imports nothing for it, and leaves nothing behind."""
    module = f"""
import sys

def test_it(tmp_path):
    assert "localstack_outages.pytest_plugin" in sys.modules
    assert [] == [name for name in {FOREIGN} if name in sys.modules]
    ours = [name for name in sys.modules if name.startswith("localstack_outages")]
    assert ["localstack_outages", "localstack_outages.pytest_plugin"] == ours
"""
    result = run(module, "-p", "outages", "-W", "error", "--strict-markers")

    result.assert_outcomes(passed=1)
    assert "outage" not in "".join(result.stdout.lines[4:])


def test_is_found_by_pytest(run, monkeypatch):
    """pytest loads the plugin by itself, and leaves it out on ``-p no:outages``."""
    monkeypatch.delenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD")

    assert 0 == run("def test_it(): pass", "--outages-strict", "--fixtures").ret
    result = run("def test_it(outages): pass", "-p", "no:outages")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*fixture 'outages' not found"])


def test_describes_itself(run):
    """``--markers``, ``--fixtures`` and ``--help`` tell what there is."""
    result = run("", "-p", "outages", "--markers")
    result.stdout.fnmatch_lines(["@pytest.mark.outage(service, region=..., [*][*]fields): *"])
    result = run("", "-p", "outages", "--fixtures")
    for name in ("outages_endpoint [[]session scope[]]", "outages_credentials *", "outages"):
        result.stdout.fnmatch_lines([f"{name} -- *"])
    result = run("", "-p", "outages", "--help")
    result.stdout.fnmatch_lines(["*--outages-endpoint=URL*", "*--outages-strict*"])


BAD_MARKERS = """
import pytest

pytestmark = pytest.mark.outage("s3", regoin="us-east-1")

@pytest.mark.outage("s3", times=0)
def test_one():
    pass

def test_two():
    pass
"""
BAD_MARKERS_IN_A_CLASS = """
import pytest

@pytest.mark.outage([{"service": "s3"}, {"service": "sqs", "error": "slow"}])
class TestClass:
    def test_one(self):
        pass

    @pytest.mark.outage("s3", "us-east-1")
    def test_two(self):
        pass
"""


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        (
            BAD_MARKERS,
            [
                "test_app.py::test_one: @pytest.mark.outage: times: 0 is out of range: at least 1",
                "test_app.py::test_one: @pytest.mark.outage: regoin: unknown field 'regoin': "
                "did you mean 'region'?",
            ],
        ),
        (
            BAD_MARKERS_IN_A_CLASS,
            [
                "test_app.py::TestClass::test_one: @pytest.mark.outage: [1].error: 'slow' is none "
                "of 'unavailable', 'throttling' or 'internal'",
                "test_app.py::TestClass::test_two: @pytest.mark.outage: it takes a service or a "
                "list of rules, and the other fields by name",
            ],
        ),
    ],
)
def test_a_marker_that_is_not_valid(run, module, expected):
    """Each rule of a marker that is not valid is refused at collection, with test and field."""
    result = run(module, "-p", "outages")

    assert 2 == result.ret
    assert expected == [line for line in result.stdout.lines if line.startswith("test_app.py::")]
    assert "Traceback" not in result.stdout.str()


def test_a_marker_that_is_not_valid_under_xdist(run):
    """A worker of xdist refuses it as well."""
    result = run(BAD_MARKERS, "-p", "outages", "-p", "xdist", "-n", "1")

    assert 0 != result.ret
    result.stdout.fnmatch_lines(["*unknown field 'regoin': did you mean 'region'?"])


@pytest.mark.skipif(
    importlib.util.find_spec("localstack") is not None, reason="LocalStack is installed here"
)
@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n", "2")])
def test_without_localstack(run, arguments):
    """Where LocalStack is not installed a test that needs one says what to install, in one line."""
    module = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_it(outages, number):
    pass

def test_other():
    pass
"""
    result = run(module, "-p", "outages", "-q", *arguments)

    result.assert_outcomes(passed=1, errors=3)
    told = [line for line in result.stdout.lines if line.startswith("LocalStack is not installed")]
    wanted = "LocalStack is not installed: pip install 'localstack-extension-outages[runtime]'"
    assert [wanted] * 3 == told
    assert "Traceback" not in result.stdout.str()


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """The lock files are in a folder of the test."""
    monkeypatch.setattr(liveness, "folder", lambda: tmp_path)
    return tmp_path


OTHER = """
import sys
from pathlib import Path
from localstack_outages import liveness
liveness.folder = lambda: Path(sys.argv[1])
presence = liveness.Presence()
print(presence.token, flush=True)
sys.stdin.read(1) or exit()
presence.close()
"""


@pytest.fixture
def other(own_folder):
    """Another process that is there, and its token."""
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, own_folder],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process, process.stdout.readline().strip()
    process.kill()
    process.communicate()


def test_a_process_that_runs(other):
    """A process that runs has not ended, be it this one."""
    presence = liveness.Presence()

    assert not liveness.has_ended(other[1])
    assert not liveness.has_ended(presence.token)
    presence.close()


def test_a_process_that_was_killed(other, own_folder):
    """A process that was killed has ended; whoever waits for that goes on."""
    process, token = other
    process.kill()
    liveness.wait_for_end(own_folder / f"{token}.lock")

    assert liveness.has_ended(token)


def test_a_process_that_said_good_bye(other, own_folder):
    """A process that ended in good order leaves nothing behind."""
    process, token = other
    process.communicate("x", timeout=20)
    liveness.wait_for_end(own_folder / f"{token}.lock")

    assert [] == list(own_folder.iterdir())
    assert not liveness.has_ended(token)


def test_old_files_are_removed(other, own_folder):
    """What tells of a killed process is kept for a month."""
    process, token = other
    process.kill()
    liveness.wait_for_end(own_folder / f"{token}.lock")
    liveness.Presence().close()
    assert liveness.has_ended(token)
    os.utime(own_folder / f"{token}.lock", (0, 0))
    liveness.Presence().close()

    assert [] == list(own_folder.iterdir())
