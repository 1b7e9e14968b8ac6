"""``aws:cloudwatch:assert-alarm-state``."""

from localstack_outages.control.fis import parameters
from localstack_outages.control.fis.emulator import Emulator, EmulatorError
from localstack_outages.control.fis.errors import ActionFailed
from localstack_outages.control.fis.names import read_arn
from localstack_outages.control.fis.template_checks import alarm_name

from .work import Context, Work


def _assert(context: Context) -> Work:
    states = parameters.names(context.parameters, "alarmStates")
    arns = parameters.names(context.parameters, "alarmArns")

    def check() -> None:
        for arn in arns:
            state = state_of(context.emulator, arn)
            if state not in states:
                raise ActionFailed(
                    f"Alarm '{alarm_name(arn)}' is in state {state}, not in {', '.join(states)}."
                )

    return Work(begin=check)


def state_of(emulator: Emulator, arn: str) -> str:
    """Ask for the state of an alarm.

    :raises ActionFailed: where there is no such alarm, or the emulator cannot tell
    """
    name, parts = alarm_name(arn), read_arn(arn)
    if name is None or parts is None:
        raise ActionFailed(f"'{arn}' is not the ARN of a CloudWatch alarm.")
    try:
        answer = emulator.call(
            "cloudwatch", "DescribeAlarms", parts.account, parts.region, AlarmNames=[name]
        )
    except EmulatorError as e:
        raise ActionFailed(str(e)) from None
    alarms = [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
    if not alarms:
        raise ActionFailed(f"There is no alarm '{name}' in {parts.region}.")
    return str(alarms[0]["StateValue"])


PLANS = {"aws:cloudwatch:assert-alarm-state": _assert}
