"""Every scenario of the package, played phase by phase at high speed: what it says that fails does fail,
in the words it says, and other calls pass.
"""

import pytest

from localstack_outages.aws.errors import aws_error
from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import Engine
from localstack_outages.engine.store import Store
from localstack_outages.schema.reading import parse_rules
from localstack_outages.schema.scenario_files import packaged_names, packaged_scenario
from localstack_outages.schema.scenario_rules import compile_scenario

SPEED = 600

NO_ROOM = "500 InsufficientInstanceCapacity"
ZONE_A = {"AvailabilityZone": "us-east-1a"}
ZONE_B = {"AvailabilityZone": "us-east-1b"}

PHASES = {
    "aws-2011-04-21-ebs": {
        "storm": ("us-east-1 ec2.CreateVolume", "503 Unavailable", "us-west-2 ec2.CreateVolume"),
        "launches": (
            "us-east-1 ec2.RunInstances",
            "500 InternalError",
            "us-east-1 ec2.StopInstances",
        ),
        "rds": ("us-east-1 rds.RebootDBInstance", "500 InternalFailure", "us-east-1 s3.GetObject"),
        "disabled": (
            ("us-east-1 ec2.CreateVolume", ZONE_A),
            "503 Unavailable",
            ("us-east-1 ec2.CreateVolume", ZONE_B),
        ),
    },
    "aws-2012-10-22-ebs-throttling": {
        "degraded": (
            "us-east-1 rds.CreateDBInstance",
            "500 InternalFailure",
            "us-east-1 s3.GetObject",
        ),
        "throttling": (
            "us-east-1 ec2.AttachVolume",
            "503 RequestLimitExceeded",
            "us-west-1 ec2.AttachVolume",
        ),
    },
    "aws-2012-12-24-elb": {
        "state-deleted": (
            "us-east-1 elb.RegisterInstancesWithLoadBalancer",
            "500 InternalFailure",
            "us-east-1 elb.CreateLoadBalancer",
        ),
        "workflows-disabled": (
            "us-east-1 elb.ModifyLoadBalancerAttributes",
            "503 ServiceUnavailable",
            "us-east-1 elb.CreateLoadBalancer",
        ),
        "worst": (
            "us-east-1 elb.DescribeInstanceHealth",
            "500 InternalFailure",
            "us-east-1 elbv2.DescribeTargetHealth",
        ),
        "merging": (
            "us-east-1 elb.DescribeLoadBalancers",
            "500 InternalFailure",
            "us-east-1 elb.CreateLoadBalancer",
        ),
    },
    "aws-2015-09-20-dynamodb": {
        "rising": (
            "us-east-1 dynamodb.PutItem",
            "500 InternalServerError",
            "us-east-1 sqs.SendMessage",
        ),
        "peak": (
            "us-east-1 dynamodb.GetItem",
            "500 InternalServerError",
            "eu-west-1 dynamodb.GetItem",
        ),
        "throttled": (
            "us-east-1 dynamodb.GetItem",
            "400 ProvisionedThroughputExceededException",
            "us-east-1 s3.GetObject",
        ),
        "dependents": (
            "us-east-1 sqs.SendMessage",
            "500 InternalFailure",
            "us-east-1 ec2.RunInstances",
        ),
        "also-red": ("us-east-1 sns.Publish", "500 InternalError", "us-east-1 kinesis.PutRecord"),
    },
    "aws-2017-02-28-s3": {
        "all-down": ("us-east-1 s3.GetObject", "503 ServiceUnavailable", "us-west-2 s3.GetObject"),
        "reads-partly": (
            "us-east-1 s3.GetObject",
            "503 ServiceUnavailable",
            "us-east-1 sqs.SendMessage",
        ),
        "writes-down": (
            "us-east-1 s3.PutObject",
            "503 ServiceUnavailable",
            "us-east-1 s3.GetObject",
        ),
        "dependents": (
            ("us-east-1 ec2.CreateVolume", {"SnapshotId": "snap-1"}),
            "500 InternalError",
            ("us-east-1 ec2.CreateVolume", ZONE_A),
        ),
    },
    "aws-2017-09-14-s3-throttling": {
        "throttling": ("us-east-1 s3.GetObject", "503 SlowDown", "us-east-1 dynamodb.GetItem"),
    },
    "aws-2018-11-21-dns": {
        "no-names": ("ap-northeast-2 s3.GetObject", "close", "ap-northeast-1 s3.GetObject"),
    },
    "aws-2019-08-23-cooling": {
        "zone": (
            "ap-northeast-1 rds.CreateDBInstance",
            "400 InsufficientDBInstanceCapacity",
            "ap-northeast-1 rds.DescribeDBInstances",
        ),
        "launches": (
            ("ap-northeast-1 ec2.RunInstances", {"ClientToken": "token"}),
            "500 InternalError",
            "ap-northeast-1 ec2.DescribeInstances",
        ),
    },
    "aws-2020-11-25-kinesis": {
        "kinesis": (
            "us-east-1 kinesis.PutRecord",
            "500 InternalFailure",
            "us-east-1 kinesis.ListStreams",
        ),
        "kinesis-recovers": (
            "us-east-1 kinesis.GetRecords",
            "500 InternalFailure",
            "us-east-1 s3.GetObject",
        ),
        "cognito": (
            "us-east-1 cognito-idp.InitiateAuth",
            "500 InternalErrorException",
            "us-east-1 s3.GetObject",
        ),
        "cognito-recovers": (
            "us-east-1 cognito-idp.InitiateAuth",
            "500 InternalErrorException",
            "us-east-1 sts.AssumeRole",
        ),
        "observability": (
            "us-east-1 cloudwatch.PutMetricData",
            "500 InternalServiceError",
            "us-east-1 cloudwatch.GetMetricData",
        ),
        "observability-recovers": (
            "us-east-1 cloudwatch.PutMetricData",
            "500 InternalServiceError",
            "us-east-1 logs.PutLogEvents",
        ),
        "lambda": (
            "us-east-1 lambda.Invoke",
            "500 ServiceException",
            "us-east-1 lambda.ListFunctions",
        ),
        "containers": ("us-east-1 ecs.RunTask", "late", "us-east-1 ecs.ListTasks"),
    },
    "aws-2021-12-07-network": {
        "congestion": ("us-east-1 ec2.RunInstances", "late", "us-east-1 s3.GetObject"),
        "dns-moved": ("us-east-1 sts.AssumeRole", "late", "us-west-2 sts.AssumeRole"),
        "easing": ("us-east-1 route53.ListHostedZones", "late", "us-east-1 dynamodb.GetItem"),
        "events-tail": ("us-east-1 events.PutEvents", "late", "us-east-1 ec2.RunInstances"),
    },
    "aws-2021-12-10-aftershock": {
        "errors": ("us-east-1 s3.GetObject", "500 InternalError", "us-west-2 s3.GetObject"),
    },
    "aws-2021-12-15-connectivity": {
        "gone": ("us-west-2 s3.GetObject", "hang", "us-east-1 s3.GetObject"),
    },
    "aws-2021-12-22-power": {
        "no-power": ("us-east-1 ec2.RunInstances", NO_ROOM, "us-east-1 ec2.DescribeInstances"),
        "recovery": ("us-east-1 ec2.AttachVolume", "500 InternalError", "us-east-1 s3.GetObject"),
    },
    "aws-2022-09-28-api-gateway": {
        "invoke-errors": (
            "us-west-2 apigatewaymanagementapi.PostToConnection",
            "500 InternalFailure",
            "us-west-2 apigateway.GetRestApis",
        ),
        "better": (
            "us-west-2 apigatewaymanagementapi.PostToConnection",
            "500 InternalFailure",
            "us-west-2 dynamodb.GetItem",
        ),
        "again": (
            "us-west-2 apigatewaymanagementapi.PostToConnection",
            "500 InternalFailure",
            "us-east-1 apigatewaymanagementapi.PostToConnection",
        ),
        "dependents": (
            "us-west-2 lambda.Invoke",
            "500 ServiceException",
            "us-west-2 lambda.ListFunctions",
        ),
    },
    "aws-2023-06-13-lambda": {
        "invoke-errors": (
            "us-east-1 lambda.Invoke",
            "500 ServiceException",
            "us-east-1 lambda.ListFunctions",
        ),
        "async-backlog": (
            ("us-east-1 lambda.Invoke", {"InvocationType": "Event"}),
            "late",
            "us-east-1 lambda.Invoke",
        ),
        "dependents": ("us-east-1 sts.AssumeRole", "500 InternalFailure", "us-east-1 s3.GetObject"),
    },
    "aws-2024-07-30-kinesis-cell": {
        "cell": (
            "us-east-1 logs.PutLogEvents",
            "500 ServiceUnavailableException",
            "us-east-1 kinesis.PutRecord",
        ),
        "better": (
            "us-east-1 firehose.PutRecord",
            "503 ServiceUnavailableException",
            "us-east-1 kinesis.PutRecord",
        ),
        "tail": (
            "us-east-1 logs.PutLogEvents",
            "500 ServiceUnavailableException",
            "us-east-1 ecs.RunTask",
        ),
    },
    "aws-2025-10-20-dynamodb": {
        "dns": ("us-east-1 dynamodb.GetItem", "close", "us-west-2 dynamodb.GetItem"),
        "dns-caches": ("us-east-1 dynamodb.GetItem", "close", "us-east-1 sts.AssumeRole"),
        "lambda-control-plane": (
            "us-east-1 lambda.UpdateFunctionCode",
            "500 ServiceException",
            "us-east-1 lambda.Invoke",
        ),
        "sts": ("us-east-1 sts.AssumeRole", "500 InternalFailure", "us-west-2 sts.AssumeRole"),
        "sign-in": ("eu-west-1 iam.GetUser", "500 ServiceFailure", "eu-west-1 sts.AssumeRole"),
        "redshift-queries": (
            "us-east-1 redshift-data.ExecuteStatement",
            "500 InternalFailure",
            "eu-west-1 redshift-data.ExecuteStatement",
        ),
        "support": (
            "us-east-1 support.CreateCase",
            "500 InternalServerError",
            "us-east-1 s3.GetObject",
        ),
        "no-capacity": ("us-east-1 ec2.RunInstances", NO_ROOM, "us-east-1 ec2.DescribeInstances"),
        "launches-throttled": (
            "us-east-1 ec2.RunInstances",
            "503 RequestLimitExceeded",
            "us-east-1 ec2.TerminateInstances",
        ),
        "throttles-relaxed": (
            "us-east-1 ec2.RunInstances",
            "503 RequestLimitExceeded",
            "us-east-1 dynamodb.GetItem",
        ),
        "load-balancers": (
            "us-east-1 lambda.Invoke",
            "500 ServiceException",
            "us-east-1 s3.GetObject",
        ),
        "connect": (
            "us-east-1 connect.ListInstances",
            "500 InternalFailure",
            "us-east-1 dynamodb.GetItem",
        ),
        "sts-again": ("us-east-1 sts.AssumeRole", "500 InternalFailure", "us-east-1 iam.GetUser"),
        "redshift-modifying": (
            "us-east-1 redshift.ModifyCluster",
            "400 InvalidClusterState",
            "us-east-1 redshift.DescribeClusters",
        ),
    },
    "aws-2026-03-01-middle-east": {
        "first-zone": ("me-central-1 ec2.RunInstances", NO_ROOM, "me-central-1 s3.GetObject"),
        "allocate-address": (
            "me-central-1 ec2.AllocateAddress",
            "503 RequestLimitExceeded",
            "me-south-1 ec2.AllocateAddress",
        ),
        "associate-address": (
            "me-central-1 ec2.DescribeRouteTables",
            "503 RequestLimitExceeded",
            "me-central-1 ec2.DescribeInstances",
        ),
        "second-zone": (
            "me-central-1 s3.PutObject",
            "503 ServiceUnavailable",
            "me-south-1 s3.PutObject",
        ),
        "second-region": (
            "me-south-1 cognito-idp.InitiateAuth",
            "500 InternalErrorException",
            "me-central-1 cognito-idp.InitiateAuth",
        ),
    },
    "aws-2026-05-07-thermal": {
        "power-lost": (
            "us-east-1 ec2.RunInstances",
            NO_ROOM,
            "us-east-1 redshift.DescribeClusters",
        ),
        "impaired": (
            "us-east-1 elasticache.CreateSnapshot",
            "500 InternalFailure",
            "us-east-1 s3.GetObject",
        ),
        "stragglers": (
            "us-east-1 ec2.StartInstances",
            "500 InternalError",
            "us-east-1 redshift.DescribeClusters",
        ),
    },
    "brown-out": {
        "slowing": ("us-east-1 s3.GetObject", "late", None),
        "brown-out": ("us-east-1 sqs.SendMessage", "500 InternalFailure", None),
        "recovery": ("us-east-1 s3.GetObject", "late", None),
    },
    "credentials-expire": {
        "expired": (
            "us-east-1 dynamodb.GetItem",
            "403 ExpiredTokenException",
            "us-east-1 sts.AssumeRole",
        ),
    },
    "flapping-dependency": {
        "slow": ("us-east-1 dynamodb.GetItem", "503 ServiceUnavailable", "us-east-1 s3.GetObject"),
        "quick": ("us-east-1 dynamodb.GetItem", "503 ServiceUnavailable", "us-east-1 s3.GetObject"),
        "flutter": (
            "us-east-1 dynamodb.GetItem",
            "503 ServiceUnavailable",
            "us-east-1 s3.GetObject",
        ),
    },
    "kms-down": {
        "slow": (
            "us-east-1 kms.Decrypt",
            "500 KMSInternalException",
            "us-east-1 secretsmanager.GetSecretValue",
        ),
        "down": (
            "us-east-1 secretsmanager.GetSecretValue",
            "400 DecryptionFailure",
            ("us-east-1 s3.PutObject", {"ServerSideEncryption": "AES256"}),
        ),
        "catch-up": (
            "us-east-1 kms.Decrypt",
            "400 ThrottlingException",
            "us-east-1 secretsmanager.GetSecretValue",
        ),
    },
    "region-failover": {
        "degraded": ("us-east-1 s3.GetObject", "500 InternalError", "us-west-2 s3.GetObject"),
        "lost": ("us-west-2 iam.CreateRole", "503 ServiceUnavailable", "us-west-2 s3.GetObject"),
        "back": (None, None, "us-west-2 s3.GetObject"),
    },
    "slow-database": {
        "slowing": ("us-east-1 dynamodb.GetItem", "late", "us-east-1 s3.GetObject"),
        "slow": (
            "us-east-1 rds-data.ExecuteStatement",
            "late",
            "us-east-1 rds.DescribeDBInstances",
        ),
        "catch-up": (
            "us-east-1 dynamodb.GetItem",
            "400 ProvisionedThroughputExceededException",
            "us-east-1 rds-data.ExecuteStatement",
        ),
    },
    "throttling-storm": {
        "rising": ("us-east-1 s3.GetObject", "503 SlowDown", None),
        "storm": ("us-east-1 sqs.SendMessage", "403 RequestThrottled", None),
        "catch-up": (None, None, "us-east-1 s3.GetObject"),
    },
    "zone-lost": {
        "lost": (
            ("us-east-1 ec2.CreateVolume", ZONE_A),
            "500 InternalError",
            ("us-east-1 ec2.CreateVolume", ZONE_B),
        ),
        "databases": (
            "us-east-1 rds.DescribeDBInstances",
            "500 InternalFailure",
            "us-east-1 s3.GetObject",
        ),
        "stampede": (
            "us-east-1 ec2.RunInstances",
            "503 RequestLimitExceeded",
            "us-east-1 ec2.DescribeInstances",
        ),
    },
}
"""By scenario and phase: a call that fails, in which words, and one that passes. ``region
service.operation``, with parameters where they matter."""

