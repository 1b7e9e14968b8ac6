"""RDS instances and Aurora clusters that are rebooted or fail over."""

from localstack_outages.control.fis import parameters

from .work import Context, Work


def _reboot(context: Context) -> Work:
    force = parameters.flag(context.parameters, "forceFailover")

    def begin() -> None:
        for instance in context.resources:
            context.call(
                "rds",
                "RebootDBInstance",
                instance.place,
                DBInstanceIdentifier=instance.name,
                **({"ForceFailover": True} if force else {}),
            )

    return Work(begin=begin)


def _fail_over(context: Context) -> Work:
    def begin() -> None:
        for cluster in context.resources:
            context.call(
                "rds", "FailoverDBCluster", cluster.place, DBClusterIdentifier=cluster.name
            )

    return Work(begin=begin)


PLANS = {
    "aws:rds:failover-db-cluster": _fail_over,
    "aws:rds:reboot-db-instances": _reboot,
}
