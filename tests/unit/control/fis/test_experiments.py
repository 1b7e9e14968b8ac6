"""Experiments: their states by the clock, their rules, their order, how they end."""

import json

import pytest

from localstack_outages.control.fis.errors import Conflict, NotFound, QuotaExceeded

ROLES = {
    "Role": {
        "resourceType": "aws:iam:role",
        "resourceArns": ["arn:aws:iam::123456789012:role/app"],
        "selectionMode": "ALL",
    }
}
ECS = "arn:aws:ecs:eu-west-1:123456789012:"
ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:errors"


def wait(duration, *after):
    """Give an action that waits."""
    action = {"actionId": "aws:fis:wait", "parameters": {"duration": duration}}
    return {**action, "startAfter": list(after)} if after else action


def api_error(duration, *after, **parameters):
    """Give an action that fails calls of a role."""
    given = {"service": "kinesis", "operations": "PutRecord", "percentage": "100", **parameters}
    return {
        "actionId": "aws:fis:inject-api-throttle-error",
        "parameters": {"duration": duration, **given},
        "targets": {"Roles": "Role"},
        **({"startAfter": list(after)} if after else {}),
    }


def stop_instances(**parameters):
    """Give an action that is a call into the emulator."""
    return {
        "actionId": "aws:ec2:stop-instances",
        "parameters": parameters,
        "targets": {"Instances": "Instances"},
    }


def instances(**target):
    """Give targets that are instances."""
    given = {"resourceType": "aws:ec2:instance", "resourceTags": {"env": "test"}}
    return {"Instances": {**given, "selectionMode": "ALL", **target}}


def instance(number, zone="eu-west-1a", state="running", env="test"):
    """Describe an instance as EC2 does."""
    return {
        "InstanceId": f"i-{number}",
        "State": {"Name": state},
        "Placement": {"AvailabilityZone": zone},
        "Tags": [{"Key": "env", "Value": env}],
    }


def task(cluster, number, service, env, status="RUNNING"):
    """Describe a task as ECS does."""
    return {
        "taskArn": f"{ECS}task/{cluster}/{number}",
        "clusterArn": f"{ECS}cluster/{cluster}",
        "group": f"service:{service}",
        "lastStatus": status,
        "tags": [{"key": "env", "value": env}],
    }


def described(*found):
    """Give an answer of DescribeInstances."""
    return {"Reservations": [{"Instances": list(found)}]}


def test_life(fis, clock):
    """An experiment is initiating, running and completed, and its rule is there just as long."""
    experiment = fis.start(targets=ROLES, actions={"throttle": api_error("PT5M")})

    assert "running" == fis.state(experiment)
    (rule,) = fis.store.documents()
    assert {
        "service": "kinesis",
        "region": "eu-west-1",
        "operation": "PutRecord",
        "account": "123456789012",
        "error": "throttling",
        "description": f"{experiment}, throttle: aws:fis:inject-api-throttle-error",
        "duration": 300.0,
    } == rule
    assert [f"fis {experiment}"] == [entry.owner for entry in fis.store.entries()]

    clock.advance(299.9)
    assert "running" == fis.state(experiment)
    clock.advance(0.1)
    ended = fis.get(experiment)
    assert {"status": "completed", "reason": "Experiment completed"} == ended["state"]
    assert 300 == (ended["endTime"] - ended["startTime"]).total_seconds()
    assert {"status": "completed", "reason": "Action was completed."} == ended["actions"][
        "throttle"
    ]["state"]
    assert [] == fis.store.documents()


def test_first_answer(fis):
    """The answer of a start says what AWS's says."""
    template = fis.template()

    started = fis("StartExperiment", experimentTemplateId=template, tags={"a": "b"})["experiment"]

    assert {"status": "initiating", "reason": "Experiment is initiating."} == started["state"]
    assert {"status": "pending", "reason": "Initial state"} == started["actions"]["wait"]["state"]
    assert {"a": "b"} == started["tags"]
    assert started["id"].startswith("EXP")
    assert f"arn:aws:fis:eu-west-1:123456789012:experiment/{started['id']}" == started["arn"]
    assert {
        "accountTargeting": "single-account",
        "emptyTargetResolutionMode": "fail",
        "actionsMode": "run-all",
    } == started["experimentOptions"]