OVER_A_RATE = [("region-failover", "back", 11), ("throttling-storm", "catch-up", 21)]
"""A phase that takes a number of calls at once, and which one is the first too many."""


class Lucky:
    """A source of chance by which whatever may happen happens."""

    def random(self):
        return 0.001


class Play:
    """A scenario in an engine, whose clock a test moves."""

    def __init__(self, clock, name):
        self.clock = clock
        self.started = clock.now
        self.scenario = packaged_scenario(name).scenario
        self.store = Store(clock, lambda _: Lucky())
        self.engine = Engine(self.store, aws_error)
        self.store.replace(parse_rules(compile_scenario(packaged_scenario(name), speed=SPEED)))

    def go_to(self, phase):
        """Go on to where a phase has just begun to flap, or is half over."""
        into = 0.5 if any(rule.flap is None for rule in phase.rules) or phase.dependents else 0.001
        self.clock.now = self.started + (phase.at + into * phase.length) / SPEED

    def decide(self, call):
        text, parameters = call if isinstance(call, tuple) else (call, {})
        region, _, operation = text.partition(" ")
        service, _, operation = operation.partition(".")
        return self.engine.decide(Call(service, region, operation, "000000000000", parameters))


def outcome(decision):
    """Say what happens to a call, as the table does."""
    if decision.error is not None:
        return f"{decision.error.status} {decision.error.code}"
    return decision.connection or ("late" if decision.delay_ms > 0 else "nothing")


