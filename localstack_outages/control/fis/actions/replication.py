"""S3 buckets whose replication is paused."""

from typing import Any

from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.errors import ActionFailed
from localstack_outages.control.fis.names import last_part
from localstack_outages.control.fis.targets import Resource

from .work import Context, Work

Paused = list[tuple[Resource, dict[str, Any]]]
"""Buckets with their configuration before."""


def _pause(context: Context) -> Work:
    """Disable the replication rules to a region, and put them back."""

    def begin() -> Paused:
        done: Paused = []
        for bucket in context.resources:
            before = context.call("s3", "GetBucketReplication", bucket.place, Bucket=bucket.name)
            configuration = before["ReplicationConfiguration"]
            rules = [
                {**rule, "Status": "Disabled"} if _is_meant(context, rule) else rule
                for rule in configuration["Rules"]
            ]
            if rules == configuration["Rules"]:
                raise ActionFailed(
                    f"Bucket '{bucket.name}' has no replication rule to {context.parameters['region']}."
                )
            _put(context, bucket, {**configuration, "Rules": rules})
            done.append((bucket, configuration))
        return done

    def end(done: Paused) -> None:
        for bucket, configuration in done:
            _put(context, bucket, configuration)

    return Work(context.seconds, begin=begin, end=end)


def _is_meant(context: Context, rule: dict[str, Any]) -> bool:
    bucket = last_part(rule["Destination"]["Bucket"])
    wanted = [last_part(n) for n in parameters.names(context.parameters, "destinationBuckets")]
    prefixes = parameters.names(context.parameters, "prefixes")
    prefix = rule.get("Prefix") or rule.get("Filter", {}).get("Prefix", "")
    if (wanted and bucket not in wanted) or (prefixes and prefix not in prefixes):
        return False
    if rule.get("Status") != "Enabled":
        return False
    try:
        answer = context.call("s3", "GetBucketLocation", context.place, Bucket=bucket)
    except ActionFailed:
        return False
    return (answer.get("LocationConstraint") or "us-east-1") == context.parameters["region"]


def _put(context: Context, bucket: Resource, configuration: dict[str, Any]) -> None:
    context.call(
        "s3",
        "PutBucketReplication",
        bucket.place,
        Bucket=bucket.name,
        ReplicationConfiguration=configuration,
    )


PLANS = {"aws:s3:bucket-pause-replication": _pause}
