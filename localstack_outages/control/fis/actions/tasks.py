"""ECS tasks that are stopped, and container instances that are drained."""

from math import ceil
from typing import Any

from localstack_outages.control.fis.names import read_arn
from localstack_outages.control.fis.targets import Resource

from .work import Context, Document, Work

Drained = list[tuple[Any, str, list[str]]]


def _stop(context: Context) -> Work:
    def begin() -> None:
        for task in context.resources:
            context.call(
                "ecs",
                "StopTask",
                task.place,
                task=task.arn,
                reason="Stopped by AWS FIS",
                **_cluster_of(task),
            )

    return Work(begin=begin)


def _cluster_of(task: Resource) -> Document:
    """Say which cluster a task is in. Old ARNs do not, and the default is another one."""
    if "clusterArn" in task.details:
        return {"cluster": task.details["clusterArn"]}
    parts = read_arn(task.arn)
    path = (parts.resource if parts else "").split("/")
    return {"cluster": path[1]} if len(path) == 3 else {}


def _drain(context: Context) -> Work:
    share = context.share("drainagePercentage").get("probability", 1)

    def begin() -> Drained:
        drained: Drained = []
        for cluster in context.resources:
            answer = context.call(
                "ecs",
                "ListContainerInstances",
                cluster.place,
                cluster=cluster.name,
                status="ACTIVE",
            )
            active = answer.get("containerInstanceArns", [])
            chosen = active[: ceil(len(active) * share)]
            _set(context, cluster.place, cluster.name, chosen, "DRAINING")
            drained.append((cluster.place, cluster.name, chosen))
        return drained

    def end(drained: Drained) -> None:
        for place, cluster, chosen in drained:
            _set(context, place, cluster, chosen, "ACTIVE")

    return Work(context.seconds, begin=begin, end=end)


def _set(context: Context, place: Any, cluster: str, instances: list[str], status: str) -> None:
    for start in range(0, len(instances), 10):  # ECS takes ten at once
        context.call(
            "ecs",
            "UpdateContainerInstancesState",
            place,
            cluster=cluster,
            containerInstances=instances[start : start + 10],
            status=status,
        )


PLANS = {
    "aws:ecs:drain-container-instances": _drain,
    "aws:ecs:stop-task": _stop,
}
