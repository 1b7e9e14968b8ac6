"""``/outages/evidence``: what the rules of an owner did, as it is asked for."""

import pytest

from localstack_outages.engine.finished import Injected
from tests.unit.evidence.samples import SAMPLE


def fail(api, rule_id, maximum, number=1, **fields):
    """Have a rule fail an attempt of a call whose client may make several."""
    call = SAMPLE._replace(
        at=api.store.clock(),
        status=503,
        outcome="injected",
        error_code="Busy",
        injected=Injected(rule_id, 0, code="Busy", status=503, owner="me"),
        invocation_id="i-1",
        attempt=number,
        max_attempts=maximum,
    )._replace(**fields)
    api.verdicts.record(call)
    api.ledger.record(call)


@pytest.fixture
def rule_id(api):
    """A rule that an owner has."""
    api.ask("PATCH", query="owner=me", body=[{"service": "s3"}])
    return api.store.entries()[0].id


def test_evidence(api, rule_id):
    """It is told for an owner, of this start of the server."""
    fail(api, rule_id, 1, at=api.store.clock() - 31)
    status, document = api.ask(path="/outages/evidence", query="owner=me")

    assert (200, "me", api.status.instance) == (status, document["owner"], document["instance"])
    assert 1 == document["calls"]["endings"]["failed"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", (400, "InvalidQuery", "is missing")),
        ("owner=", (400, "InvalidQuery", "")),
        ("owner=me&wait=61", (400, "InvalidQuery", "61")),
        ("owner=a%0Ab", (400, "InvalidQuery", "cannot be printed")),
        ("owner=you", (404, "UnknownOwner", "nothing is known of the owner 'you'")),
    ],
)
def test_refusals(api, rule_id, query, expected):
    """What cannot be told is refused, with what was asked for."""
    status, code, message = api.refusal(path="/outages/evidence", query=query)

    assert expected[:2] == (status, code)
    assert expected[2] in message


@pytest.mark.timeout(20)
def test_waiting_ends_with_the_last_open_call(api, rule_id):
    """Who waits is answered when no call is open any more."""
    fail(api, rule_id, 2)
    looked = []
    document = api.ledger.document

    def look(owner):
        looked.append(owner)
        if len(looked) == 2:
            fail(api, rule_id, 2, 2, outcome="ok", status=200, injected=None)
        return document(owner)

    api.ledger.document = look
    _, told = api.ask(path="/outages/evidence", query="owner=me&wait=15")

    assert (2, 0, 1) == (
        len(looked),
        told["calls"]["endings"]["open"],
        told["calls"]["endings"]["recovered"],
    )


@pytest.mark.timeout(20)
def test_waiting_ends_with_time(api, rule_id):
    """Who waits in vain is told what there is."""
    fail(api, rule_id, 2)
    _, told = api.ask(path="/outages/evidence", query="owner=me&wait=0.05")

    assert 1 == told["calls"]["endings"]["open"]
