"""The rules that play a scenario: when each is in force, and which one decides."""

import pytest
from hypothesis import given, strategies as st

from localstack_outages.schema.errors import InvalidScenario
from localstack_outages.schema.globs import compile_glob
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.scenario import parse_scenario
from localstack_outages.schema.scenario_rules import compile_scenario

LATE = {"service": "s3", "latency": {"p50": 100, "p95": 2000}, "flap": {"down": 2, "up": 3}}
SERVICES = st.sampled_from(["*", "s*", "s3", "sqs", "s?s"])
OPERATIONS = st.sampled_from(["*", "Get*", "GetO*", "GetObject", "Put*"])
REGIONS = st.sampled_from(["*", "us-*", "us-east-*", "us-east-1", "eu-west-1"])
RULES = st.fixed_dictionaries(
    {"service": SERVICES, "operation": OPERATIONS, "region": REGIONS},
    optional={"condition": st.just("Bucket"), "origin": st.sampled_from(["any", "internal"])},
)
SPEEDS = st.floats(0.1, 10_000)


def phase(name, at, length, *rules):
    """Make the document of a phase."""
    return {"name": name, "at": at, "length": length, "text": f"{name}.", "rules": list(rules)}


def parsed(*phases):
    """Make a scenario of phases."""
    return parse_scenario({"name": "mine", "title": "Mine", "phases": list(phases)})


@st.composite
def phases(draw):
    """Give some phases that may overlap."""
    times = st.integers(0, 10_000)
    return [
        phase(
            f"p{i}", draw(times), draw(st.integers(1, 10_000)), *draw(st.lists(RULES, max_size=4))
        )
        for i in range(draw(st.integers(1, 4)))
    ]


def test_a_phase_becomes_a_window():
    """Rules start and end with their phase, and say which one it is."""
    rules = compile_scenario(parsed(phase("down", 30, "1m", {"service": "s3"})))

    expected = {"service": "s3", "description": "mine, down: down.", "after": 30, "duration": 60}
    assert [expected] == rules


def test_a_description_is_kept():
    """A rule that says what it is for goes on to say so."""
    rules = compile_scenario(parsed(phase("down", 0, 60, {"description": "All of S3"})))

    assert "mine, down: All of S3" == rules[0]["description"]


@given(phases(), SPEEDS)
def test_speed_changes_windows_alone(given_phases, speed):
    """Whatever the speed, only starts and lengths change, and in proportion."""
    scenario = parsed(*given_phases)
    plain, quick = compile_scenario(scenario), compile_scenario(scenario, speed=speed)

    assert len(plain) == len(quick)
    for slow, fast in zip(plain, quick, strict=True):
        for field in ("after", "duration"):
            assert abs(slow.pop(field) / speed - fast.pop(field)) <= 1e-6
        assert slow == fast


def test_speed_leaves_latency_and_flapping_alone():
    """What meets the client's own timing does not change with the speed."""
    (rule,) = compile_scenario(parsed(phase("late", 600, 1200, LATE)), speed=60)

    assert (10, 20) == (rule["after"], rule["duration"])
    assert LATE == {name: rule[name] for name in LATE}


@given(phases())
def test_the_most_specific_rule_decides(given_phases):
    """No rule stands behind another one that is for the same calls and more."""
    rules = compile_scenario(parsed(*given_phases))

    for place, later in enumerate(rules):
        assert not any(is_wider(earlier, later) for earlier in rules[:place])


def is_wider(one, other):
    """Say whether a rule is for all calls that another one is for, and for more."""
    fields = ("service", "operation", "region")
    covers = all(
        one[field] == other[field] or compile_glob(one[field])(other[field].replace("?", "-"))
        for field in fields
    )
    covers = covers and one.get("condition") in (None, other.get("condition"))
    origins = one.get("origin", "any"), other.get("origin", "any")
    covers = covers and (origins[0] == "any" or origins[0] == origins[1])
    names = (*fields, "condition")
    is_same = all(one.get(name) == other.get(name) for name in names) and len(set(origins)) == 1
    return covers and not is_same


def test_the_phase_that_begins_last_decides():
    """Of rules that are equally specific, that of the later phase decides while both last."""
    first = phase("first", 0, 100, {"service": "s3", "error": "internal"})
    second = phase("second", 10, 20, {"service": "s3", "error": "throttling"})

    for order in ([first, second], [second, first]):
        rules = compile_scenario(parsed(*order))
        assert ["throttling", "internal"] == [rule["error"] for rule in rules]


def test_within_a_phase_the_order_is_as_written():
    """Equally specific rules of a phase are asked in the order in which they are written."""
    rules = [
        {"service": "s3", "probability": 0.5},
        {"service": "s3", "latency": 3},
        {"service": "sq*"},
    ]
    made = compile_scenario(parsed(phase("down", 0, 60, *rules)))

    assert rules == [
        {k: v for k, v in r.items() if k in ("service", "probability", "latency")} for r in made
    ]


def test_one_phase_alone_starts_at_once():
    """A phase that is wanted alone begins at once, and has its own rules only."""
    scenario = parsed(
        phase("first", 0, 60, {"service": "s3"}), phase("second", 120, 60, {"service": "sqs"})
    )
    (rule,) = compile_scenario(scenario, phase="second", speed=2)

    assert ("sqs", 0, 30) == (rule["service"], rule["after"], rule["duration"])


def test_an_unknown_phase_is_refused():
    """A phase that the scenario lacks is refused, and those that it has are named."""
    scenario = parsed(phase("first", 0, 60), phase("second", 0, 60))

    with pytest.raises(InvalidScenario) as caught:
        compile_scenario(scenario, phase="third")

    assert "phase" == caught.value.path
    assert "'mine' has no phase 'third'; it has first, second" == caught.value.message


@pytest.mark.parametrize("speed", [0, -1, 86_401, float("inf"), float("nan")])
def test_a_speed_out_of_range_is_refused(speed):
    """A speed that is no speed is refused."""
    with pytest.raises(InvalidScenario) as caught:
        compile_scenario(parsed(phase("first", 0, 60)), speed=speed)

    assert f"{speed!r} is out of range: more than 0, at most 86400" == caught.value.message


def test_a_scenario_that_would_take_months_is_refused():
    """A speed that makes a phase longer than a rule may last is refused."""
    with pytest.raises(InvalidScenario) as caught:
        compile_scenario(parsed(phase("first", 0, "1d")), speed=0.01)

    expected = "0.01 makes phase 'first' start or last longer than 30 days, which are the most"
    assert expected == caught.value.message


@given(phases(), SPEEDS)
def test_what_is_made_is_valid(given_phases, speed):
    """Whatever valid scenario is compiled, its rules are taken."""
    rules = compile_scenario(parsed(*given_phases), speed=speed)

    assert len(rules) == len(parse_rules(rules))