def test_start_after(fis, clock):
    """An action starts when those before it are completed; the times are exact however late one looks."""
    experiment = fis.start(
        targets=ROLES,
        actions={
            "first": wait("PT1M"),
            "second": wait("PT2M"),
            "then": api_error("PT3M", "first", "second"),
        },
    )
    (rule,) = fis.store.documents()
    assert (120.0, 180.0) == (rule["after"], rule["duration"])
    clock.advance(60)
    assert {"first": "completed", "second": "running", "then": "pending"} == fis.actions(experiment)

    clock.advance(1000)
    found = fis.get(experiment)
    start = found["startTime"]

    assert "completed" == found["state"]["status"]
    assert [(0, 60), (0, 120), (120, 300)] == [
        ((a["startTime"] - start).total_seconds(), (a["endTime"] - start).total_seconds())
        for a in found["actions"].values()
    ]


def test_stop(fis, clock):
    """Stopping takes the rules out at once; what ran is stopped, what did not run is cancelled."""
    experiment = fis.start(
        targets=ROLES, actions={"now": api_error("PT5M"), "later": wait("PT1M", "now")}
    )

    stopping = fis("StopExperiment", id=experiment)["experiment"]

    assert {"status": "stopping", "reason": "Stopping Experiment."} == stopping["state"]
    assert [] == fis.store.documents()
    assert "stopped" == fis.state(experiment)
    assert {"now": "stopped", "later": "cancelled"} == fis.actions(experiment)
    again = fis("StopExperiment", id=experiment)["experiment"]
    assert {"status": "stopped", "reason": "Experiment stopped"} == again["state"]


def test_only_its_own_rules(fis):
    """A stop leaves equal rules of others alone."""
    experiment = fis.start(targets=ROLES, actions={"a": api_error("PT5M")})
    other = fis.start(targets=ROLES, actions={"a": api_error("PT5M")})

    fis("StopExperiment", id=experiment)

    assert [f"fis {other}"] == [entry.owner for entry in fis.store.entries()]


def test_role_of_which_nothing_is_known(fis):
    """A role whose calls cannot be told stands for its account, and the action says so."""
    experiment = fis.start(targets=ROLES, actions={"a": api_error("PT5M")})

    reason = fis.get(experiment)["actions"]["a"]["state"]["reason"]
    assert "all calls of account 123456789012 are hit" in reason


def test_role_that_was_assumed(fis):
    """A role whose calls can be told is hit alone."""
    role = "arn:aws:iam::123456789012:role/app"
    fis.assumed.add(role)
    experiment = fis.start(targets=ROLES, actions={"a": api_error("PT5M")})

    (rule,) = fis.store.documents()
    assert role == rule["principal"]
    assert "account" not in rule
    assert "Action is running." == fis.get(experiment)["actions"]["a"]["state"]["reason"]


def test_percentage_and_operations(fis):
    """Each operation has a rule; a percentage is a probability; any service is taken."""
    action = api_error("PT1M", service="DynamoDB", operations="GetItem,Query", percentage="25")
    fis.start(targets=ROLES, actions={"a": action})

    assert [("dynamodb", "GetItem", 0.25), ("dynamodb", "Query", 0.25)] == [
        (rule["service"], rule["operation"], rule["probability"]) for rule in fis.store.documents()
    ]


def test_own_rule(fis):
    """Any rule of ours can be an action."""
    parameters = {"duration": "PT5S", "service": "s3", "account": "123456789012", "latency": "250"}
    fis.start(actions={"slow": {"actionId": "outages:rule", "parameters": parameters}})

    (rule,) = fis.store.documents()
    assert ("s3", "123456789012", 250, 5.0) == (
        rule["service"], rule["account"], rule["latency"], rule["duration"],
    )  # fmt: skip


def test_speed(fis, clock):
    """A speed shortens what actions last, and when they start."""
    fis.make(speed=60)
    experiment = fis.start(
        targets=ROLES, actions={"first": wait("PT1M"), "then": api_error("PT5M", "first")}
    )

    (rule,) = fis.store.documents()
    assert (1.0, 5.0) == (rule["after"], rule["duration"])
    clock.advance(6)
    assert "completed" == fis.state(experiment)


