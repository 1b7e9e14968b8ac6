"""Scenarios by the control API: what there is, what runs, and how one is started and ended."""

import json

import pytest

from localstack_outages.schema.scenario_files import packaged_names, packaged_scenario
from localstack_outages.schema.scenario_rules import compile_scenario

PATH = "/outages/scenarios"
KMS_DOWN = f"{PATH}/kms-down"
MINE = {
    "name": "mine",
    "title": "Mine",
    "phases": [
        {"name": "down", "at": 0, "length": "1m", "text": "S3 is down.",
         "rules": [{"service": "s3"}]},
    ],
}  # fmt: skip


def running(api):
    """Give (name, owner) of the scenarios that run."""
    return [(run["name"], run["owner"]) for run in api.ask("GET", PATH)[1]["running"]]


def test_what_there_is(api):
    """All scenarios of the package are listed, with their phases and the services that those are for;
    none runs by itself.
    """
    status, document = api.ask("GET", PATH)

    assert 200 == status
    assert list(packaged_names()) == [one["name"] for one in document["scenarios"]]
    assert [] == document["running"]
    kms = next(one for one in document["scenarios"] if one["name"] == "kms-down")
    assert (720, None, ["slow", "down", "catch-up"]) == (
        kms["length"],
        kms["began"],
        [phase["name"] for phase in kms["phases"]],
    )
    assert packaged_scenario("kms-down").scenario.summary == kms["summary"]
    slow, down, catch_up = (phase["services"] for phase in kms["phases"])
    assert (["kms"], ["kms"]) == (slow, catch_up)
    assert {"kms", "secretsmanager", "s3"} < set(down)
    storm = next(one for one in document["scenarios"] if one["name"] == "throttling-storm")
    assert ["*"] == storm["phases"][0]["services"]


def test_a_scenario_is_given_with_its_rules(api):
    """One scenario is given as it was written, with the rules that a run would have."""
    parsed = packaged_scenario("kms-down")

    status, document = api.ask("GET", KMS_DOWN)
    assert (200, parsed.document, compile_scenario(parsed)) == (
        status,
        document["scenario"],
        document["rules"],
    )
    _, document = api.ask("GET", KMS_DOWN, query="speed=60&phase=down")
    assert compile_scenario(parsed, speed=60, phase="down") == document["rules"]


def test_from_start_to_end(api):
    """A scenario that is started puts its rules first, shows as running, and leaves none behind."""
    api.answer("POST", body=[{"service": "sqs"}])
    status, run = api.ask("POST", PATH, body={"name": "kms-down", "speed": 60})

    assert (200, "scenario kms-down", 60, 12) == (
        status,
        run["owner"],
        run["speed"],
        run["timeLeft"],
    )
    rules = api.ask()[1]
    assert compile_scenario(packaged_scenario("kms-down"), speed=60) == rules[:-1]
    assert [("kms-down", "scenario kms-down")] == running(api)
    status, ended = api.ask("DELETE", KMS_DOWN)
    assert (200, "kms-down") == (status, ended["name"])
    assert [{"service": "sqs"}] == api.ask()[1]
    assert [] == running(api)


def test_a_scenario_inline(api):
    """A whole scenario can be sent; while it runs it can be read and ended by its name."""
    status, run = api.ask("POST", PATH, body={"scenario": MINE, "speed": 2})

    assert (200, "mine", 30) == (status, run["name"], run["timeLeft"])
    assert MINE == api.ask("GET", f"{PATH}/mine")[1]["scenario"]
    assert 200 == api.ask("DELETE", f"{PATH}/mine")[0]
    assert 404 == api.ask("GET", f"{PATH}/mine")[0]


def test_a_phase_for_an_account_and_an_owner(api):
    """A run can be of one phase, for one account, and of an owner of one's own."""
    body = {"scenario": MINE, "phase": "down", "account": "123456789012"}
    _, run = api.ask("POST", PATH, query="owner=test%20a", body=body)

    assert ("test a", "down") == (run["owner"], run["phase"])
    (rule,) = api.ask(query="owner=test%20a")[1]
    assert ("123456789012", 0, 60) == (rule["account"], rule["after"], rule["duration"])
    assert 404 == api.ask("DELETE", f"{PATH}/mine")[0]
    assert 200 == api.ask("DELETE", f"{PATH}/mine", query="owner=test%20a")[0]


REFUSED = [
    ({}, 400, "", "'name' is missing, or 'scenario' with a whole scenario"),
    ([], 400, "", "[] is a list; expected an object"),
    ({"name": "kms-dwon"}, 404, "", "there is no scenario 'kms-dwon': did you mean 'kms-down'?"),
    ({"name": "kms-down", "scenario": MINE}, 400, "name", None),
    ({"nam": "kms-down"}, 400, "nam", "unknown field 'nam': did you mean 'name'?"),
    ({"name": "kms-down", "speed": 0}, 400, "speed", "0 is out of range: more than 0.0"),
    ({"name": "kms-down", "phase": "up"}, 400, "phase",
     "'kms-down' has no phase 'up'; it has slow, down, catch-up"),
    ({"name": "kms-down", "account": "12"}, 400, "account",
     "'12' is not an account; it has 12 digits"),
    ({"scenario": {**MINE, "phases": [{}]}}, 400, "scenario.phases[0].name", "'name' is missing"),
    ({"scenario": {"name": "x"}}, 400, "scenario.title", "'title' is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "status", "path", "message"), REFUSED)
def test_what_is_not_valid_is_refused(api, body, status, path, message):
    """A request that cannot be carried out is refused with its place, and changes nothing."""
    api.answer("POST", PATH, body={"scenario": MINE})
    before = api.ask()
    answered, document = api.ask("POST", PATH, body=body)

    error = document["error"]
    assert (status, path) == (answered, error["path"])
    assert ("UnknownScenario" if status == 404 else "InvalidScenario") == error["code"]
    assert message in (None, error["message"])
    assert before == api.ask()


def test_all_problems_are_told(api):
    """Each further problem of a scenario is told, with its place in the request."""
    body = {"scenario": {**MINE, "phases": [{}]}}
    _, document = api.ask("POST", PATH, body=body)

    assert "scenario.phases[0].text" in [one["path"] for one in document["error"]["others"]]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"{PATH}/none", 404),
        ("DELETE", f"{PATH}/none", 404),
        ("DELETE", KMS_DOWN, 404),
        ("PUT", KMS_DOWN, 405),
        ("GET", f"{KMS_DOWN}/phases", 404),
    ],
)
def test_what_is_not_there(api, method, path, status):
    """What is unknown, or does not run, is answered so."""
    assert status == api.ask(method, path)[0]


def test_parameters_are_strict(api):
    """Unknown parameters and a speed that is none are refused."""
    for query in ("sped=60", "speed=fast", "speed=0"):
        assert "InvalidQuery" == api.refusal("GET", KMS_DOWN, query=query)[1]
    assert "InvalidQuery" == api.refusal("GET", PATH, query="owner=me")[1]


def test_a_run_ends_with_its_rules(api, clock):
    """A scenario whose rules somebody has ended, or whose time is up, does not run."""
    api.answer("POST", PATH, body={"scenario": MINE})
    api.answer("POST", body=[])
    assert [] == running(api)
    api.answer("POST", PATH, body={"scenario": MINE})
    clock.advance(60)
    assert [] == running(api)
    assert "[]" == json.dumps(api.ask()[1])
