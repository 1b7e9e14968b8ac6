"""Scenarios that run: how they begin, how far they are, and how they end."""

import pytest

from localstack_outages.control.scenarios import Scenarios, owner_of
from localstack_outages.engine.store import Store
from localstack_outages.schema.errors import InvalidScenario, UnknownScenario
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.scenario import parse_scenario

OWNER = owner_of("mine")
DOCUMENT = {
    "name": "mine",
    "title": "Mine",
    "phases": [
        {"name": "later", "at": 60, "length": 60, "text": "SQS fails.",
         "rules": [{"service": "sqs"}]},
        {"name": "first", "at": 0, "length": 90, "text": "S3 fails.", "rules": [{"service": "s3"}]},
        {"name": "quiet", "at": 120, "length": 30, "text": "Nothing fails."},
    ],
}  # fmt: skip


class Setting:
    """A store with scenarios, and its clock."""

    def __init__(self, clock):
        self.clock = clock
        self.store = Store(clock)
        self.scenarios = Scenarios(self.store)
        self.parsed = parse_scenario(DOCUMENT)

    def owners(self):
        """Give the owners of the rules in the list, in order."""
        return [entry.owner for entry in self.store.entries()]

    def states(self):
        """Give the states of the phases of the scenario that runs, and how it is doing."""
        (status,) = self.scenarios.running()
        return {phase["name"]: phase["state"] for phase in status["phases"]}


@pytest.fixture
def setting(clock):
    """Give a store without rules, and a scenario that does not run."""
    return Setting(clock)


def test_a_start_puts_its_rules_first(setting):
    """The rules of a scenario have an owner of their own, and stand before all others."""
    setting.store.replace(parse_rules([{"service": "kms"}]))
    status = setting.scenarios.start(setting.parsed)

    assert [OWNER, OWNER, None] == setting.owners()
    assert ("mine", OWNER, 1, None, 2) == tuple(
        status[key] for key in ("name", "owner", "speed", "phase", "rules")
    )


def test_it_tells_how_far_it_is(setting):
    """As time passes phases begin and end, told in the order in which they start."""
    setting.scenarios.start(setting.parsed)
    seen = []
    for seconds in (0, 60, 30, 30):
        setting.clock.advance(seconds)
        seen.append(setting.states() if setting.scenarios.running() else None)

    assert [
        {"first": "active", "later": "waiting", "quiet": "waiting"},
        {"first": "active", "later": "active", "quiet": "waiting"},
        {"first": "ended", "later": "active", "quiet": "waiting"},
        None,
    ] == seen


def test_times_are_those_of_the_run(setting):
    """At speed 10 what is told of time is a tenth."""
    setting.scenarios.start(setting.parsed, speed=10)
    setting.clock.advance(2)
    (status,) = setting.scenarios.running()

    assert (10, 2, 10) == (status["speed"], status["startedAgo"], status["timeLeft"])
    assert [(0, 7), (4, 10), (10, 13)] == [
        (phase["startsIn"], phase["timeLeft"]) for phase in status["phases"]
    ]
    assert [(0, 9), (6, 6), (12, 3)] == [
        (phase["at"], phase["length"]) for phase in status["phases"]
    ]


def test_one_phase_alone(setting):
    """A phase that is wanted alone begins at once."""
    setting.scenarios.start(setting.parsed, phase="later")

    assert {"later": "active"} == setting.states()
    assert ["sqs"] == [entry.rule.service for entry in setting.store.entries()]


def test_started_again_it_starts_anew(setting):
    """A second start takes the place of the first, and leaves others alone."""
    setting.store.add(parse_rules([{"service": "kms"}]), owner="someone")
    setting.scenarios.start(setting.parsed)
    setting.clock.advance(70)
    setting.scenarios.start(setting.parsed, speed=2)
    (status,) = setting.scenarios.running()

    assert (0, 2) == (status["startedAgo"], status["speed"])
    assert [OWNER, OWNER, "someone"] == setting.owners()


def test_runs_of_several_owners_do_not_touch_each_other(setting):
    """The same scenario may run for each of several owners."""
    setting.scenarios.start(setting.parsed, owner="test a", account="111111111111")
    setting.scenarios.start(setting.parsed, owner="test b", account="222222222222")
    stopped = setting.scenarios.stop("mine", owner="test a")

    assert "test a" == stopped["owner"]
    assert ["test b"] == [status["owner"] for status in setting.scenarios.running()]
    assert {"222222222222"} == {entry.rule.account for entry in setting.store.entries()}


def test_a_stop_takes_out_its_rules_alone(setting):
    """The end of a scenario leaves the rules of others, and says how far it was."""
    setting.store.replace(parse_rules([{"service": "kms"}]))
    setting.scenarios.start(setting.parsed)
    setting.clock.advance(30)
    stopped = setting.scenarios.stop("mine")

    assert 30 == stopped["startedAgo"]
    assert [None] == setting.owners()
    assert [] == setting.scenarios.running()


def ended(setting):
    setting.scenarios.start(setting.parsed)
    setting.clock.advance(1000)


def cleared(setting):
    setting.scenarios.start(setting.parsed)
    setting.store.replace([])


def for_another(setting):
    setting.scenarios.start(setting.parsed, owner="someone")


@pytest.mark.parametrize("prepare", [lambda _: None, ended, cleared, for_another])
def test_what_does_not_run_cannot_be_stopped(setting, prepare):
    """Where no rule of a scenario is in the list any more, it does not run."""
    prepare(setting)
    before = setting.owners()

    with pytest.raises(UnknownScenario, match="scenario 'mine' does not run"):
        setting.scenarios.stop("mine")
    assert before == setting.owners()


def test_a_scenario_without_rules_is_refused(setting):
    """What would put nothing into the list is refused, and what runs goes on."""
    setting.scenarios.start(setting.parsed)

    with pytest.raises(InvalidScenario, match="'quiet' has no rules: there is nothing to run"):
        setting.scenarios.start(setting.parsed, phase="quiet")
    assert 3 == len(setting.states())


def test_what_runs_can_be_read(setting):
    """A scenario that came with a request can be found by its name while it runs."""
    with pytest.raises(UnknownScenario):
        setting.scenarios.find("mine")
    setting.scenarios.start(setting.parsed)

    assert DOCUMENT == setting.scenarios.find("mine").document
    assert "kms-down" == setting.scenarios.find("kms-down").scenario.name