def test_call(fis, clock):
    """Instances are stopped by a call, and started again after their time."""
    fis.emulator.answers = {
        "ec2:DescribeInstances": described(instance(1), instance(2, env="prod")),
        "ec2:StopInstances": {},
        "ec2:StartInstances": {},
    }
    experiment = fis.start(
        targets=instances(), actions={"stop": stop_instances(startInstancesAfterDuration="PT2M")}
    )

    assert 0 < fis.fis.tick() <= 60
    assert ("ec2:StopInstances", {"InstanceIds": ["i-1"]}) in fis.emulator.calls
    assert {"stop": "running"} == fis.actions(experiment)
    clock.advance(120)
    fis.fis.tick()

    assert ("ec2:StartInstances", {"InstanceIds": ["i-1"]}) in fis.emulator.calls
    assert "completed" == fis.state(experiment)
    assert fis.fis.tick() is None


def test_stop_puts_back(fis):
    """A stop starts the instances again before the experiment is stopped."""
    fis.emulator.answers = {
        "ec2:DescribeInstances": described(instance(1)),
        "ec2:StopInstances": {},
        "ec2:StartInstances": {},
    }
    experiment = fis.start(
        targets=instances(), actions={"stop": stop_instances(startInstancesAfterDuration="PT2M")}
    )
    fis.fis.tick()

    fis("StopExperiment", id=experiment)

    assert "stopping" == fis.state(experiment)
    fis.fis.tick()
    assert "ec2:StartInstances" in fis.emulator.operations()
    assert "stopped" == fis.state(experiment)
    assert {"stop": "stopped"} == fis.actions(experiment)


def test_call_that_fails(fis):
    """An action that the emulator refuses fails the experiment, with the reason; the rest is stopped and
    no rule stays.
    """
    fis.emulator.answers = {"ec2:DescribeInstances": described(instance(1))}
    experiment = fis.start(
        targets={**instances(), **ROLES},
        actions={
            "stop": stop_instances(),
            "throttle": api_error("PT5M"),
            "w": wait("PT1M", "stop"),
        },
    )
    fis.fis.tick()

    found = fis.get(experiment)
    assert "failed" == found["state"]["status"]
    assert "ec2:StopInstances failed with InternalFailure" in found["state"]["reason"]
    assert {"accountId": "123456789012", "code": "ActionFailed", "location": "stop"} == found[
        "state"
    ]["error"]
    assert {"stop": "failed", "throttle": "stopped", "w": "cancelled"} == fis.actions(experiment)
    assert [] == fis.store.documents()


def test_rule_behind_a_call(fis, clock):
    """A rule whose action starts after a call is put into force when the call was made."""
    fis.emulator.answers = {
        "ec2:DescribeInstances": described(instance(1)),
        "ec2:StopInstances": {},
    }
    fis.start(
        targets={**instances(), **ROLES},
        actions={"stop": stop_instances(), "throttle": api_error("PT5M", "stop")},
    )
    assert [] == fis.store.documents()

    fis.fis.tick()

    (rule,) = fis.store.documents()
    assert 300.0 == rule["duration"]
    assert "after" not in rule


def test_not_available(fis):
    """An action that no emulator can do fails, and says so."""
    target = {"resourceType": "aws:ec2:ebs-volume", "selectionMode": "ALL"}
    arns = ["arn:aws:ec2:eu-west-1:123456789012:volume/vol-1"]
    experiment = fis.start(
        targets={"V": {**target, "resourceArns": arns}},
        actions={
            "io": {
                "actionId": "aws:ebs:pause-volume-io",
                "parameters": {"duration": "PT1M"},
                "targets": {"Volumes": "V"},
            }
        },
    )

    state = fis.get(experiment)["state"]
    assert "failed" == state["status"]
    assert "aws:ebs:pause-volume-io is not available" in state["reason"]


def test_empty_target(fis):
    """A target without resources fails the experiment."""
    fis.emulator.answers = {"ec2:DescribeInstances": described()}
    experiment = fis.start(targets=instances(), actions={"stop": stop_instances()})

    state = fis.get(experiment)["state"]
    assert ("failed", "Target resolution returned empty set", "InvalidTarget") == (
        state["status"], state["reason"], state["error"]["code"],
    )  # fmt: skip
    assert {"stop": "cancelled"} == fis.actions(experiment)


