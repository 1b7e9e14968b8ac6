"""Which kind of failure an event of the journal was for its client."""

from localstack_outages.aws.retryable import THROTTLING_CODES
from localstack_outages.schema.documents import Event
from localstack_outages.schema.failure_coverage import FailureKind

_TIMEOUTS = ("RequestTimeout", "RequestTimeoutException")
_TIMEOUT_STATUSES = (408, 504)


def kind_of(event: Event, *, was_last: bool, timed_out: bool) -> FailureKind | None:
    """Tell how a rule failed an attempt. None where it did not: an answer that is late, but in time, or
    a page of a listing with fewer items, is no failure.

    :param event: as the control API gives it
    :param was_last: whether the client made no attempt after it
    :param timed_out: whether the client gave up because no answer came
    """
    injected = event["injected"]
    kind = _plain_kind(event)
    if kind is None and injected["delayMs"] and event["outcome"] != "injected":
        # The client did not wait for it: it tried again, or gave up for that.
        kind = "timedOut" if not was_last or timed_out else None
    if kind is None or not injected["done"]:
        return kind
    # An answer can only be cut off once there is one: that it was carried out is no news there.
    breaks_off = injected["connection"] == "truncate" or injected.get("payload") is not None
    return kind if breaks_off else "doneButFailed"


def _plain_kind(event: Event) -> FailureKind | None:
    injected = event["injected"]
    if injected.get("partial") is not None:
        return "partial"
    if injected["connection"] is not None:
        return "timedOut" if injected["connection"] == "hang" else "cut"
    if injected.get("payload") in ("truncate", "corrupt"):
        return "cut"
    error = injected["error"]
    if error is None:
        return None
    if error["code"] in THROTTLING_CODES or error["statusCode"] == 429:
        return "throttled"
    if error["code"] in _TIMEOUTS or error["statusCode"] in _TIMEOUT_STATUSES:
        return "timedOut"
    return "failed"
