"""From documents to scenarios, or to a refusal that says what is wrong, where, and what would be right."""

import pytest

from localstack_outages.cli.scenario_sources import read_scenario
from localstack_outages.explain.mistakes import advise
from localstack_outages.schema.dependencies import packaged_dependencies, parse_dependencies
from localstack_outages.schema.errors import InvalidScenario, ScenarioFileError, UnknownScenario
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.scenario import parse_scenario
from localstack_outages.schema.scenario_files import (
    packaged_names,
    packaged_scenario,
    scenario_of_text,
)
from localstack_outages.schema.scenario_rules import compile_scenario

HOW = "write 90s, 5m, 1h30m, 500ms, PT5M, or a number of seconds"
TWICE = [{"name": "a", "at": 0, "length": 1, "text": "t"}] * 2

DATABASES = parse_dependencies(
    [
        {
            "name": "databases",
            "title": "all databases",
            "dependents": [
                {
                    "text": "DynamoDB is one.",
                    "source": "itself",
                    "rules": [{"service": "dynamodb", "operation": "Get*", "error": "internal"}],
                },
                {"text": "So is RDS.", "source": "itself", "rules": [{"service": "rds"}]},
            ],
        }
    ]
)


def scenario(*rules, **fields):
    """Make a document of a scenario with one phase.

    :param rules: of the phase
    :param fields: of the phase, other than usual
    """
    phase = {"name": "down", "at": 0, "length": 60, "text": "It is down.", "rules": list(rules)}
    return {"name": "mine", "title": "Mine", "phases": [{**phase, **fields}]}


REFUSED = [
    ([], "", "[] is a list; expected an object"),
    ({**scenario(), "name": "My one"}, "name",
     "'My one' is not a name: lower-case letters and digits, in parts joined by '-'"),
    ({**scenario(), "name": ""}, "name", "'' is out of range: at least 1 characters"),
    ({**scenario(), "name": "a" * 101}, "name",
     f"'{'a' * 76}... is out of range: at most 100 characters"),
    ({"title": "Mine", "phases": []}, "name", "'name' is missing"),
    ({**scenario(), "phases": []}, "phases", "0 phases; there may be 1 to 100"),
    ({**scenario(), "phases": TWICE}, "phases",
     "two phases are called 'a'; give each a name of its own"),
    ({**scenario(), "phase": []}, "phase", "unknown field 'phase': did you mean 'phases'?"),
    ({**scenario(), "began": "2025-10-20"}, "began",
     "'2025-10-20' is not a time in UTC; write it as 2025-10-20T06:48Z"),
    (scenario(at="soon"), "phases[0].at", f"'soon' is not a duration; {HOW}"),
    (scenario(at=-1), "phases[0].at", "-1 is out of range: at least 0.0"),
    (scenario(at=True), "phases[0].at", "True is true or false; expected a number"),
    (scenario(length="0s"), "phases[0].length", "0.0 is out of range: at least 1.0"),
    (scenario(length="31d"), "phases[0].length", "2678400.0 is out of range: at most 2592000.0"),
    (scenario(lenght=1), "phases[0].lenght", "unknown field 'lenght': did you mean 'length'?"),
    (scenario(text=""), "phases[0].text", "'' is out of range: at least 1 characters"),
    (scenario({"servce": "s3"}), "phases[0].rules[0].servce",
     "unknown field 'servce': did you mean 'service'?"),
    (scenario({"error": {"status": 500}}), "phases[0].rules[0].error.status",
     "unknown field 'status': did you mean 'statusCode'?"),
    (scenario({}, {"after": 3}), "phases[0].rules[1].after",
     "'after' is what the phase says with 'at' and 'length'; leave it out"),
    (scenario({"duration": 3}), "phases[0].rules[0].duration",
     "'duration' is what the phase says with 'at' and 'length'; leave it out"),
    (scenario({"error": "internal", "connection": "reset"}), "phases[0].rules[0].connection", None),
    (scenario(dependents=[{"of": "database"}]), "phases[0].dependents[0].of",
     "there is no dependency 'database': did you mean 'databases'?"),
    (scenario(dependents=[{}]), "phases[0].dependents[0].of", "'of' is missing"),
    (scenario(dependents=[{"of": "databases", "rule": {"service": "s3"}}]),
     "phases[0].dependents[0].rule.service",
     "'service' comes from the dependency; leave it out"),
    (scenario(dependents=[{"of": "databases", "rule": {"probability": 2}}]),
     "phases[0].dependents[0].rule.probability", "2 is out of range: at most 1.0"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "path", "message"), REFUSED)
def test_what_is_not_valid_is_refused(document, path, message):
    """A refusal names the place and the value, and says what would be right."""
    with pytest.raises(InvalidScenario) as caught:
        parse_scenario(document, DATABASES)

    assert path == caught.value.path
    assert message in (None, caught.value.message)


def test_all_problems_are_told():
    """Each problem of a scenario is told, as for rules."""
    with pytest.raises(InvalidScenario) as caught:
        parse_scenario(scenario({"probability": 2}, {"times": 0}, at=-1))

    paths = [caught.value.path, *(other["path"] for other in caught.value.others)]
    assert ["phases[0].at", "phases[0].rules[0].probability", "phases[0].rules[1].times"] == paths


def test_times_are_seconds_or_text():
    """When a phase starts and how long it lasts may be written as people write durations."""
    phase = parse_scenario(scenario(at="1h30m", length=90.5)).scenario.phases[0]

    assert (5400, 90.5) == (phase.at, phase.length)


