"""Documents of Systems Manager that are run."""

import json
from typing import Any

from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.errors import ActionFailed
from localstack_outages.control.fis.names import last_part

from .work import Context, Work


def _send_command(context: Context) -> Work:
    document = _document(context)

    def begin() -> None:
        for place, instances in context.by_place().items():
            ids = [instance.name for instance in instances]
            context.call("ssm", "SendCommand", place, InstanceIds=ids, **document)

    return Work(context.seconds, begin=begin)


def _start_automation(context: Context) -> Work:
    document = _document(context)
    seconds = parameters.seconds(context.parameters, "maxDuration")

    def begin() -> str:
        answer = context.call("ssm", "StartAutomationExecution", context.place, **document)
        return str(answer["AutomationExecutionId"])

    def end(execution: str) -> None:
        context.call(
            "ssm", "StopAutomationExecution", context.place, AutomationExecutionId=execution
        )

    return Work(seconds, begin=begin, end=end)


def _document(context: Context) -> dict[str, Any]:
    given = context.parameters
    found: dict[str, Any] = {"DocumentName": last_part(given["documentArn"])}
    if "documentVersion" in given:
        found["DocumentVersion"] = given["documentVersion"]
    if "documentParameters" in given:
        try:
            values = json.loads(given["documentParameters"])
            found["Parameters"] = {
                name: [str(v) for v in value] if isinstance(value, list) else [str(value)]
                for name, value in values.items()
            }
        except (ValueError, AttributeError):
            raise ActionFailed("The documentParameters parameter is not a JSON object.") from None
    return found


PLANS = {
    "aws:ssm:send-command": _send_command,
    "aws:ssm:start-automation-execution": _start_automation,
}
