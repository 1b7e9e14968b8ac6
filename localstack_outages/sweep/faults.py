"""Which faults a sweep tries at a call, and the rule for each.

Errors that come to the same for an SDK have one representative: after all retries each ends in an
exception of the same class. An error that the application's code names may be treated differently,
and is tried by itself.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from localstack_outages.aws.batches import batch_of
from localstack_outages.aws.errors import aws_error
from localstack_outages.aws.modelled_errors import modelled_error
from localstack_outages.aws.names import services
from localstack_outages.aws.paging import paging_of
from localstack_outages.aws.repeating import is_read

from .points import Call, Fault

KINDS: Mapping[str, Mapping[str, Any]] = {
    "internal": {"error": "internal"},
    "throttling": {"error": "throttling"},
    "reset": {"connection": "reset"},
    "denied": {"error": "denied"},
    "notFound": {"error": "notFound"},
    "conflict": {"error": "conflict"},
    "after": {"phase": "after", "connection": "reset", "times": 1},
    "partial": {"partial": {"count": 1}},
    "short": {"listing": "short"},
    "empty": {"listing": "empty"},
    "transient": {"error": "internal", "times": 1},
    "hang": {"connection": "hang"},
}
"""The faults by name, each with the fields of its rule, in the order in which they are tried: the one
that takes longest comes last."""

ONCE = ("transient", "hang")
"""Those that try the client, and are tried at one call of each."""

SERVER_FAULTS = ("internal", "throttling", "reset", "hang")
"""Those with which AWS itself fails: an application that survives one of them should survive each."""

TELLING = ("notFound", "conflict")
"""Errors that say something about what was asked for. An application that believes them is right, so
that a test which expects otherwise fails for good reason."""

_WHOLE = frozenset((("s3", "ListBuckets"),))
"""Listings that come whole where the request has no limit, as S3's documentation says of "unpaginated"
requests for ListBuckets."""

_CONDITION = "ConditionalCheckFailedException"


def rule_of(fault: Fault) -> dict[str, Any]:
    """Give the rule by which a fault happens.

    :raises ValueError: where there is no such fault
    """
    service, operation, call = fault.place
    rule = {"service": service, "operation": operation, "call": call}
    if fault.name in KINDS:
        return {**rule, **KINDS[fault.name]}
    if not fault.name[0].isupper():
        raise ValueError(
            f"there is no fault {fault.name!r}; it is one of {', '.join(KINDS)}, or an error code "
            "such as ResourceNotFoundException"
        )
    return {**rule, "error": {"code": fault.name, "statusCode": 400}}


def names_for(
    call: Call, later: bool, named: Collection[str], *, all_errors: bool
) -> Iterator[str]:
    """Give the faults to try at a call, but for those that are tried once for each client.

    :param later: whether the same operation is called once more after it
    :param named: the error codes that the application's code names
    :param all_errors: whether to try errors that come to the same
    """
    service, operation = call.kind
    yield "internal"
    if all_errors or aws_error(service, "throttling", operation).code in named:
        yield "throttling"
    yield "reset"
    yield "denied"
    for kind in ("notFound", "conflict"):
        error = modelled_error(service, kind, operation) if service in services() else None
        if error is None or (error.code == _CONDITION and not call.is_conditional):
            continue
        if all_errors or error.code in named or error.code == _CONDITION:
            yield kind
    if not is_read(operation):
        yield "after"
    if batch_of(service, operation) is not None:
        yield "partial"
    paging = paging_of(service).get(operation)
    if paging is not None:
        if paging.can_be("short") and call.kind not in _WHOLE:
            yield "short"
        # The last page has no token, and cannot be empty and have others after it.
        if later and paging.can_be("empty"):
            yield "empty"


def in_words(fault: Fault) -> str:
    """Tell what a fault does to its call."""
    service, operation, _ = fault.place
    if fault.name in ("internal", "throttling", "denied", "notFound", "conflict"):
        error = aws_error(service, fault.name, operation)
        return f"{error.status} {error.code}, at each attempt"
    return {
        "reset": "the connection is reset, at each attempt",
        "after": "it is carried out, and its answer is lost once",
        "partial": "the first entry of the batch fails",
        "short": "the page has fewer items than asked for, and a token",
        "empty": "the page has no items, and a token",
        "transient": "one attempt fails",
        "hang": "no answer comes, at any attempt",
    }.get(fault.name, f"400 {fault.name}")