def test_empty_target_skipped(fis, clock):
    """Where empty targets are to be skipped, their actions are, and those after them start."""
    fis.emulator.answers = {"ec2:DescribeInstances": described()}
    experiment = fis.start(
        targets=instances(),
        actions={"stop": stop_instances(), "wait": wait("PT1M", "stop")},
        experimentOptions={"emptyTargetResolutionMode": "skip"},
    )

    assert {"stop": "skipped", "wait": "running"} == fis.actions(experiment)
    clock.advance(60)
    assert "completed" == fis.state(experiment)


def test_preview(fis):
    """A start that skips all actions resolves the targets and does nothing."""
    fis.emulator.answers = {"ec2:DescribeInstances": described(instance(1))}
    template = fis.template(
        targets={**instances(), **ROLES},
        actions={"stop": stop_instances(), "throttle": api_error("PT5M")},
    )
    experiment = fis(
        "StartExperiment",
        experimentTemplateId=template,
        experimentOptions={"actionsMode": "skip-all"},
    )["experiment"]["id"]

    assert "completed" == fis.state(experiment)
    assert {"stop": "skipped", "throttle": "skipped"} == fis.actions(experiment)
    assert [] == fis.store.documents()
    arn = "arn:aws:ec2:eu-west-1:123456789012:instance/i-1"
    targets = fis("ListExperimentResolvedTargets", experimentId=experiment, targetName="Instances")
    assert [
        {
            "resourceType": "aws:ec2:instance",
            "targetName": "Instances",
            "targetInformation": {"arn": arn},
        }
    ] == targets["resolvedTargets"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({}, ["i-1", "i-2", "i-3"]),
        ({"filters": [{"path": "State.Name", "values": ["stopped", "x"]}]}, ["i-2"]),
        ({"filters": [{"path": "Placement.AvailabilityZone", "values": ["eu-west-1b"]}]}, ["i-3"]),
        ({"resourceTags": {"env": "other"}}, []),
    ],
)
def test_targets(fis, target, expected):
    """Tags and filters say which resources are meant: all of them have to fit."""
    fis.emulator.answers = {
        "ec2:DescribeInstances": described(
            instance(1), instance(2, state="stopped"), instance(3, zone="eu-west-1b")
        )
    }

    assert expected == _resolved(fis, instances(**target))


@pytest.mark.parametrize(
    ("mode", "count"), [("ALL", 3), ("COUNT(2)", 2), ("COUNT(9)", 3), ("PERCENT(67)", 2), ("PERCENT(33)", 0)]
)  # fmt: skip
def test_selection(fis, mode, count):
    """A selection mode says how many; a percentage is rounded down."""
    fis.emulator.answers = {
        "ec2:DescribeInstances": described(instance(1), instance(2), instance(3))
    }

    assert count == len(_resolved(fis, instances(selectionMode=mode)))


def test_arns(fis):
    """Of resources that are named those are targets that exist."""
    fis.emulator.answers = {"ec2:DescribeInstances": described(instance(1), instance(2))}
    base = "arn:aws:ec2:eu-west-1:123456789012:instance/"
    target = {"resourceType": "aws:ec2:instance", "selectionMode": "ALL"}
    targets = {"Instances": {**target, "resourceArns": [f"{base}i-2", f"{base}i-9"]}}

    assert ["i-2"] == _resolved(fis, targets)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"resourceTags": {"env": "test"}}, ["1", "3"]),
        ({"parameters": {"service": "api"}}, ["1", "2"]),
        (
            {"parameters": {"cluster": f"{ECS}cluster/b", "service": f"{ECS}service/b/web"}},
            ["3", "4"],
        ),
        ({"filters": [{"path": "LastStatus", "values": ["RUNNING"]}]}, ["1", "2", "3"]),
        ({"resourceArns": [f"{ECS}task/a/1", f"{ECS}task/a/9"]}, ["1"]),
    ],
)
def test_tasks(fis, target, expected):
    """ECS tasks are found by tag, cluster, service and filter, in all clusters."""
    tasks = [
        task("a", 1, "api", "test"),
        task("a", 2, "api", "other"),
        task("b", 3, "web", "test"),
        task("b", 4, "web", "other", "PENDING"),
    ]
    fis.emulator.answers = {
        "ecs:ListClusters": {"clusterArns": [f"{ECS}cluster/a", f"{ECS}cluster/b"]},
        "ecs:ListTasks": lambda cluster, **_: {
            "taskArns": [one["taskArn"] for one in tasks if one["clusterArn"] == cluster]
        },
        "ecs:DescribeTasks": lambda tasks, all_tasks=tasks, **_: {
            "tasks": [one for one in all_tasks if one["taskArn"] in tasks]
        },
    }
    targets = {"Tasks": {"resourceType": "aws:ecs:task", "selectionMode": "ALL", **target}}
    stop = {"actionId": "aws:ecs:stop-task", "targets": {"Tasks": "Tasks"}}

    assert expected == _resolved(fis, targets, stop)


