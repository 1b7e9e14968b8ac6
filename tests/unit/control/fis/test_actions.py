"""What each action comes to: which rules, which calls, which failure."""

import pytest

from localstack_outages.engine.call import Call
from localstack_outages.engine.decide import Engine
from localstack_outages.schema.effect import AwsError

ACCOUNT, REGION = "123456789012", "eu-west-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:pay"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders"
SUBNET = f"arn:aws:ec2:{REGION}:{ACCOUNT}:subnet/subnet-1"


def one(action_id, key, kind, *arns, **parameters):
    """Give an experiment with one action, for resources that are named."""
    target = {"resourceType": kind, "resourceArns": list(arns), "selectionMode": "ALL"}
    action = {"actionId": action_id, "targets": {key: "T"}, "parameters": parameters}
    return {"targets": {"T": target}, "actions": {"a": action}}


def outcome(fis, service, operation, region=REGION, account=ACCOUNT, **parameters):
    """Say what becomes of a call: an error code, a delay, a broken connection, or nothing."""
    engine = Engine(fis.store, lambda service, kind: AwsError(kind, 500, ""))
    decision = engine.decide(Call(service, region, operation, account, parameters))
    if decision is None:
        return None
    if decision.error is not None:
        return decision.error.code
    return decision.connection or decision.delay_ms


@pytest.mark.parametrize(
    "name",
    ["pay", "pay:live", FUNCTION, f"{FUNCTION}:7", f"{ACCOUNT}:function:pay", "function:pay:live"],
)
def test_lambda_error(fis, name):
    """Invocations of a function fail, however it is named; those of others do not."""
    fis.start(
        **one(
            "aws:lambda:invocation-error", "Functions", "aws:lambda:function", FUNCTION,
            duration="PT1M", preventExecution="true",
        )
    )  # fmt: skip

    assert "ServiceException" == outcome(fis, "lambda", "Invoke", FunctionName=name.replace("function:pay:live", f"{ACCOUNT}:function:pay:live") if name.startswith("function") else name)  # fmt: skip
    assert outcome(fis, "lambda", "Invoke", FunctionName="payment") is None
    assert outcome(fis, "lambda", "GetFunction", FunctionName=name) is None


def test_lambda_error_after_execution(fis):
    """Where the execution is not prevented, the function runs and then fails."""
    fis.start(
        **one(
            "aws:lambda:invocation-error", "Functions", "aws:lambda:function", FUNCTION,
            duration="PT1M", preventExecution="false",
        )
    )  # fmt: skip

    assert ["after"] == [rule["phase"] for rule in fis.store.documents()]


def test_lambda_delay(fis):
    """Invocations are late."""
    fis.start(
        **one(
            "aws:lambda:invocation-add-delay", "Functions", "aws:lambda:function", FUNCTION,
            duration="PT1M", startupDelayMilliseconds="700",
        )
    )  # fmt: skip

    assert 700 == outcome(fis, "lambda", "Invoke", FunctionName="pay")


def test_kinesis(fis):
    """Calls of a stream get the error of Kinesis; reads that do not say which stream get it too."""
    experiment = fis.start(
        **one(
            "aws:kinesis:stream-provisioned-throughput-exception", "KinesisStreams",
            "aws:kinesis:stream", STREAM, duration="PT1M", percentage="100",
        )
    )  # fmt: skip
    code = "ProvisionedThroughputExceededException"

    assert code == outcome(fis, "kinesis", "PutRecord", StreamName="orders")
    assert code == outcome(fis, "kinesis", "PutRecords", StreamARN=STREAM)
    assert code == outcome(fis, "kinesis", "GetRecords", ShardIterator="x")
    assert outcome(fis, "kinesis", "PutRecord", StreamName="other") is None
    assert outcome(fis, "kinesis", "GetRecords", StreamARN=f"{STREAM}2") is None
    assert "whichever stream it reads" in fis.get(experiment)["actions"]["a"]["state"]["reason"]


def test_expired_iterator(fis):
    """Reads of a stream are told that their iterator has expired."""
    fis.start(
        **one(
            "aws:kinesis:stream-expired-iterator-exception", "KinesisStreams",
            "aws:kinesis:stream", STREAM, duration="PT1M", percentage="100",
        )
    )  # fmt: skip

    assert "ExpiredIteratorException" == outcome(fis, "kinesis", "GetRecords", StreamARN=STREAM)
    assert outcome(fis, "kinesis", "PutRecord", StreamARN=STREAM) is None


