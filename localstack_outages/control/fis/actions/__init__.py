"""What the actions of FIS do here: rules, calls into the emulator, or a failure that says why."""

from collections.abc import Callable, Mapping

from localstack_outages.control.fis.errors import ActionFailed, ValidationError

from . import (
    alarms,
    api_errors,
    capacity,
    databases,
    functions,
    instances,
    network,
    own_rule,
    replication,
    streams,
    systems_manager,
    tasks,
)
from .work import Context, Work

Plan = Callable[[Context], Work]

_PLANS: Mapping[str, Plan] = {
    **alarms.PLANS,
    **api_errors.PLANS,
    **capacity.PLANS,
    **databases.PLANS,
    **functions.PLANS,
    **instances.PLANS,
    **network.PLANS,
    **own_rule.PLANS,
    **replication.PLANS,
    **streams.PLANS,
    **systems_manager.PLANS,
    **tasks.PLANS,
}

_WHY_NOT = {
    "aws:dynamodb:global-table-pause-replication": (
        "the replicas of a global table are one table in this emulator, so that there is no "
        "replication to pause; outages:rule can have the calls to a replica's region fail"
    ),
    "aws:ec2:asg-insufficient-instance-capacity-error": (
        "Auto Scaling launches instances inside this emulator, where no call can be answered"
    ),
    "aws:lambda:invocation-http-integration-response": (
        "the response of a function cannot be replaced in this emulator"
    ),
    "aws:network:transit-gateway-disrupt-cross-region-connectivity": (
        "no traffic goes through transit gateways in this emulator"
    ),
}
"""Why actions that have no plan cannot be done, where there is more to say."""


def planned() -> tuple[str, ...]:
    """Give the actions that do something here."""
    return tuple(_PLANS)


def plan(action_id: str, context: Context) -> Work:
    """Say what an action comes to.

    :return: where it cannot be done, work that fails when the action begins
    """
    make = _PLANS.get(action_id)
    if make is None:
        why = _WHY_NOT.get(action_id, "this emulator has nothing that it could act on")
        return Work(failure=f"{action_id} is not available: {why}")
    try:
        return make(context)
    except (ActionFailed, ValidationError) as e:
        return Work(failure=str(e))
