"""The parts of all hosts, which are made when they are first needed."""

import json
import time

import pytest

from localstack_outages.control.guard import Guard
from localstack_outages.control.message import ControlRequest, Headers
from localstack_outages.hosts.app import App
from localstack_outages.schema.product import CHAOS_PATHS


def asked(path, query="", method="GET", body=b""):
    """Give a control request."""
    return ControlRequest(method, path, query, Headers(), lambda _: body)


@pytest.fixture
def app():
    """Give the parts of a host."""
    app = App("1.2.3", Guard())
    yield app
    app.close()


def test_each_route_answers_its_first_request(app):
    """What is loaded by the first request for it can be loaded: each route answers."""
    app.answer(asked("/outages", "owner=me", "POST", b'[{"service": "s3"}]'))
    (scenario, *_) = json.loads(app.answer(asked("/outages/scenarios")).body)["scenarios"]
    name = scenario["name"]
    app.answer(asked("/outages/scenarios", "", "POST", json.dumps({"name": name}).encode()))
    paths = {
        "/outages/rules/{id}": "/outages/rules/r1",
        "/outages/scenarios/{name}": f"/outages/scenarios/{name}",
        "/outages/reports/{name}": f"/outages/reports/{name}",
    }
    queries = {"/outages/evidence": "owner=me"}

    found = {
        path: app.answer(asked(paths.get(path, path), queries.get(path, ""))).status
        for path in app.api.routes
    }

    assert dict.fromkeys(app.api.routes, 200) == found
    assert [200, 200] == [app.answer_chaos(asked(path)).status for path in CHAOS_PATHS]
    assert {"actions": []} != app.fis.call("ListActions", {}, "000000000000", "us-east-1")


def test_a_wait_after_the_end_is_over_at_once(app):
    """A host that has ended makes nobody wait, also where the control API was never asked before."""
    app.close()
    began = time.monotonic()

    answer = app.answer(asked("/outages/events", "wait=30"))

    assert 200 == answer.status
    assert time.monotonic() - began < 10


def test_rules_of_the_start_are_warned_of(app, caplog):
    """The likely mistakes in rules are logged, also where nobody has asked for the status."""
    app.store.replace([])
    app.answer_chaos(
        asked(CHAOS_PATHS[0], method="POST", body=b'[{"service": "s3", "operation": "Nothing"}]')
    )

    until = time.monotonic() + 10
    while not caplog.records and time.monotonic() < until:
        time.sleep(0.01)

    assert "Nothing" in caplog.text


def test_the_status_is_ready_when_the_host_is(app):
    """The status tells whether the rules given at start are in force, whenever it is made."""
    app.begin()

    assert app.status.document()["ready"]
