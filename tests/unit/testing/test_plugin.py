"""The pytest plugin where there is no LocalStack. Each test run is a process of its own."""

import importlib.util
import os
import stat
import subprocess
import sys
import tempfile

import pytest

from localstack_outages.launch import presence as liveness
from localstack_outages.schema.errors import UnsafeFolder

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
    assert "localstack_outages.testing.plugin" in sys.modules
    assert [] == [name for name in {FOREIGN} if name in sys.modules]
    ours = [name for name in sys.modules if name.startswith("localstack_outages")]
    modules = ["", ".testing", ".testing.coverage_options", ".testing.markers", ".testing.plugin", ".testing.run", ".testing.sweep_options"]
    assert ["localstack_outages" + module for module in modules] == sorted(ours)
"""
    result = run(module, "-p", "outages", "-W", "error", "--strict-markers")

    result.assert_outcomes(passed=1)
    assert "outage" not in "".join(result.stdout.lines[4:])


def test_workers_leave_nothing_behind(run, pytester):
    """A run with xdist that does not use the plugin makes no file and imports nothing for it."""
    module = """
import sys

def test_it():
    ours = {name for name in sys.modules if name.startswith("localstack_outages")}
    modules = ["", ".testing", ".testing.coverage_options", ".testing.markers", ".testing.plugin", ".testing.run", ".testing.sweep_options"]
    assert ["localstack_outages" + module for module in modules] == sorted(ours)
"""
    result = run(module, "-p", "outages", "-p", "xdist", "-n", "2")

    result.assert_outcomes(passed=1)
    assert [] == [*pytester.path.glob("localstack-outages*")]


def test_without_locks(run):
    """Where files cannot be locked, as on Windows, tests that do not need LocalStack run, and the
    others say what to do.
    """
    module = """
import sys
sys.modules["fcntl"] = None

def test_one():
    pass

def test_two(outages):
    pass
