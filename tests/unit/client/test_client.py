"""The client, as far as it goes without LocalStack: what it refuses, imports, and finds elsewhere."""

import inspect
import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest
import requests

from localstack_outages import AsyncOutagesClient, OutagesClient
from localstack_outages.schema.errors import InvalidRules, NoControlApi, OutagesError, Unreachable
from localstack_outages.schema.fields import Fields
from localstack_outages.schema.rules import Rule

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def something_else():
    """The URL of a server that is not LocalStack."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(404)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def silent():
    """The URL of a server that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def control_api():
    """A server that answers as the control API, but loses the first answer to each change. It keeps
    for each request its method, its key, and the connection that it came by.
    """
    seen = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            key = self.headers["Idempotency-Key"]
            is_first = key is not None and key not in [known for _, known, _ in seen]
            seen.append((self.command, key, self.client_address))
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            if is_first:
                self.close_connection = True
                return
            self.send_response(200)
            self.send_header("X-Outages-Version", "1")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        do_PATCH = do_POST = do_DELETE = do_GET  # noqa: N815 - http.server looks for these

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", seen
        server.shutdown()
        thread.join()


def run(code: str, **env: str) -> str:
    """Run code in a Python of its own; give what it prints."""
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": path, **env},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_what_importing_it_brings_in():
    """It brings in neither LocalStack nor pytest nor anything of the server."""
    modules = run("import sys; from localstack_outages import OutagesClient; print(*sys.modules)")
    unwanted = ["localstack", "rolo", "twisted", "pytest", "boto3", "botocore", "yaml"]
    unwanted += [f"localstack_outages.{name}" for name in ("store", "engine", "journal", "control")]

    assert [] == [name for name in unwanted if name in modules.split()]


def test_every_public_name_is_there():
    """Each name that the package gives can be had, and no other."""
    code = (
        "import localstack_outages as o; print([getattr(o, name) and name for name in o.__all__])"
    )

    assert "AsyncOutagesClient" in run(code)
    with pytest.raises(subprocess.CalledProcessError):
        run("from localstack_outages import Outages")


def test_the_client_for_asyncio_has_every_method():
    """What the client can do, the one for asyncio can, with the same parameters."""
    for name, method in inspect.getmembers(OutagesClient, inspect.isfunction):
        if not name.startswith("_"):
            twin = getattr(AsyncOutagesClient, name)
            assert list(inspect.signature(method).parameters) == list(
                inspect.signature(twin).parameters
            ), name


def test_fields_are_those_of_a_rule():
    """An outage takes each field of a rule but for the service, which stands first."""
    assert set(Rule.model_fields) - {"service"} == set(Fields.__annotations__)


@pytest.mark.parametrize(
    ("arguments", "fields", "path", "words"),
    [
        (["s 3"], {}, "service", "'s 3' is not made of"),
        (["s3"], {"regin": "us-*"}, "regin", "did you mean 'region'?"),
        (["s3"], {"error": {"statusCode": 200}}, "error.statusCode", "at least 400"),
        ([[{"service": "s3"}, {"times": 0}]], {}, "[1].times", "at least 1"),
    ],
)
def test_a_bad_rule_fails_where_it_is_written(arguments, fields, path, words):
    """It is refused before any request, with the field as the caller wrote it."""
    with pytest.raises(InvalidRules) as caught:
        OutagesClient(NOWHERE).outage(*arguments, **fields)

    assert path == caught.value.path
    assert words in caught.value.message


def test_fields_beside_a_list():
    """Fields beside a list of rules would be for none of them."""
    with pytest.raises(TypeError, match="not beside a list"):
        OutagesClient(NOWHERE).outage([{"service": "s3"}], region="us-*")


@pytest.mark.parametrize("timeout", [0, -1, float("nan")])
def test_a_bad_timeout(timeout):
    """A timeout is more than nothing."""
    with pytest.raises(ValueError, match=r"timeout: .* is not more than 0 seconds"):
        OutagesClient(NOWHERE, timeout=timeout)


def test_nobody_there():
    """It says where, and why."""
    with pytest.raises(Unreachable) as caught:
        OutagesClient(NOWHERE).rules()

    assert f"cannot reach LocalStack at {NOWHERE}: Connection refused" == str(caught.value)
    assert (NOWHERE, "Connection refused", True) == (
        caught.value.endpoint,
        caught.value.reason,
        caught.value.is_gone,
    )
    assert isinstance(caught.value, OutagesError)


def test_no_such_host():
    """A name that does not resolve is nobody there."""
    with pytest.raises(Unreachable, match=r"cannot reach LocalStack at http://nowhere\.invalid:1"):
        OutagesClient("http://nowhere.invalid:1").rules()


def test_no_answer_in_time(silent):
    """A server that is silent is not taken for gone."""
    started = time.monotonic()
    with pytest.raises(Unreachable, match="no answer in time") as caught:
        OutagesClient(silent, timeout=0.2).rules()

    assert not caught.value.is_gone
    assert time.monotonic() - started < 5


def test_something_else_there(something_else):
    """What answers, but not as the extension, is told apart from a refusal."""
    with pytest.raises(NoControlApi, match="is the extension installed there") as caught:
        OutagesClient(something_else).rules()

    assert 404 == caught.value.status


def test_a_proxy_does_not_come_between(something_else, monkeypatch):
    """A proxy that the environment names is not asked for this machine."""
    monkeypatch.setenv("HTTP_PROXY", NOWHERE)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with pytest.raises(NoControlApi):
        OutagesClient(something_else).rules()


def test_a_change_whose_answer_is_lost(control_api):
    """It is sent again with the key that it had, by which the server knows it; another change has
    another key.
    """
    endpoint, seen = control_api
    with OutagesClient(endpoint) as client:
        client.rules()
        for change in (client.add, client.replace, client.remove):
            change([{"service": "s3"}])

    keys = [key for method, key, _ in seen if method != "GET"]
    assert ["GET", "PATCH", "PATCH", "POST", "POST", "DELETE", "DELETE"] == [m for m, _, _ in seen]
    assert keys[::2] == keys[1::2]
    assert 3 == len(set(keys))


def test_threads_share_no_session(control_api, monkeypatch):
    """However many threads use a client, no session serves two at once; connections are kept."""
    endpoint, seen = control_api
    used, shared = set(), []
    request = requests.Session.request

    def watched(session, *args, **kwargs):
        shared.extend({id(session)} & used)
        used.add(id(session))
        try:
            return request(session, *args, **kwargs)
        finally:
            used.discard(id(session))

    monkeypatch.setattr(requests.Session, "request", watched)
    with OutagesClient(endpoint) as client:
        threads = [
            threading.Thread(target=lambda: [client.rules() for _ in range(25)]) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert [] == shared
    assert 200 == len(seen)
    assert len({connection for _, _, connection in seen}) <= 8
