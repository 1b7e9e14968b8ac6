"""``aws:ec2:api-insufficient-instance-capacity-error``."""

import json

from localstack_outages.control.fis import parameters

from .work import Context, Work, any_of

MAX_CONDITION = 1024


def _no_capacity(context: Context) -> Work:
    """Answer InsufficientInstanceCapacity to calls that ask for instances in some zones."""
    place = context.place
    given = parameters.names(context.parameters, "availabilityZoneIdentifiers")
    described = context.call("ec2", "DescribeAvailabilityZones", place)["AvailabilityZones"]
    zones = [
        zone["ZoneName"]
        for zone in described
        if {zone["ZoneName"], zone.get("ZoneId")} & set(given)
    ] or given
    subnets = [
        subnet["SubnetId"]
        for subnet in context.call("ec2", "DescribeSubnets", place)["Subnets"]
        if subnet["AvailabilityZone"] in zones
    ]
    instances = [
        instance["InstanceId"]
        for reservation in context.call("ec2", "DescribeInstances", place)["Reservations"]
        for instance in reservation["Instances"]
        if instance["Placement"]["AvailabilityZone"] in zones
    ]
    conditions = _conditions(zones, subnets, instances)
    callers, note = context.callers()
    error = {
        "statusCode": 500,
        "code": "InsufficientInstanceCapacity",
        "message": "We currently do not have sufficient capacity in the Availability Zone you "
        "requested. Our system will be working on provisioning additional capacity.",
    }
    rules = [
        {
            "service": "ec2",
            "region": place.region,
            "operation": operation,
            # With too many subnets for a condition, all such calls of the region are hit.
            **({"condition": condition} if len(condition) <= MAX_CONDITION else {}),
            **caller,
            **context.share("percentage"),
            "error": error,
        }
        for caller in callers
        for operation, condition in conditions.items()
    ]
    return Work(context.seconds, rules, note=note)


def _conditions(zones: list[str], subnets: list[str], instances: list[str]) -> dict[str, str]:
    """Give the condition for each operation that asks for capacity in some zones.

    :param subnets: those in the zones
    :param instances: those in the zones
    """
    in_zones, in_subnets = _among(zones), _among(subnets)
    return {
        "RunInstances": any_of((
            f"contains({in_zones}, Placement.AvailabilityZone)",
            f"contains({in_subnets}, SubnetId)",
            f"NetworkInterfaces[?contains({in_subnets}, SubnetId)]",
        )),
        "StartInstances": f"InstanceIds[?contains({_among(instances)}, @)]",
        "CreateCapacityReservation": f"contains({in_zones}, AvailabilityZone)",
        "CreateFleet": any_of((
            f"LaunchTemplateConfigs[].Overrides[?contains({in_zones}, AvailabilityZone)][]",
            f"LaunchTemplateConfigs[].Overrides[?contains({in_subnets}, SubnetId)][]",
        )),
    }  # fmt: skip


def _among(names: list[str]) -> str:
    return f"`{json.dumps(names)}`"


PLANS = {"aws:ec2:api-insufficient-instance-capacity-error": _no_capacity}
