"""Which line of the application makes a call, and in which test."""

import asyncio
import inspect
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest
from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ReadTimeoutError
from botocore.session import Session

from localstack_outages.testing import call_sites
from localstack_outages.testing.call_sites import NOWHERE, CallSites

ROOT = Path(__file__).parent
ANSWER = b"<R><GetCallerIdentityResult/><ResponseMetadata/></R>"
ERROR = b"<R><Error><Code>Throttling</Code><Message>slow down</Message></Error></R>"


@pytest.fixture
def sites():
    """The calls of clients that are made in the test."""
    sites = CallSites(ROOT)
    sites.install()
    yield sites
    sites.uninstall()


@pytest.fixture
def sts(sites):
    """A client of STS; ``answers`` are its statuses and exceptions, the last one for good."""
    answers: list[int | Exception] = [200]

    def answer(request, **_):
        outcome = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(outcome, Exception):
            raise outcome
        response = AWSResponse(request.url, outcome, {}, None)
        response._content = ANSWER if outcome < 300 else ERROR
        return response

    session = Session()
    session.register("before-send", answer)
    session.set_config_variable("retry_mode", "standard")
    client = session.create_client(
        "sts",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",  # no secret
    )
    client.answers = answers
    return client


def line_of(text: str) -> str:
    """Give the site of the one line here that ends in a text."""
    lines = Path(__file__).read_text().splitlines()
    (number,) = (n for n, line in enumerate(lines, 1) if line.endswith(text))
    return f"test_call_sites.py:{number}"


def test_a_call_knows_its_line_and_its_test(sites, sts):
    """The innermost line of the application, the test and its phase, the operation as the control API
    names it, and the invocation id that is sent.
    """
    sent = []
    sts.meta.events.register_first("before-send", lambda request, **_: sent.append(request.headers))
    sts.get_caller_identity()  # here
    (call,) = sites.calls()

    assert line_of("# here") == str(call.site)
    assert ("sts", "GetCallerIdentity") == (call.service, call.operation)
    assert call.test.endswith("::test_a_call_knows_its_line_and_its_test")
    assert "call" == call.phase
    assert call.id == sent[0]["amz-sdk-invocation-id"].decode()
    assert call is sites.get(call.id)


def test_a_call_knows_how_it_ended(sites, sts, monkeypatch):
    """How many attempts it had, and what the application got in place of an answer."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    sts.get_caller_identity()
    sts.answers[:] = [500, 200]
    sts.get_caller_identity()
    sts.answers[:] = [400]
    with pytest.raises(ClientError):
        sts.get_caller_identity()
    sts.answers[:] = [ReadTimeoutError(endpoint_url="")]
    with pytest.raises(ReadTimeoutError):
        sts.get_caller_identity()

    assert [(1, None), (2, None), (3, "Throttling"), (3, "ReadTimeoutError")] == [
        (call.attempts, call.failure) for call in sites.calls()
    ]
    assert all(call.is_finished for call in sites.calls())


def test_threads_know_who_sent_them(sites, sts):
    """A function of a library in a pool of threads has the line that submitted it; one of the
    application its own; a thread of a library none.
    """
    with ThreadPoolExecutor(1) as pool:
        pool.submit(sts.get_caller_identity).result()  # submitted
        pool.submit(lambda: sts.get_caller_identity()).result()
    thread = threading.Thread(target=sts.get_caller_identity)
    thread.start()
    thread.join()
    submitted, own, unknown = (call.site for call in sites.calls())

    assert line_of("# submitted") == str(submitted)
    assert submitted.line + 1 == own.line
    assert NOWHERE == unknown
    assert "?" == str(unknown)


def test_tasks_know_who_made_them(sites):
    """A task that runs a coroutine of a library has the line that made the coroutine, and not the one
    that started the loop.
    """
    library = ModuleType("library")
    code = "async def call(here):\n    return here()"
    exec(compile(code, "/usr/lib/site-packages/library.py", "exec"), library.__dict__)
    sys.set_coroutine_origin_tracking_depth(call_sites.ORIGIN_DEPTH)

    async def application():
        made = asyncio.create_task(library.call(sites.here))  # made
        awaited = await library.call(sites.here)  # awaited
        return await made, awaited

    made, awaited = asyncio.run(application())

    assert line_of("# made") == str(made)
    assert line_of("# awaited") == str(awaited)


def test_libraries_are_no_application(sites):
    """Neither are the standard library and this package; what is outside of the root is, by its path."""
    own = Path(inspect.getfile(CallSites))

    assert sites._file("/x/.venv/lib/python3.13/site-packages/s3fs/core.py") is None
    assert sites._file(inspect.getfile(threading)) is None
    assert sites._file(str(own)) is None
    assert sites._file("<string>") is None
    assert "a/b.py" == sites._file(str(ROOT / "a" / "b.py"))
    assert "/elsewhere/app.py" == sites._file("/elsewhere/app.py")


def test_memory_is_bounded(sites, sts, monkeypatch):
    """The oldest calls go first, and are counted."""
    monkeypatch.setattr(call_sites, "MAX_CALLS", 2)
    for _ in range(3):
        sts.get_caller_identity()

    assert [2, 3] == [call.number for call in sites.calls()]
    assert [3] == [call.number for call in sites.calls(after=2)]
    assert 1 == sites.lost


def test_a_failure_costs_the_note_alone(sites, sts, monkeypatch):
    """The call goes on."""
    monkeypatch.setattr(sites, "here", lambda: 1 / 0)
    sts.get_caller_identity()

    assert ([], 1) == (sites.calls(), sites.lost)


def test_leaves_all_as_it_was():
    """After the run botocore, pools and coroutines are as they were."""
    before = handlers.BUILTIN_HANDLERS[:], ThreadPoolExecutor.submit
    sites = CallSites(ROOT)
    sites.install()
    assert before != (handlers.BUILTIN_HANDLERS, ThreadPoolExecutor.submit)
    sites.uninstall()

    assert before == (handlers.BUILTIN_HANDLERS, ThreadPoolExecutor.submit)
    assert 0 == sys.get_coroutine_origin_tracking_depth()
