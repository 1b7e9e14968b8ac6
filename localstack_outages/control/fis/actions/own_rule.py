"""``outages:rule``: any rule of ours in an experiment."""

from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.catalog import RULE_ACTION

from .work import Context, Work


def _rule(context: Context) -> Work:
    return Work(context.seconds, [parameters.rule(context.parameters)])


PLANS = {RULE_ACTION: _rule}