def test_a_ramp_goes_over_its_phase():
    """A ramp needs no duration in a phase, whose length is what it goes over."""
    parsed = parse_scenario(scenario({"probability": {"from": 0, "to": 1}}))

    assert 60 == compile_scenario(parsed)[0]["duration"]


def test_dependents_come_by_reference():
    """A phase gets the rules of all that depends on what it refers to."""
    reference = {"of": "databases", "rule": {"region": "us-east-1", "probability": 0.5}}
    parsed = parse_scenario(scenario({"service": "kms"}, dependents=[reference]), DATABASES)

    expected = (
        {"service": "kms"},
        {"service": "dynamodb", "operation": "Get*", "error": "internal", "region": "us-east-1",
         "probability": 0.5},
        {"service": "rds", "region": "us-east-1", "probability": 0.5},
    )  # fmt: skip
    assert (expected,) == parsed.rules


def test_a_fault_of_the_reference_takes_the_place_of_the_dependents():
    """Where a reference names a fault, dependents have that one and none of their own."""
    reference = {"of": "databases", "rule": {"latency": 500}}
    parsed = parse_scenario(scenario(dependents=[reference]), DATABASES)

    assert {"service": "dynamodb", "operation": "Get*", "latency": 500} == parsed.rules[0][0]


def test_a_reference_that_does_not_go_with_a_dependent_is_refused():
    """Fields that are valid alone and impossible with those of a dependent are refused."""
    limited = parse_dependencies(
        [
            {
                "name": "databases",
                "title": "t",
                "dependents": [{"text": "t", "source": "s", "rules": [{"times": 3}]}],
            }
        ]
    )
    reference = {"of": "databases", "rule": {"sequence": ["pass"]}}

    with pytest.raises(InvalidScenario) as caught:
        parse_scenario(scenario(dependents=[reference]), limited)

    assert "phases[0].dependents[0].rule" == caught.value.path
    assert "its length says how often" in caught.value.message


def test_the_document_goes_back_as_it_came():
    """What was given is kept as it was written."""
    document = scenario({"service": "s3"}, at="1h")

    assert document == parse_scenario(document).document


@pytest.mark.parametrize("name", packaged_names())
def test_scenarios_of_the_package_are_sound(name):
    """Each is valid, bears the name of its file, and names nothing that AWS does not have."""
    parsed = packaged_scenario(name)
    rules = [rule.rule for rule in parse_rules(compile_scenario(parsed))]

    assert name == parsed.scenario.name
    assert [] == [advice for of_rule in advise(rules) for advice in of_rule]


@pytest.mark.parametrize("name", [n for n in packaged_names() if n.startswith("aws-")])
def test_every_sentence_of_an_incident_has_a_source(name):
    """Each phase says where it is taken from, and what is not in there."""
    incident = packaged_scenario(name).scenario
    claims = (incident.began or "").removesuffix("Z")

    assert incident.sources
    assert all(phase.source for phase in incident.phases)
    assert all(phase.note for phase in incident.phases if phase.inferred)
    assert not claims or claims[:10] in name


def test_shares_that_no_source_has_are_marked():
    """A rule that is drawn by chance is marked as inferred: sources say "elevated", not how much."""
    unmarked = [
        (name, phase.name)
        for name in packaged_names()
        if name.startswith("aws-")
        for phase in packaged_scenario(name).scenario.phases
        for rule in (*phase.rules, *(reference.rule for reference in phase.dependents))
        if rule.probability != 1 and not phase.inferred
    ]

    assert [] == unmarked


def test_dependencies_of_the_package_are_used():
    """Whatever the package says depends on something is used by a scenario of it."""
    used = {
        reference.of
        for name in packaged_names()
        for phase in packaged_scenario(name).scenario.phases
        for reference in phase.dependents
    }

    assert used == packaged_dependencies().keys()


def test_an_unknown_name_is_refused():
    """Where no scenario has a name, the nearest one is named."""
    with pytest.raises(UnknownScenario) as caught:
        packaged_scenario("kms-dwon")

    assert "there is no scenario 'kms-dwon': did you mean 'kms-down'?" == str(caught.value)


FILES = [
    ("a.yaml", b"name: x\ntitle: y", "phases", "'phases' is missing"),
    ("a.json", b'{"name": "x", "title": "y"}', "phases", "'phases' is missing"),
]


@pytest.mark.parametrize(("name", "data", "path", "message"), FILES)
def test_a_file_that_is_not_valid_is_refused(tmp_path, name, data, path, message):
    """A file's problems are told with their places."""
    (tmp_path / name).write_bytes(data)

    with pytest.raises(ScenarioFileError) as caught:
        read_scenario(str(tmp_path / name))

    assert ({"message": message, "path": path},) == caught.value.problems


BROKEN = [
    (b"{", True, "is not valid YAML"),
    (b"[" * 2_000, True, None),
    (b"a: &a [*a]", True, "is part of"),
    (b"a: 2020-13-45", True, "is not valid YAML"),
    (b"{", False, "JSON"),
    (b"", False, "it is empty"),
]


@pytest.mark.parametrize(("data", "is_yaml", "words"), BROKEN)
def test_text_that_is_no_document_is_refused(data, is_yaml, words):
    """What cannot be decoded is refused in one line."""
    with pytest.raises(ScenarioFileError) as caught:
        scenario_of_text(data, "'x'", is_yaml=is_yaml)

    assert words is None or words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    """A file that cannot be read is named, with the reason."""
    with pytest.raises(ScenarioFileError, match=r"cannot read '.*none.yaml': No such file"):
        read_scenario(str(tmp_path / "none.yaml"))
