"""EC2 instances that are stopped, rebooted, terminated or interrupted."""

import json
from collections.abc import Sequence

from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.errors import ActionFailed
from localstack_outages.control.fis.names import Place
from localstack_outages.control.fis.targets import Resource

from .work import Context, Work


def _ids(resources: Sequence[Resource]) -> list[str]:
    return [resource.name for resource in resources]


def _call_all(context: Context, operation: str) -> None:
    for place, instances in context.by_place().items():
        context.call("ec2", operation, place, InstanceIds=_ids(instances))


def _stop(context: Context) -> Work:
    """Stop instances, and start them again where that is asked for, also when the experiment stops."""
    seconds = parameters.seconds(context.parameters, "startInstancesAfterDuration")
    may_be_gone = parameters.flag(context.parameters, "completeIfInstancesTerminated")

    def begin() -> None:
        _call_all(context, "StopInstances")

    def end(_: object) -> None:
        for place, instances in context.by_place().items():
            ids = [one for one in _ids(instances) if _exists(context, place, one)]
            if len(ids) < len(instances) and not may_be_gone:
                raise ActionFailed("Target instances were terminated while they were stopped.")
            if ids:
                context.call("ec2", "StartInstances", place, InstanceIds=ids)

    return Work(seconds, begin=begin, end=end if seconds else None)


def _exists(context: Context, place: Place, instance_id: str) -> bool:
    try:
        answer = context.call("ec2", "DescribeInstances", place, InstanceIds=[instance_id])
    except ActionFailed:
        return False
    states = [i["State"]["Name"] for r in answer["Reservations"] for i in r["Instances"]]
    return any(state not in ("terminated", "shutting-down") for state in states)


def _reboot(context: Context) -> Work:
    return Work(begin=lambda: _call_all(context, "RebootInstances"))


def _terminate(context: Context) -> Work:
    return Work(begin=lambda: _call_all(context, "TerminateInstances"))


def _interrupt(context: Context) -> Work:
    """Send the notice as an event, and terminate the instances later."""
    seconds = parameters.seconds(context.parameters, "durationBeforeInterruption")

    def begin() -> None:
        for place, instances in context.by_place().items():
            entries = [
                {
                    "Source": "aws.ec2",
                    "DetailType": "EC2 Spot Instance Interruption Warning",
                    "Resources": [instance.arn],
                    "Detail": json.dumps(
                        {"instance-id": instance.name, "instance-action": "terminate"}
                    ),
                }
                for instance in instances
            ]
            context.call("events", "PutEvents", place, Entries=entries)

    return Work(seconds, begin=begin, end=lambda _: _call_all(context, "TerminateInstances"))


PLANS = {
    "aws:ec2:reboot-instances": _reboot,
    "aws:ec2:send-spot-instance-interruptions": _interrupt,
    "aws:ec2:stop-instances": _stop,
    "aws:ec2:terminate-instances": _terminate,
}
