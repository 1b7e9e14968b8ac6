"""Network disruptions: calls that hang, and ACLs that deny all.

An emulator's network carries no traffic from one subnet to another. What an application in a subnet sees
of a disrupted connection to an AWS service is a call that hangs. Which subnet a call comes from is not
known, so that all calls of the account are hit.
"""

from typing import Any

from localstack_outages.control.fis.errors import ActionFailed
from localstack_outages.control.fis.targets import Resource

from .work import Context, Document, Work

_SERVICES: dict[str, Document] = {
    "dynamodb": {"service": "dynamodb"},
    "s3": {"service": "s3"},
    "s3express": {"service": "s3", "condition": "ends_with(Bucket || '', '--x-s3')"},
}
_SCOPES = ("all", "availability-zone", "prefix-list", "vpc")
_NOTE = "Calls of all subnets hang: a call does not tell from which one it comes."

Replaced = list[tuple[Resource, str, str, str]]
"""Subnets with their ACL before, the one in its place, and the association."""


def _disrupt(context: Context) -> Work:
    scope = context.parameters["scope"]
    if scope in _SERVICES:
        return _hanging(context, [_SERVICES[scope]])
    if scope not in _SCOPES:
        raise ActionFailed(
            f"The scope '{scope}' is not one of {', '.join(sorted((*_SERVICES, *_SCOPES)))}."
        )

    def begin() -> Replaced:
        done: Replaced = []
        try:
            for subnet in context.resources:
                _deny(context, subnet, done)
        except ActionFailed:
            _put_back(context, done)
            raise
        return done

    return Work(context.seconds, begin=begin, end=lambda done: _put_back(context, done))


def _deny(context: Context, subnet: Resource, done: Replaced) -> None:
    """Put an ACL that denies all in place of that of a subnet, as AWS does."""
    place, subnet_id = subnet.place, subnet.name
    where = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
    acls = context.call("ec2", "DescribeNetworkAcls", place, Filters=where)["NetworkAcls"]
    if not acls:
        raise ActionFailed(f"Subnet '{subnet_id}' has no network ACL in this emulator.")
    before = acls[0]
    association = next(a for a in before["Associations"] if a["SubnetId"] == subnet_id)
    made = context.call("ec2", "CreateNetworkAcl", place, VpcId=before["VpcId"])["NetworkAcl"]
    tags = [{"Key": "managedByFIS", "Value": "true"}]
    context.call("ec2", "CreateTags", place, Resources=[made["NetworkAclId"]], Tags=tags)
    replaced = context.call(
        "ec2",
        "ReplaceNetworkAclAssociation",
        place,
        AssociationId=association["NetworkAclAssociationId"],
        NetworkAclId=made["NetworkAclId"],
    )
    done.append(
        (subnet, before["NetworkAclId"], made["NetworkAclId"], replaced["NewAssociationId"])
    )


def _put_back(context: Context, done: Replaced) -> None:
    for subnet, before, made, association in done:
        context.call(
            "ec2",
            "ReplaceNetworkAclAssociation",
            subnet.place,
            AssociationId=association,
            NetworkAclId=before,
        )
        context.call("ec2", "DeleteNetworkAcl", subnet.place, NetworkAclId=made)


def _cross_region(context: Context) -> Work:
    rules = [
        {"region": context.parameters["region"], "account": account, "connection": "hang"}
        for account in _accounts(context)
    ]
    return Work(context.seconds, rules, note=_NOTE)


def _endpoints(context: Context) -> Work:
    """Hang the calls to the services of VPC endpoints."""
    services = []
    for endpoint in context.resources:
        name = endpoint.details.get("ServiceName", "")
        if not name:
            raise ActionFailed(f"The service of VPC endpoint '{endpoint.name}' is not known.")
        services.append({"service": name.rpartition(".")[2]})
    return _hanging(context, services)


def _hanging(context: Context, calls: list[Document]) -> Work:
    rules: list[Any] = [
        {**call, "region": context.place.region, "account": account, "connection": "hang"}
        for call in calls
        for account in _accounts(context)
    ]
    return Work(context.seconds, rules, note=_NOTE)


def _accounts(context: Context) -> list[str]:
    return sorted({resource.place.account for resource in context.resources})


PLANS = {
    "aws:network:disrupt-connectivity": _disrupt,
    "aws:network:disrupt-vpc-endpoint": _endpoints,
    "aws:network:route-table-disrupt-cross-region-connectivity": _cross_region,
}
