"""Templates, target accounts, tags, pages, catalogues: what is taken, what is refused, with what words."""

import pytest

from localstack_outages.control.fis.errors import (
    Conflict,
    NotFound,
    NotIncluded,
    QuotaExceeded,
    ValidationError,
)

ROLE = "arn:aws:iam::123456789012:role/fis"
WAIT = {"actionId": "aws:fis:wait", "parameters": {"duration": "PT1M"}}
TARGET = {"resourceType": "aws:iam:role", "resourceArns": [ROLE], "selectionMode": "ALL"}


def test_life(fis):
    """A template is made, given, changed part by part, listed and deleted."""
    template = fis.template(tags={"Name": "mine"})

    made = fis("GetExperimentTemplate", id=template)["experimentTemplate"]
    assert template.startswith("EXT")
    assert f"arn:aws:fis:eu-west-1:123456789012:experiment-template/{template}" == made["arn"]
    assert {
        "accountTargeting": "single-account",
        "emptyTargetResolutionMode": "fail",
    } == made["experimentOptions"]

    changed = fis("UpdateExperimentTemplate", id=template, description="other", actions={"a": WAIT})

    assert ("other", {"a": WAIT}, ROLE) == tuple(
        changed["experimentTemplate"][name] for name in ("description", "actions", "roleArn")
    )
    assert [template] == [
        one["id"] for one in fis("ListExperimentTemplates")["experimentTemplates"]
    ]
    fis("DeleteExperimentTemplate", id=template)
    with pytest.raises(NotFound):
        fis("GetExperimentTemplate", id=template)


def test_logs_can_be_switched_off(fis):
    """An empty log configuration takes it away."""
    logs = {
        "cloudWatchLogsConfiguration": {"logGroupArn": "arn:aws:logs:eu-west-1:1:log-group:x"},
        "logSchemaVersion": 2,
    }
    template = fis.template(logConfiguration=logs)

    changed = fis("UpdateExperimentTemplate", id=template, logConfiguration={})

    assert "logConfiguration" not in changed["experimentTemplate"]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"description": "x" * 513}, "at 'description' failed to satisfy constraint: Member must have length less than or equal to 512"),
        ({"roleArn": None}, "Value 'null' at 'roleArn' failed to satisfy constraint: Member must not be null"),
        ({"targets": None}, "targets is required"),
        ({"actions": {}}, "At least one action"),
        ({"actions": {"a": {"actionId": "aws:fis:sleep"}}}, "'aws:fis:sleep' of 'a' is not supported"),
        ({"actions": {"a": {"actionId": "aws:fis:wait"}}}, "Parameter 'duration' is missing in action 'a'"),
        ({"actions": {"a": {**WAIT, "parameters": {"duration": "5 minutes"}}}}, "regular expression"),
        ({"actions": {"a": {**WAIT, "parameters": {"duration": "PT13H"}}}}, "at most 12 hours"),
        ({"actions": {"a": {**WAIT, "parameters": {"duration": "PT1M", "x": "1"}}}}, "Unexpected parameter 'x' found in action 'a'"),
        ({"actions": {"a": {**WAIT, "targets": {"Instances": "T"}}}, "targets": {"T": TARGET}}, 'Unexpected target "Instances" found in action "a".'),
        ({"actions": {"a": {**WAIT, "startAfter": ["b"]}}}, "starts after 'b', which does not exist"),
        ({"actions": {"a": {**WAIT, "startAfter": ["b"]}, "b": {**WAIT, "startAfter": ["a"]}}}, "form a cycle"),
        ({"targets": {"T": {**TARGET, "selectionMode": "SOME"}}}, "'SOME' is not ALL, COUNT(n) or PERCENT(n)"),
        ({"targets": {"T": {**TARGET, "resourceTags": {"a": "b"}}}}, "give only one way"),
        ({"targets": {"T": {**TARGET, "resourceType": "aws:x:y"}}}, "'aws:x:y' of target 'T' is not supported"),
        ({"stopConditions": [{"source": "alarm"}]}, "'alarm' is not none or aws:cloudwatch:alarm"),
        ({"actions": {"a": {"actionId": "outages:rule", "parameters": {"duration": "PT1M", "error": "trottling"}}}}, "The rule of the action is not valid"),
    ],
)  # fmt: skip
def test_refused(fis, parts, expected):
    """What is not valid is refused with what is wrong."""
    with pytest.raises(ValidationError) as caught:
        fis.template(**parts)

    assert expected in caught.value.message
    assert [] == fis("ListExperimentTemplates")["experimentTemplates"]


def test_update_is_all_or_nothing(fis):
    """A change that would make a template invalid changes nothing."""
    template = fis.template()
    before = fis("GetExperimentTemplate", id=template)

    with pytest.raises(ValidationError):
        fis("UpdateExperimentTemplate", id=template, description="new", actions={})

    assert before == fis("GetExperimentTemplate", id=template)


def test_short_durations(fis):
    """Durations below AWS's minute are taken."""
    fis.template(actions={"a": {**WAIT, "parameters": {"duration": "PT0.5S"}}})


def test_no_stop_conditions(fis):
    """An empty list of stop conditions is taken."""
    fis.template(stopConditions=[])