"""
    result = run(module, "-p", "outages", "-q")

    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*name it by --outages-endpoint or OUTAGES_ENDPOINT"])
    assert "Traceback" not in result.stdout.str()


@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n", "2")])
def test_a_folder_of_somebody_else(run, pytester, arguments):
    """Nothing is started from a folder that others can change; one line says so."""
    folder = pytester.path / f"localstack-outages-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    result = run("def test_it(outages): pass", "-p", "outages", "-q", *arguments)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"{folder} can be changed by other users (mode 777), who *"])
    assert "Traceback" not in result.stdout.str()
    assert [] == [*folder.iterdir()]


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
    result.stdout.fnmatch_lines(
        ["*--outages-endpoint=URL*", "*--outages-host*", "*--outages-strict*"]
    )


@pytest.mark.parametrize(
    ("arguments", "endpoint"),
    [
        (("--outages-endpoint=http://localhost:1",), ""),
        ((), "http://localhost:1"),
        (("-p", "xdist", "-n", "1"), "http://localhost:1"),
    ],
)
def test_the_header_names_localstack(run, monkeypatch, arguments, endpoint):
    """A run says once which LocalStack its tests use."""
    if endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    result = run("def test_it(outages): pass", "-p", "outages", *arguments)

    assert 1 == result.stdout.lines.count("outages: the AWS endpoint is http://localhost:1")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("--outages-host=localstack",), "LocalStack"),
        (("--outages-host=gateway",), "gateway before moto"),
        (("--outages-upstream=http://localhost:9",), "gateway before http://localhost:9"),
        (("-o", "outages_host=localstack"), "LocalStack"),
        (("-o", "outages_upstream=http://localhost:9"), "gateway before http://localhost:9"),
        (("-o", "outages_host=localstack", "--outages-upstream=moto"), "gateway before moto"),
        (("-o", "outages_upstream=moto", "--outages-host=localstack"), "LocalStack"),
    ],
)
def test_the_header_says_what_is_started(run, arguments, what):
    """Where none is named a run says which host is started, if a test needs one."""
    line, options = (
        f"outages: a {what} is started for this run",
        ("-p", "outages", "--collect-only"),
    )

    assert line in run("def test_it(outages): pass", *options, *arguments).outlines
    assert line not in run("def test_it(): pass", *options, *arguments).outlines


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--outages-host=gateway",), "a gateway before moto is started for this run"),
        (("-o", "outages_host=gateway"), "the AWS endpoint is http://localhost:1"),
        (("-o", "outages_upstream=moto"), "the AWS endpoint is http://localhost:1"),
    ],
)
def test_the_environment_is_between(run, monkeypatch, arguments, expected):
    """What the environment names counts before the ini file, and the command line before it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:1")
    options = ("-p", "outages", "--collect-only", *arguments)

    assert f"outages: {expected}" in run("def test_it(outages): pass", *options).outlines


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--outages-host=moto",), "*--outages-host: invalid choice: 'moto'*"),
        (("-o", "outages_host=moto"), "*outages_host: 'moto' is neither localstack nor gateway"),
        (
            ("--outages-host=localstack", "--outages-upstream=moto"),
            "*--outages-upstream: only a gateway has an upstream; leave out --outages-host",
        ),
        (
            ("--outages-upstream=localhost:5000",),
            "*--outages-upstream: 'localhost:5000' is no AWS endpoint; write it as http://*, or moto",
        ),
        (
            ("--outages-endpoint=http://localhost:1", "--outages-host=gateway"),
            "*--outages-endpoint names a host that runs; *",
        ),
    ],
)
def test_options_that_do_not_go_together(run, arguments, message):
    """Options that contradict each other, or name no host, are refused before anything runs."""
    result = run("def test_it(): pass", "-p", "outages", *arguments)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines([message])


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
                "test_app.py::TestClass::test_one: @pytest.mark.outage: [1].error: 'slow' is not one "
                "of 'unavailable', 'throttling', 'internal', 'timeout', 'denied', 'invalidCredentials', 'expired', 'skewed', 'conflict', 'notFound' or 'expiredCursor'",
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
@pytest.mark.skipif(
    importlib.util.find_spec("aiohttp") is not None, reason="the gateway is installed here"
)
@pytest.mark.parametrize("arguments", [(), ("-p", "xdist", "-n", "2")])
def test_without_localstack(run, arguments):
    """Where neither host is installed a test that needs one says what to install, in one line."""
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
    wanted = (
        "LocalStack is not installed: pip install 'localstack-extension-outages[runtime]'; "
        "nor is the gateway, which needs no LocalStack: "
        "pip install 'localstack-extension-outages[standalone]'"
    )
    assert [wanted] * 3 == told
    assert "Traceback" not in result.stdout.str()


@pytest.fixture
def own_folder(tmp_path, monkeypatch):
    """The lock files are in a folder of the test."""
    monkeypatch.setattr(liveness, "folder", lambda: tmp_path)
    return tmp_path


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files is one of the test."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_of_a_user(temporary):
    """The folder of the lock files is made for this user alone, and found again."""
    assert liveness.folder() == liveness.folder()
    assert 0o700 == stat.S_IMODE(liveness.folder().stat().st_mode)


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_folder_that_others_can_change(temporary, mode):
    """A folder that others may write to is refused, with what to do."""
    liveness.folder().chmod(mode)

    with pytest.raises(UnsafeFolder, match=rf"mode {mode:o}\), .*: remove it, or set TMPDIR"):
        liveness.Presence()
    assert [] == [*next(temporary.iterdir()).iterdir()]


def test_a_folder_of_another_user(temporary, monkeypatch):
    """A folder that another user has made in advance is refused."""
    mine = os.getuid()
    (temporary / f"localstack-outages-{mine + 1}").mkdir(mode=0o700)
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)

    with pytest.raises(UnsafeFolder, match=rf"belongs to another user \(uid {mine}\)"):
        liveness.Presence()


def test_a_link_in_place_of_the_folder(temporary):
    """A link, which leads wherever its maker likes, is refused."""
    (temporary / "elsewhere").mkdir(mode=0o700)
    (temporary / f"localstack-outages-{os.getuid()}").symlink_to(temporary / "elsewhere")

    with pytest.raises(UnsafeFolder, match="is not a folder"):
        liveness.has_ended("0123456789ab")


OTHER = """
import sys
from pathlib import Path
from localstack_outages.launch import presence as liveness
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