@pytest.mark.parametrize(
    ("scope", "service", "parameters"),
    [
        ("s3", "s3", {}),
        ("dynamodb", "dynamodb", {}),
        ("s3express", "s3", {"Bucket": "b--euw1-az1--x-s3"}),
    ],
)
def test_disrupted_service(fis, scope, service, parameters):
    """Calls to a service from which subnets are cut off hang."""
    fis.start(
        **one(
            "aws:network:disrupt-connectivity", "Subnets", "aws:ec2:subnet", SUBNET,
            duration="PT1M", scope=scope,
        )
    )  # fmt: skip

    assert "hang" == outcome(fis, service, "GetItem", **parameters)
    assert outcome(fis, "sqs", "SendMessage") is None
    assert outcome(fis, service, "GetItem", region="us-east-1", **parameters) is None


def test_disrupted_subnet(fis):
    """A subnet gets an ACL that denies all, and its own one back when the experiment is stopped."""
    association = {"SubnetId": "subnet-1", "NetworkAclAssociationId": "aclassoc-1"}
    acl = {"NetworkAclId": "acl-1", "VpcId": "vpc-1", "Associations": [association]}
    fis.emulator.answers = {
        "ec2:DescribeNetworkAcls": {"NetworkAcls": [acl]},
        "ec2:CreateNetworkAcl": {"NetworkAcl": {"NetworkAclId": "acl-2"}},
        "ec2:CreateTags": {},
        "ec2:ReplaceNetworkAclAssociation": {"NewAssociationId": "aclassoc-2"},
        "ec2:DeleteNetworkAcl": {},
    }
    experiment = fis.start(
        **one(
            "aws:network:disrupt-connectivity", "Subnets", "aws:ec2:subnet", SUBNET,
            duration="PT1M", scope="all",
        )
    )  # fmt: skip
    fis.fis.tick()
    fis.emulator.calls.clear()

    fis("StopExperiment", id=experiment)
    fis.fis.tick()

    assert [
        ("ec2:ReplaceNetworkAclAssociation", {"AssociationId": "aclassoc-2", "NetworkAclId": "acl-1"}),
        ("ec2:DeleteNetworkAcl", {"NetworkAclId": "acl-2"}),
    ] == [call for call in fis.emulator.calls if call[0].startswith("ec2:")]  # fmt: skip


def test_cross_region(fis):
    """Calls to another region hang."""
    fis.start(
        **one(
            "aws:network:route-table-disrupt-cross-region-connectivity", "Subnets",
            "aws:ec2:subnet", SUBNET, duration="PT1M", region="us-west-2",
        )
    )  # fmt: skip

    assert "hang" == outcome(fis, "sqs", "SendMessage", region="us-west-2")
    assert outcome(fis, "sqs", "SendMessage") is None


def test_vpc_endpoint(fis):
    """Calls to the service of a VPC endpoint hang."""
    endpoint = {"VpcEndpointId": "vpce-1", "ServiceName": f"com.amazonaws.{REGION}.sqs"}
    fis.emulator.answers = {"ec2:DescribeVpcEndpoints": {"VpcEndpoints": [endpoint]}}
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc-endpoint/vpce-1"
    fis.start(
        **one(
            "aws:network:disrupt-vpc-endpoint", "VPCEndpoints", "aws:ec2:vpc-endpoint", arn,
            duration="PT1M",
        )
    )  # fmt: skip

    assert "hang" == outcome(fis, "sqs", "SendMessage")


