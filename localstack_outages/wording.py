"""A rule in words, in one line: ``s3 in us-*: 503 ServiceUnavailableException, for 5m``."""

from collections.abc import Iterator

from .catalogue import aws_error
from .durations import format_duration
from .effects import (
    OUTAGE_CODE,
    OUTAGE_STATUS,
    ErrorKind,
    ErrorSpec,
    LatencyPercentiles,
    LatencyRamp,
    LatencyRange,
    Ramp,
    Step,
    Throttle,
)
from .matching import is_plain
from .rules import Rule

MAX_STEPS = 6
"""So many steps of a sequence are written; the others are counted."""

_ANY = "*"


def in_words(rule: Rule) -> str:
    """Write a rule in one line."""
    return ", ".join([f"{what_fails(rule)}: {how_it_fails(rule)}", *_limits(rule)])


def what_fails(rule: Rule) -> str:
    """Say which calls a rule is for: ``s3.Get* in us-*``."""
    return ", ".join(_target(rule))


def how_it_fails(rule: Rule) -> str:
    """Say what a rule does to a call: ``250 ms late, throttling (503 SlowDown)``."""
    if rule.is_outage:
        return f"{OUTAGE_STATUS} {OUTAGE_CODE}"
    if rule.sequence is not None:
        steps = [_step(step, rule.service) for step in rule.sequence[:MAX_STEPS]]
        left_out = len(rule.sequence) - len(steps)
        return "; ".join([*steps, f"{left_out} more"] if left_out else steps)
    if rule.throttle is not None:
        return _throttled(rule.throttle, rule)
    return _fault(rule, rule.service)


def when_it_fails(rule: Rule) -> str:
    """Say when and how often a rule fires: ``2 times, for 5m``; nothing where always."""
    return ", ".join(_limits(rule))


def _target(rule: Rule) -> Iterator[str]:
    if rule.operation != _ANY:
        what = f"{rule.service}.{rule.operation}"
    else:
        what = "everything" if rule.service == _ANY else rule.service
    yield what if rule.region == _ANY else f"{what} in {rule.region}"
    if rule.account != _ANY:
        yield f"account {rule.account}"
    if rule.condition is not None:
        yield f"where {' '.join(rule.condition.split())}"
    if rule.origin != "any":
        yield f"{rule.origin} calls"


def _limits(rule: Rule) -> Iterator[str]:
    if isinstance(rule.probability, Ramp):
        yield f"{_percent(rule.probability.from_)} to {_percent(rule.probability.to)} of the calls"
    elif rule.probability != 1:
        yield f"{_percent(rule.probability)} of the calls"
    if rule.times is not None:
        yield "once" if rule.times == 1 else f"{rule.times} times"
    if rule.flap is not None:
        yield f"{format_duration(rule.flap.down)} down and {format_duration(rule.flap.up)} up"
    if rule.after:
        yield f"after {format_duration(rule.after)}"
    if rule.duration is not None:
        yield f"for {format_duration(rule.duration)}"


def _fault(fault: Rule | Step, service: str) -> str:
    parts = []
    if fault.latency is not None:
        parts.append(_late(fault.latency))
    if fault.error is not None:
        parts.append(_error(fault.error, service))
    if fault.connection is not None:
        parts.append(f"connection {fault.connection}")
    return ", ".join(parts) or "pass"


def _step(step: object, service: str) -> str:
    if isinstance(step, Step):
        return _fault(step, service)
    if isinstance(step, ErrorSpec) or step != "pass":
        return _error(step, service)  # type: ignore[arg-type] # the other words are kinds of errors
    return "pass"


def _error(error: ErrorSpec | ErrorKind, service: str) -> str:
    if isinstance(error, ErrorSpec):
        return f"{error.status_code} {error.code}"
    if not is_plain(service):
        return error
    of_aws = aws_error(service, error)
    return f"{error} ({of_aws.status} {of_aws.code})"


def _late(latency: float | LatencyRange | LatencyPercentiles | LatencyRamp) -> str:
    if isinstance(latency, LatencyRange):
        return f"{_number(latency.min)}-{_number(latency.max)} ms late"
    if isinstance(latency, LatencyRamp):
        return f"{_number(latency.from_)} to {_number(latency.to)} ms late"
    if isinstance(latency, LatencyPercentiles):
        given = (f"{name} {_number(ms)}" for name, ms in latency if ms is not None)
        return f"{', '.join(given)} ms late"
    return f"{_number(latency)} ms late"


def _throttled(throttle: Throttle, rule: Rule) -> str:
    by = f" for each {throttle.by}" if throttle.by else ""
    burst = f", {throttle.burst} at once" if throttle.burst else ""
    error = _error(rule.error or "throttling", rule.service)
    return f"over {_number(throttle.rate)} calls a second{burst}{by}: {error}"


def _percent(share: float) -> str:
    return f"{_number(round(share * 100, 6))}%"


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