def test_every_scenario_of_the_package_is_played():
    """The table has each phase of each scenario, and nothing else."""
    names = {
        name: [phase.name for phase in packaged_scenario(name).scenario.phases]
        for name in packaged_names()
    }

    assert {name: sorted(phases) for name, phases in names.items()} == {
        name: sorted(phases) for name, phases in PHASES.items()
    }


@pytest.mark.parametrize("name", packaged_names())
def test_each_phase_fails_what_it_says(name, clock):
    """In each phase a call that the scenario says fails does fail so, by a rule of that phase, and
    another call passes.
    """
    play = Play(clock, name)
    for phase in sorted(play.scenario.phases, key=lambda phase: phase.at + phase.length / 2):
        play.go_to(phase)
        failing, words, passing = PHASES[name][phase.name]

        if failing is not None:
            decision = play.decide(failing)
            assert decision is not None, (phase.name, failing)
            assert (phase.name, words) == (phase.name, outcome(decision))
            assert decision.entry.document["description"].startswith(f"{name}, {phase.name}: ")
        if passing is not None:
            decision = play.decide(passing)
            assert decision is None or (phase.name, "nothing") == (phase.name, outcome(decision))


@pytest.mark.parametrize(("name", "phase", "number"), OVER_A_RATE)
def test_a_catch_up_takes_a_rate(name, phase, number, clock):
    """A phase that throttles takes its rate at once, and refuses the first call over it."""
    play = Play(clock, name)
    play.go_to(next(p for p in play.scenario.phases if p.name == phase))

    decisions = [play.decide("us-east-1 s3.GetObject") for _ in range(number)]

    assert [None] * (number - 1) == decisions[:-1]
    assert "503 SlowDown" == outcome(decisions[-1])


@pytest.mark.parametrize("name", packaged_names())
def test_a_scenario_ends_by_itself(name, clock):
    """When its last phase is over no rule is left, and no call is touched."""
    play = Play(clock, name)
    clock.advance(play.scenario.length / SPEED - 0.001)
    before = len(play.store.entries())
    clock.advance(0.002)

    assert before > 0
    assert () == play.store.entries()
