"""How resources of each type are found in an emulator: by which call, and what in its answer is the ARN,
the tags, and what the parameters of a target ask for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .emulator import Emulator, EmulatorError
from .names import Place, last_part

Item = Mapping[str, Any]
Tags = dict[str, str]


@dataclass(frozen=True)
class Source:
    """Where resources of a type are found."""

    service: str
    operation: str
    items: str
    """Where they are in the answer: names joined by dots, each of a list or of an object."""
    arn: str
    """The member that has the ARN, or a format of it over members, account and region."""
    tags: str | None = None
    """The member that has the tags; None where ``tags_of`` asks for them."""
    tags_of: Callable[[Emulator, Place, str, Item], Any] | None = None
    parameters: Mapping[str, Callable[[Emulator, Place, Item], Iterable[Any]]] = field(
        default_factory=dict
    )
    """For each parameter of a target: what it may be for a resource."""
    fixed: Mapping[str, Any] = field(default_factory=dict)
    """What the call is given."""
    describe: Callable[[Emulator, Place, list[str]], Iterable[Item]] | None = None
    """Says more of what the call lists, where that takes further calls."""


def find_all(source: Source, emulator: Emulator, place: Place) -> list[tuple[str, Item]]:
    """Give the ARNs of all resources of a type, each with what the emulator says of it.

    :raises EmulatorError: where it cannot be asked
    """
    answer = emulator.call(
        source.service, source.operation, place.account, place.region, **source.fixed
    )
    items: list[Any] = [answer]
    for name in source.items.split("."):
        found = [item.get(name) or [] for item in items]
        items = [one for each in found for one in (each if isinstance(each, list) else [each])]
    if source.describe is not None:
        items = list(source.describe(emulator, place, items))
    as_items = [item if isinstance(item, Mapping) else {"name": item} for item in items]
    return [(_arn(source.arn, item, place), item) for item in as_items]


def tags_of(source: Source, emulator: Emulator, place: Place, arn: str, item: Item) -> Tags:
    """Give the tags of a resource. One whose tags cannot be read has none."""
    if source.tags is not None:
        return _as_map(item.get(source.tags))
    if source.tags_of is None:
        return {}
    try:
        return _as_map(source.tags_of(emulator, place, arn, item))
    except EmulatorError:
        return {}


def _as_map(tags: Any) -> Tags:
    if isinstance(tags, Mapping):
        return dict(tags)
    return {
        str(tag.get("Key", tag.get("key"))): str(tag.get("Value", tag.get("value", "")))
        for tag in tags or ()
    }


def _arn(form: str, item: Item, place: Place) -> str:
    if "{" not in form:
        return str(item.get(form, ""))
    return form.format_map({**item, "account": place.account, "region": place.region})


def _ec2(operation: str, items: str, kind: str, key: str, **options: Any) -> Source:
    arn = f"arn:aws:ec2:{{region}}:{{account}}:{kind}/{{{key}}}"
    return Source("ec2", operation, items, arn, tags="Tags", **options)


def _tags(
    service: str, operation: str, member: str = "Tags", **parameters: str
) -> Callable[[Emulator, Place, str, Item], Any]:
    """Give a function that asks for the tags of one resource.

    :param member: of the answer, which has them
    :param parameters: of the call, as formats over ``arn`` and the members of the resource
    """

    def ask(emulator: Emulator, place: Place, arn: str, item: Item) -> Any:
        known = {**item, "arn": arn}
        given = {name: form.format_map(known) for name, form in parameters.items()}
        return emulator.call(service, operation, *place, **given).get(member)

    return ask


def _zones(_: Emulator, __: Place, item: Item) -> list[Any]:
    return [item.get("AvailabilityZone"), item.get("AvailabilityZoneId")]


def _writer_zones(emulator: Emulator, place: Place, cluster: Item) -> list[Any]:
    """Give the zones of the instances that write to an Aurora cluster."""
    found = []
    for member in cluster.get("DBClusterMembers", ()):
        if member.get("IsClusterWriter"):
            name = member["DBInstanceIdentifier"]
            answer = emulator.call("rds", "DescribeDBInstances", *place, DBInstanceIdentifier=name)
            found += [instance.get("AvailabilityZone") for instance in answer["DBInstances"]]
    return found


def _tasks_of(emulator: Emulator, place: Place, clusters: list[str]) -> Iterator[Item]:
    """Give the tasks that run in some ECS clusters."""
    for cluster in clusters:
        listed = emulator.call("ecs", "ListTasks", *place, cluster=cluster, desiredStatus="RUNNING")
        arns = listed.get("taskArns", [])
        for start in range(0, len(arns), 100):  # ECS describes so many at once
            yield from emulator.call(
                "ecs",
                "DescribeTasks",
                *place,
                cluster=cluster,
                tasks=arns[start : start + 100],
                include=["TAGS"],
            ).get("tasks", [])


_REPLICATION_GROUPS = Source(
    "elasticache",
    "DescribeReplicationGroups",
    "ReplicationGroups",
    "ARN",
    tags_of=_tags("elasticache", "ListTagsForResource", "TagList", ResourceName="{arn}"),
)

SOURCES: Mapping[str, Source] = {
    "aws:ec2:instance": _ec2(
        "DescribeInstances", "Reservations.Instances", "instance", "InstanceId"
    ),
    "aws:ec2:spot-instance": _ec2(
        "DescribeInstances",
        "Reservations.Instances",
        "instance",
        "InstanceId",
        fixed={"Filters": [{"Name": "instance-lifecycle", "Values": ["spot"]}]},
    ),
    "aws:ec2:ebs-volume": _ec2(
        "DescribeVolumes",
        "Volumes",
        "volume",
        "VolumeId",
        parameters={"availabilityZoneIdentifier": _zones},
    ),
    "aws:ec2:subnet": _ec2(
        "DescribeSubnets",
        "Subnets",
        "subnet",
        "SubnetId",
        parameters={
            "availabilityZoneIdentifier": _zones,
            "vpc": lambda _, __, subnet: [subnet.get("VpcId")],
        },
    ),
    "aws:ec2:vpc-endpoint": _ec2(
        "DescribeVpcEndpoints", "VpcEndpoints", "vpc-endpoint", "VpcEndpointId"
    ),
    "aws:ec2:transit-gateway": _ec2(
        "DescribeTransitGateways", "TransitGateways", "transit-gateway", "TransitGatewayId"
    ),
    "aws:ec2:autoscaling-group": Source(
        "autoscaling",
        "DescribeAutoScalingGroups",
        "AutoScalingGroups",
        "AutoScalingGroupARN",
        tags="Tags",
    ),
    "aws:iam:role": Source(
        "iam",
        "ListRoles",
        "Roles",
        "Arn",
        tags_of=_tags("iam", "ListRoleTags", RoleName="{RoleName}"),
    ),
    "aws:lambda:function": Source(
        "lambda",
        "ListFunctions",
        "Functions",
        "FunctionArn",
        tags_of=_tags("lambda", "ListTags", Resource="{arn}"),
    ),
    "aws:kinesis:stream": Source(
        "kinesis",
        "ListStreams",
        "StreamNames",
        "arn:aws:kinesis:{region}:{account}:stream/{name}",
        tags_of=_tags("kinesis", "ListTagsForStream", StreamName="{name}"),
    ),
    "aws:dynamodb:global-table": Source(
        "dynamodb",
        "ListTables",
        "TableNames",
        "arn:aws:dynamodb:{region}:{account}:table/{name}",
        tags_of=_tags("dynamodb", "ListTagsOfResource", ResourceArn="{arn}"),
    ),
    "aws:s3:bucket": Source(
        "s3",
        "ListBuckets",
        "Buckets",
        "arn:aws:s3:::{Name}",
        tags_of=_tags("s3", "GetBucketTagging", "TagSet", Bucket="{Name}"),
    ),
    "aws:rds:db": Source(
        "rds",
        "DescribeDBInstances",
        "DBInstances",
        "DBInstanceArn",
        tags="TagList",
        parameters={"availabilityZoneIdentifiers": _zones},
    ),
    "aws:rds:cluster": Source(
        "rds",
        "DescribeDBClusters",
        "DBClusters",
        "DBClusterArn",
        tags="TagList",
        parameters={"writerAvailabilityZoneIdentifiers": _writer_zones},
    ),
    "aws:ecs:cluster": Source(
        "ecs",
        "ListClusters",
        "clusterArns",
        "{name}",
        tags_of=_tags("ecs", "ListTagsForResource", "tags", resourceArn="{arn}"),
    ),
    "aws:ecs:task": Source(
        "ecs",
        "ListClusters",
        "clusterArns",
        "taskArn",
        tags="tags",
        describe=_tasks_of,
        parameters={
            "cluster": lambda _, __, task: [last_part(task.get("clusterArn", ""))],
            "service": lambda _, __, task: [task.get("group", "").removeprefix("service:")],
        },
    ),
    "aws:elasticache:redis-replicationgroup": _REPLICATION_GROUPS,
    "aws:elasticache:replicationgroup": _REPLICATION_GROUPS,
}
"""By type. What is not here can be a target by ARN alone."""
