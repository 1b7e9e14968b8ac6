"""What the control API says of load, and of how clients came through a scenario."""

import time

import pytest

from localstack_outages.aws.retryable import OPEN_SECONDS
from localstack_outages.engine.finished import Injected
from localstack_outages.evidence.record import Observed

REPORT = "/outages/reports/mine"
SCENARIOS = "/outages/scenarios"
MINE = {
    "name": "mine",
    "title": "Mine",
    "phases": [
        {"name": "capacity", "at": 0, "length": 40, "text": "S3 is weak.",
         "rules": [{"service": "s3", "throttle": {"rate": 100}}]},
        {"name": "down", "at": 10, "length": 20, "text": "S3 is down.",
         "rules": [{"service": "s3"}]},
        {"name": "quiet", "at": 40, "length": 20, "text": "All is well."},
    ],
}  # fmt: skip
OK = Observed(
    time=0, at=0, duration_ms=5, service="s3", operation="GetObject", region="us-east-1",
    account="000000000000", status=200, outcome="ok", attempt=1,
)  # fmt: skip


def call(api, ago, **fields):
    """Have calls end some seconds ago."""
    observed = OK._replace(time=time.time() - ago, **fields)
    api.traffic.record(observed)
    api.verdicts.record(observed)


def test_a_run_that_has_just_begun(api):
    """A report can be asked for while the scenario is played; what comes later is not known yet."""
    for second in range(1, 11):
        for _ in range(4):
            call(api, second)
    api.ask("POST", SCENARIOS, body={"scenario": MINE})
    status, report = api.ask("GET", REPORT)

    assert (200, "mine", "scenario mine", False, True) == (
        status, report["scenario"], report["owner"], report["isOver"], report["complete"],
    )  # fmt: skip
    # Its clock goes on, and on a busy machine by more than nothing.
    assert (20, 4) == (report["triggerSeconds"], report["goodputBefore"])
    assert report["secondsSince"] == pytest.approx(0, abs=5)
    assert (None, None, None) == (
        report["firstGood"], report["recovery"], report["metastable"],
    )  # fmt: skip
    phases = report["phases"]
    assert [("capacity", False), ("down", True), ("quiet", False)] == [
        (phase["name"], phase["isTrigger"]) for phase in phases
    ]
    assert [0, 10, 40] == pytest.approx([phase["start"] for phase in phases], abs=5)
    assert [40, 30, 60] == pytest.approx([phase["end"] for phase in phases], abs=5)


def test_only_throttles(api):
    """Where nothing but throttles is in a scenario, these are the trigger."""
    scenario = {**MINE, "phases": [MINE["phases"][0], MINE["phases"][2]]}
    api.ask("POST", SCENARIOS, body={"scenario": scenario})
    report = api.ask("GET", REPORT)[1]

    assert [True, False] == [phase["isTrigger"] for phase in report["phases"]]
    assert 40 == report["triggerSeconds"]


def test_lost_calls_are_those_of_the_run(api, clock):
    """A call that failed for good is lost; what an earlier run lost does not count again."""
    fault = Injected("r1", 0, "ServiceUnavailable", 503, owner="scenario mine")
    for number in range(2):
        api.ask("POST", SCENARIOS, body={"scenario": MINE})
        for lost in range(number + 1):
            call(
                api, 0, at=clock(), invocation_id=f"{number}-{lost}", max_attempts=1,
                status=503, outcome="injected", injected=fault,
            )  # fmt: skip
        assert number + 1 == api.ask("GET", REPORT)[1]["open"]
        clock.advance(OPEN_SECONDS + 1)  # until then the application may try again
    report = api.ask("GET", REPORT)[1]

    assert (2, 0) == (report["lost"], report["open"])


def test_a_run_that_is_over(api, clock):
    """The run is remembered; when its rules were removed is when its phases ended."""
    api.ask("POST", SCENARIOS, body={"scenario": MINE})
    clock.advance(15)
    api.answer("DELETE", query="owner=scenario%20mine")
    clock.advance(10)
    report = api.ask("GET", REPORT)[1]

    assert report["isOver"] is True
    assert [(0, 15), (10, 15), (15, 15)] == [
        (round(phase["start"]), round(phase["end"])) for phase in report["phases"]
    ]
    assert (5, 10) == (round(report["triggerSeconds"]), round(report["secondsSince"]))


def test_a_scenario_that_has_not_run(api):
    """Without a run there is no report."""
    assert (404, "UnknownScenario", "scenario 'mine' has not run since the start") == api.refusal(
        "GET", REPORT
    )


def test_the_report_of_an_owner(api):
    """Several owners may run the same scenario; each has a report of its own."""
    for owner in ("a", "b"):
        api.ask("POST", SCENARIOS, query=f"owner={owner}", body={"scenario": MINE})

    assert "a" == api.ask("GET", REPORT, query="owner=a")[1]["owner"]
    assert 404 == api.ask("GET", REPORT, query="owner=c")[0]


def test_phases_are_marked_in_the_load(api):
    """The load has the phases of scenarios that have begun, with their times."""
    api.ask("POST", SCENARIOS, body={"scenario": MINE})
    status, load = api.ask("GET", "/outages/load", query="seconds=5&service=s3")

    assert (200, 5) == (status, len(load["seconds"]))
    (mark,) = load["phases"]
    assert ("mine", "scenario mine", "capacity") == (
        mark["scenario"], mark["owner"], mark["phase"],
    )  # fmt: skip
    assert mark["from"] < mark["until"]


def test_phases_of_another_time(api, clock):
    """A phase that was over before the seconds that are asked for is not marked."""
    api.ask("POST", SCENARIOS, body={"scenario": MINE})
    clock.advance(35)

    def marked(seconds):
        document = api.ask("GET", "/outages/load", query=f"seconds={seconds}")[1]
        return [mark["phase"] for mark in document["phases"]]

    assert ["capacity", "down"] == marked(60)
    assert ["capacity"] == marked(2)


@pytest.mark.parametrize("query", ["seconds=901", "seconds=0", "origin=any"])
def test_a_bad_query(api, query):
    """Only known parameters within their bounds are taken."""
    assert 400 == api.ask("GET", "/outages/load", query=query)[0]