def test_clusters_by_tag(fis):
    """ECS clusters are found by tag."""
    fis.emulator.answers = {
        "ecs:ListClusters": {"clusterArns": [f"{ECS}cluster/a", f"{ECS}cluster/b"]},
        "ecs:ListTagsForResource": lambda **given: {
            "tags": [{"key": "env", "value": given["resourceArn"][-1]}]
        },
    }
    target = {"resourceType": "aws:ecs:cluster", "resourceTags": {"env": "b"}}
    drain = {
        "actionId": "aws:ecs:drain-container-instances",
        "parameters": {"drainagePercentage": "50", "duration": "PT1M"},
        "targets": {"Clusters": "Clusters"},
    }

    assert ["b"] == _resolved(fis, {"Clusters": {**target, "selectionMode": "ALL"}}, drain)


def _resolved(fis, targets, action=None):
    template = fis.template(
        targets=targets,
        actions={"stop": action or stop_instances()},
        experimentOptions={"emptyTargetResolutionMode": "skip"},
    )
    options = {"actionsMode": "skip-all"}
    started = fis("StartExperiment", experimentTemplateId=template, experimentOptions=options)
    listed = fis("ListExperimentResolvedTargets", experimentId=started["experiment"]["id"])
    arns = [target["targetInformation"]["arn"] for target in listed["resolvedTargets"]]
    return [arn.rpartition("/")[2] for arn in arns]


def test_alarm_stops(fis):
    """An alarm of a stop condition that rings stops the experiment."""
    fis.emulator.answers = {"cloudwatch:DescribeAlarms": {"MetricAlarms": [{"StateValue": "OK"}]}}
    experiment = fis.start(
        targets=ROLES,
        actions={"a": api_error("PT5M")},
        stopConditions=[{"source": "aws:cloudwatch:alarm", "value": ALARM}],
    )
    assert 1 >= fis.fis.tick()
    assert "running" == fis.state(experiment)

    fis.emulator.answers["cloudwatch:DescribeAlarms"] = {"MetricAlarms": [{"StateValue": "ALARM"}]}
    fis.fis.tick()

    assert {"status": "stopped", "reason": "Experiment halted by stop condition."} == fis.get(
        experiment
    )["state"]
    assert [] == fis.store.documents()


@pytest.mark.parametrize(("state", "expected"), [("OK", "completed"), ("ALARM", "failed")])
def test_assert_alarm(fis, state, expected):
    """An alarm that is not in one of the states fails the experiment."""
    fis.emulator.answers = {"cloudwatch:DescribeAlarms": {"MetricAlarms": [{"StateValue": state}]}}
    parameters = {"alarmArns": ALARM, "alarmStates": "OK,INSUFFICIENT_DATA"}
    actions = {"a": {"actionId": "aws:cloudwatch:assert-alarm-state", "parameters": parameters}}
    experiment = fis.start(actions=actions)

    fis.fis.tick()

    assert expected == fis.state(experiment)


def test_lever(fis):
    """The safety lever stops what runs and cancels what is started; it does not take the state that it
    has.
    """
    running = fis.start(targets=ROLES, actions={"a": api_error("PT5M")})
    engaged = {"status": "engaged", "reason": "black friday"}
    lever = fis("UpdateSafetyLeverState", id="default", state=engaged)["safetyLever"]

    assert engaged == lever["state"]
    assert "arn:aws:fis:eu-west-1:123456789012:safety-lever/default" == lever["arn"]
    assert "stopped" == fis.state(running)
    assert "cancelled" == fis.state(fis.start(targets=ROLES, actions={"a": api_error("PT5M")}))
    assert [] == fis.store.documents()
    with pytest.raises(Conflict, match="without a status change"):
        fis("UpdateSafetyLeverState", id="default", state={"status": "engaged", "reason": "x"})
    with pytest.raises(NotFound):
        fis("GetSafetyLever", id="123456789012")


