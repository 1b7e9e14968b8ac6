"""Lambda functions whose invocations fail or are slow.

AWS injects into the function's runtime: its caller sees a function that failed. Here the call Invoke
gets an error of the service, so that invocations by event sources inside the emulator are hit where
they are calls.
"""

from typing import Any

from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.targets import Resource

from .work import Context, Work, any_of, literal

_ERROR = {"statusCode": 500, "code": "ServiceException", "message": "Fault injected by AWS FIS."}


def _fail(context: Context) -> Work:
    what: dict[str, Any] = {"error": _ERROR}
    if not parameters.flag(context.parameters, "preventExecution"):
        what["phase"] = "after"
    return Work(context.seconds, [{**rule, **what} for rule in _rules(context)])


def _delay(context: Context) -> Work:
    delay = parameters.milliseconds(context.parameters, "startupDelayMilliseconds", "1000", 900_000)
    return Work(context.seconds, [{**rule, "latency": delay} for rule in _rules(context)])


def _rules(context: Context) -> list[dict[str, Any]]:
    """Give a rule for the invocations of each function, without what they get."""
    return [
        {
            "service": "lambda",
            "region": function.place.region,
            "account": function.place.account,
            "operation": "Invoke*",
            "condition": condition_of(function, context.target_parameters.get("functionQualifier")),
            **context.share("invocationPercentage"),
        }
        for function in context.resources
    ]


def condition_of(function: Resource, qualifier: str | None) -> str:
    """Write a condition for the invocations of a function, or of one version or alias of it."""
    is_it = _is_function(function)
    if qualifier is None:
        return is_it
    ends = f"ends_with(FunctionName, {literal(f':{qualifier}')})"
    return f"({is_it}) && (Qualifier == {literal(qualifier)} || {ends})"


def _is_function(function: Resource) -> str:
    """Write a condition for the ways in which a call can name a function: name, partial ARN or ARN, each
    with a version or an alias behind it.
    """
    name = function.name
    if ":function:" in function.arn:
        name = function.arn.partition(":function:")[2].partition(":")[0]
    return any_of((
        f"FunctionName == {literal(name)}",
        f"starts_with(FunctionName, {literal(f'{name}:')})",
        f"ends_with(FunctionName, {literal(f':function:{name}')})",
        f"contains(FunctionName, {literal(f':function:{name}:')})",
    ))  # fmt: skip


PLANS = {
    "aws:lambda:invocation-add-delay": _delay,
    "aws:lambda:invocation-error": _fail,
}