def test_quotas(fis):
    """A template has at most twenty actions, ten of them in parallel."""
    with pytest.raises(QuotaExceeded, match="20 actions"):
        fis.template(actions={f"a{number}": WAIT for number in range(21)})
    with pytest.raises(QuotaExceeded, match="10 actions can run in parallel"):
        fis.template(actions={f"a{number}": WAIT for number in range(11)})


def test_places(fis):
    """Each account and region has templates of its own."""
    template = fis.template()

    for account, region in (("123456789012", "us-east-1"), ("000000000000", "eu-west-1")):
        with pytest.raises(NotFound):
            fis("GetExperimentTemplate", account, region, id=template)


def test_pages(fis):
    """Listings come in pages."""
    templates = [fis.template() for _ in range(5)]
    found, more = [], {}
    while True:
        answer = fis("ListExperimentTemplates", maxResults=2, **more)
        found.append([one["id"] for one in answer["experimentTemplates"]])
        if "nextToken" not in answer:
            break
        more = {"nextToken": answer["nextToken"]}

    assert [templates[:2], templates[2:4], templates[4:]] == found
    with pytest.raises(ValidationError, match="nextToken 'bogus' is not valid"):
        fis("ListExperimentTemplates", nextToken="bogus")
    with pytest.raises(ValidationError, match="value less than or equal to 100"):
        fis("ListExperimentTemplates", maxResults=101)


def test_tags(fis):
    """Tags of templates and experiments are added, listed and taken away."""
    template = fis.template(tags={"a": "1"})
    arn = fis("GetExperimentTemplate", id=template)["experimentTemplate"]["arn"]

    fis("TagResource", resourceArn=arn, tags={"b": "2", "c": "3"})
    fis("UntagResource", resourceArn=arn, tagKeys=["a", "c"])

    assert {"tags": {"b": "2"}} == fis("ListTagsForResource", resourceArn=arn)
    assert {"b": "2"} == fis("GetExperimentTemplate", id=template)["experimentTemplate"]["tags"]
    with pytest.raises(NotFound):
        fis("ListTagsForResource", resourceArn=f"{arn}x")


def test_accounts(fis):
    """Target accounts belong to a template, and an experiment keeps those that it started with."""
    template = fis.template(experimentOptions={"accountTargeting": "multi-account"})
    named = {"experimentTemplateId": template, "accountId": "111122223333"}
    fis("CreateTargetAccountConfiguration", **named, roleArn=ROLE)
    fis("UpdateTargetAccountConfiguration", **named, description="the other one")
    expected = {"accountId": "111122223333", "roleArn": ROLE, "description": "the other one"}
    started = fis("StartExperiment", experimentTemplateId=template)["experiment"]
    fis("DeleteTargetAccountConfiguration", **named)

    assert 1 == started["targetAccountConfigurationsCount"]
    of_experiment = {"experimentId": started["id"]}
    assert [expected] == fis("ListExperimentTargetAccountConfigurations", **of_experiment)[
        "targetAccountConfigurations"
    ]
    one = fis("GetExperimentTargetAccountConfiguration", **of_experiment, accountId="111122223333")
    assert expected == one["targetAccountConfiguration"]
    assert (
        []
        == fis("ListTargetAccountConfigurations", experimentTemplateId=template)[
            "targetAccountConfigurations"
        ]
    )
    with pytest.raises(NotFound):
        fis("GetTargetAccountConfiguration", **named)


def test_single_account(fis):
    """A template for one account takes no target accounts."""
    named = {"experimentTemplateId": fis.template(), "accountId": "111122223333"}

    with pytest.raises(Conflict):
        fis("CreateTargetAccountConfiguration", **named, roleArn=ROLE)


def test_catalogue(fis):
    """All actions and types of resources are described; each action's targets are of known types."""
    actions = fis("ListActions")["actions"]
    types = [one["resourceType"] for one in fis("ListTargetResourceTypes")["targetResourceTypes"]]

    assert 52 == len(actions)
    assert 25 == len(types)
    for action in actions:
        whole = fis("GetAction", id=action["id"])["action"]
        assert all(target["resourceType"] in types for target in whole["targets"].values())
    for name in types:
        assert fis("GetTargetResourceType", resourceType=name)["targetResourceType"]["description"]
    with pytest.raises(NotFound):
        fis("GetAction", id="aws:fis:sleep")
    with pytest.raises(NotFound):
        fis("GetTargetResourceType", resourceType="aws:x:y")


def test_operation_of_a_newer_botocore(fis):
    """An operation that FIS has learned since is not included."""
    with pytest.raises(NotIncluded):
        fis.fis.call("MakeCoffee", {}, "123456789012", "eu-west-1")


@pytest.mark.parametrize(
    "parts",
    [
        {"tags": ["a"]}, {"actions": "x"}, {"actions": {"a": ["b"]}}, {"targets": {"T": 1}},
        {"stopConditions": {"source": "none"}}, {"description": 7}, {"roleArn": True},
        {"actions": {"a": {"actionId": "aws:fis:wait", "parameters": {"duration": 5}}}},
    ],
)  # fmt: skip
def test_wrong_types(fis, parts):
    """What is of another type than it should be is refused as well."""
    with pytest.raises(ValidationError, match=r"Member must|is required|must not be null"):
        fis.template(**parts)