def test_quota(fis):
    """At most five experiments are active."""
    experiments = [fis.start() for _ in range(5)]
    with pytest.raises(QuotaExceeded):
        fis.start()

    fis("StopExperiment", id=experiments[0])

    fis.start()


def test_token(fis):
    """A request that is sent again is answered as before; another one with its token is refused."""
    template = fis.template()
    first = fis("StartExperiment", experimentTemplateId=template, clientToken="t")
    again = fis("StartExperiment", experimentTemplateId=template, clientToken="t")

    assert first == again
    assert 1 == len(fis("ListExperiments")["experiments"])
    with pytest.raises(Conflict):
        fis("StartExperiment", experimentTemplateId=template, clientToken="t", tags={"a": "b"})


def test_host_ends(fis):
    """When the host ends, experiments are stopped and no rule stays."""
    experiment = fis.start(targets=ROLES, actions={"a": api_error("PT5M")})

    fis.fis.close()

    assert "stopped" == fis.state(experiment)
    assert [] == fis.store.documents()


def test_events_and_records(fis, clock):
    """Each state is told as an event, and what happens as log records."""
    fis.emulator.answers = {
        "events:PutEvents": {},
        "logs:CreateLogStream": {},
        "logs:PutLogEvents": {},
    }
    group = "arn:aws:logs:eu-west-1:123456789012:log-group:fis:*"
    fis.start(
        logConfiguration={
            "cloudWatchLogsConfiguration": {"logGroupArn": group},
            "logSchemaVersion": 2,
        }
    )
    fis.fis.tick()
    clock.advance(60)
    fis.fis.tick()

    told = [entry for name, given in fis.emulator.calls if name == "events:PutEvents" for entry in given["Entries"]]  # fmt: skip
    assert ["initiating", "running", "completed"] == [
        json.loads(entry["Detail"])["new-state"]["status"] for entry in told
    ]
    records = [
        json.loads(event["message"])["log_type"]
        for name, given in fis.emulator.calls
        if name == "logs:PutLogEvents"
        for event in given["logEvents"]
    ]
    assert ["experiment-start", "action-start", "action-end", "experiment-end"] == records


def test_stop_while_it_initiates(fis):
    """An experiment that is stopped while its targets are resolved never begins."""

    def stop(**_):
        (experiment,) = fis("ListExperiments")["experiments"]
        fis("StopExperiment", id=experiment["id"])
        return described(instance(1))

    fis.emulator.answers = {"ec2:DescribeInstances": stop, "ec2:StopInstances": {}}
    experiment = fis.start(
        targets={**instances(), **ROLES},
        actions={"stop": stop_instances(), "throttle": api_error("PT5M")},
    )
    fis.fis.tick()

    assert "stopped" == fis.state(experiment)
    assert {"stop": "cancelled", "throttle": "cancelled"} == fis.actions(experiment)
    assert [] == fis.store.documents()
    assert "ec2:StopInstances" not in fis.emulator.operations()


def test_skipped_for_want_of_a_service(fis):
    """Where empty targets are skipped, so are actions whose targets the emulator cannot tell, with the
    reason.
    """
    experiment = fis.start(
        targets=instances(),
        actions={"stop": stop_instances()},
        experimentOptions={"emptyTargetResolutionMode": "skip"},
    )

    state = fis.get(experiment)["actions"]["stop"]["state"]
    assert "skipped" == state["status"]
    assert "ec2:DescribeInstances failed with InternalFailure" in state["reason"]


def test_stop_while_a_call_is_under_way(fis):
    """What a call does that was under way when the experiment was stopped is put back."""
    experiments = []

    def stop_instances_slowly(**_):
        fis("StopExperiment", id=experiments[0])
        return {}

    fis.emulator.answers = {
        "ec2:DescribeInstances": described(instance(1)),
        "ec2:StopInstances": stop_instances_slowly,
        "ec2:StartInstances": {},
    }
    experiments.append(
        fis.start(
            targets=instances(),
            actions={"stop": stop_instances(startInstancesAfterDuration="PT2M")},
        )
    )

    fis.fis.tick()

    assert "ec2:StartInstances" in fis.emulator.operations()
    assert "stopped" == fis.state(experiments[0])