def test_capacity(fis):
    """Instances cannot be had in a zone: by its name, by its subnets, nor started again there."""
    zones = [{"ZoneName": f"{REGION}a", "ZoneId": "euw1-az1"}, {"ZoneName": f"{REGION}b"}]
    subnets = [{"SubnetId": "subnet-a", "AvailabilityZone": f"{REGION}a"}]
    instance = {"InstanceId": "i-a", "Placement": {"AvailabilityZone": f"{REGION}a"}}
    fis.emulator.answers = {
        "ec2:DescribeAvailabilityZones": {"AvailabilityZones": zones},
        "ec2:DescribeSubnets": {"Subnets": subnets},
        "ec2:DescribeInstances": {"Reservations": [{"Instances": [instance]}]},
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/app"
    fis.start(
        **one(
            "aws:ec2:api-insufficient-instance-capacity-error", "Roles", "aws:iam:role", role,
            duration="PT1M", percentage="100", availabilityZoneIdentifiers="euw1-az1",
        )
    )  # fmt: skip
    code = "InsufficientInstanceCapacity"

    assert code == outcome(fis, "ec2", "RunInstances", Placement={"AvailabilityZone": f"{REGION}a"})
    assert code == outcome(fis, "ec2", "RunInstances", SubnetId="subnet-a")
    assert code == outcome(fis, "ec2", "StartInstances", InstanceIds=["i-a"])
    assert outcome(fis, "ec2", "RunInstances", Placement={"AvailabilityZone": f"{REGION}b"}) is None
    assert outcome(fis, "ec2", "StartInstances", InstanceIds=["i-b"]) is None


def test_replication(fis):
    """Replication rules to a region are disabled, and put back at the end."""
    rule = {"ID": "r", "Status": "Enabled", "Destination": {"Bucket": "arn:aws:s3:::copy"}}
    put = []
    fis.emulator.answers = {
        "s3:ListBuckets": {"Buckets": [{"Name": "mine"}]},
        "s3:GetBucketTagging": {"TagSet": [{"Key": "a", "Value": "b"}]},
        "s3:GetBucketLocation": {"LocationConstraint": "us-west-2"},
        "s3:GetBucketReplication": {"ReplicationConfiguration": {"Role": "r", "Rules": [rule]}},
        "s3:PutBucketReplication": lambda **given: put.append(given) or {},
    }
    target = {"resourceType": "aws:s3:bucket", "resourceTags": {"a": "b"}, "selectionMode": "ALL"}
    experiment = fis.start(
        targets={"T": target},
        actions={
            "a": {
                "actionId": "aws:s3:bucket-pause-replication",
                "targets": {"Buckets": "T"},
                "parameters": {"duration": "PT1M", "region": "us-west-2"},
            }
        },
    )
    fis.fis.tick()
    fis("StopExperiment", id=experiment)
    fis.fis.tick()

    assert [("mine", "Disabled"), ("mine", "Enabled")] == [
        (given["Bucket"], given["ReplicationConfiguration"]["Rules"][0]["Status"]) for given in put
    ]
    assert "stopped" == fis.state(experiment)


def test_every_action_has_an_answer(fis):
    """Each action of the catalogue either begins or fails with a reason; none does nothing in silence."""
    for action in fis("ListActions")["actions"]:
        if action["id"] == "outages:rule":
            continue
        whole = fis("GetAction", id=action["id"])["action"]
        experiment = fis.start(**_sample(whole))
        fis.fis.tick()
        state = fis.get(experiment)["state"]
        has_rules = bool(fis.store.documents())
        fis("StopExperiment", id=experiment)
        fis.fis.tick()

        assert state["status"] == "failed" or has_rules or action["id"] == "aws:fis:wait", action
        assert len(state["reason"]) > 15
        assert [] == fis.store.documents()


_VALUES = {
    "duration": "PT1M", "maxDuration": "PT1M", "durationBeforeInterruption": "PT2M",
    "percentage": "50", "drainagePercentage": "50", "preventExecution": "true", "scope": "s3",
    "service": "ec2", "operations": "RunInstances", "statusCode": "500", "region": "us-west-2",
}  # fmt: skip


def _sample(action):
    """Give an experiment with an action, and what it requires."""
    parameters = {
        name: _VALUES.get(name, "x") for name, p in action["parameters"].items() if p["required"]
    }
    targets = {}
    for key, target in action["targets"].items():
        kind = target["resourceType"]
        arn = f"arn:aws:{kind.split(':')[1]}:{REGION}:{ACCOUNT}:thing/name"
        how = {"resourceArns": [arn]}
        extra = {}
        if kind == "aws:s3:bucket":
            how = {"resourceTags": {"a": "b"}}
        if kind == "aws:eks:pod":
            names = ("clusterIdentifier", "namespace", "selectorType", "selectorValue")
            how = {"parameters": dict.fromkeys(names, "x")}
        if kind.startswith("aws:elasticache:"):
            extra = {"parameters": {"availabilityZoneIdentifier": "eu-west-1a"}}
        targets[key] = {"resourceType": kind, "selectionMode": "ALL", **how, **extra}
    named = {"actionId": action["id"], "parameters": parameters}
    if not targets:
        return {"actions": {"a": named}}
    named["targets"] = {key: key for key in targets}
    return {"targets": targets, "actions": {"a": named}}
