"""The header by which the plugin tells which thread makes a call."""

import asyncio
import threading

import pytest
from botocore import handlers
from botocore.awsrequest import AWSResponse
from botocore.session import Session

from localstack_outages.aws.sdk_headers import THREAD_HEADER
from localstack_outages.testing import threads
from localstack_outages.testing.threads import name_threads


def sent(monkeypatch, url, calls):
    """Have clients of a session made now make calls; give the headers that botocore would send."""
    seen = []
    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", handlers.BUILTIN_HANDLERS[:])
    monkeypatch.setattr(threads, "_ports", set())
    name_threads("http://localhost:4599")
    name_threads("http://localhost:4599")
    session = Session()

    def answer(request, **_):
        seen.append(dict(request.headers))
        body = b"<R><GetCallerIdentityResult/><ResponseMetadata/></R>"
        response = AWSResponse(request.url, 200, {}, None)
        response._content = body
        return response

    session.register("before-send", answer)
    client = session.create_client(
        "sts",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # no secret
    )
    calls(client.get_caller_identity)
    return [headers.get(THREAD_HEADER) for headers in seen]


def test_names_threads(monkeypatch):
    """Calls of a thread, or of a task of asyncio, have the same name, and those of others another."""

    def calls(call):
        call()
        call()
        other = threading.Thread(target=call)
        other.start()
        other.join()

        async def task():
            call()
            return call()

        asyncio.run(task())

    first, second, thread, *task = sent(monkeypatch, "http://localhost:4599", calls)

    assert first
    assert first == second
    assert task[0] == task[1]
    assert 3 == len({first, thread, task[0]})


def test_names_threads_of_the_default_session(monkeypatch):
    """Clients of boto3's default session do so too, though it was made before."""
    boto3 = pytest.importorskip("boto3")
    boto3.setup_default_session(region_name="us-east-1")
    monkeypatch.setattr(handlers, "BUILTIN_HANDLERS", handlers.BUILTIN_HANDLERS[:])
    monkeypatch.setattr(threads, "_ports", set())
    name_threads("http://localhost:4599")
    seen = []

    def refuse(request, **_):
        seen.append(request.headers.get(THREAD_HEADER))
        raise ConnectionRefusedError

    access = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("sts", endpoint_url="http://localhost:4599", **access)
    client.meta.events.register_last("before-send", refuse)
    with pytest.raises(ConnectionRefusedError):
        client.get_caller_identity()

    assert [True] == [bool(name) for name in seen]


def test_leaves_others_alone(monkeypatch):
    """Calls to other endpoints do not name their threads."""
    assert [None] == sent(monkeypatch, "http://localhost:4598", lambda call: call())
