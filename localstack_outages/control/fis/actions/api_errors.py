"""``aws:fis:inject-api-*`` and ``aws:fis:wait``."""

from collections.abc import Callable, Mapping
from functools import partial

from localstack_outages.aws.errors import SERVICE_ALIASES
from localstack_outages.aws.home_regions import is_global
from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.errors import ActionFailed

from .work import Context, Work


def _errors(kind: str, context: Context) -> Work:
    """Answer an error to calls of roles. AWS takes ``ec2`` and ``kinesis`` alone; any service is
    taken here.
    """
    name = context.parameters["service"].lower()
    service = SERVICE_ALIASES.get(name, name)
    operations = parameters.names(context.parameters, "operations")
    if not operations:
        raise ActionFailed("The operations parameter names no operation.")
    callers, note = context.callers()
    where = {} if is_global(service) else {"region": context.place.region}
    rules = [
        {
            "service": service,
            **where,
            "operation": operation,
            **caller,
            **context.share("percentage"),
            "error": kind,
        }
        for caller in callers
        for operation in operations
    ]
    return Work(context.seconds, rules, note=note)


def _wait(context: Context) -> Work:
    return Work(context.seconds)


PLANS: Mapping[str, Callable[[Context], Work]] = {
    "aws:fis:inject-api-internal-error": partial(_errors, "internal"),
    "aws:fis:inject-api-throttle-error": partial(_errors, "throttling"),
    "aws:fis:inject-api-unavailable-error": partial(_errors, "unavailable"),
    "aws:fis:wait": _wait,
}
