"""The steps that change a request or an answer: entries of a batch fail, a page of a listing comes short or
empty.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from localstack_outages.aws.batches import AllFailed, Parameters, Result, batch_of
from localstack_outages.aws.paging import paging_of
from localstack_outages.aws.wire.shapes import least_of
from localstack_outages.schema.effect import AwsError, PartialFailure

from .call import Call
from .entries import fingerprints

ENTRY_MESSAGE = "The entry was not processed due to an outage"
"""What an entry that failed is told where the rule says nothing else."""

ALL_FAILED_MESSAGE = "No entry could be processed"


class EditRequest(NamedTuple):
    """Have the service get another request.

    Where the host cannot do that the call passes, with its request as it came.
    """

    change: Callable[[Parameters], Parameters | None]
    """Gives the parameters that it gets, of those that came."""
    values: Mapping[str, Any] = MappingProxyType({})
    """Plain parameters that differ from those that came."""


class EditAnswer(NamedTuple):
    """Have the client get another result than the service gave."""

    change: Callable[[Parameters, Mapping[str, Any] | None], Result]
    """Gives that result, of the parameters as they came and of the service's result."""


class Answer(NamedTuple):
    """Answer with a result in place of carrying the call out."""

    change: Callable[[Parameters, Mapping[str, Any] | None], Result]
    """Gives the result, of the parameters and of None."""


class BatchFailure:
    """What is to be done where some entries of a batch fail.

    :param call: of an operation that takes entries
    :param chosen: the places of the entries, from 0
    :param error: what happens to each of them; None for the one that is usual
    """

    def __init__(self, call: Call, chosen: tuple[int, ...], error: AwsError | None) -> None:
        batch = batch_of(call.service, call.operation)
        if batch is None:
            raise ValueError(f"{call.service}.{call.operation} takes no entries")
        count = len(batch.entries(call.parameters))
        failing = batch.failing(call.parameters, chosen)
        told = error or AwsError(batch.default_code, 500, ENTRY_MESSAGE)
        self.partial = PartialFailure(len(failing), count, fingerprints(call, failing))
        self.request = EditRequest(lambda sent: batch.without(sent, failing))
        """The service gets the other entries alone."""
        self.answer = EditAnswer(lambda sent, result: batch.answer(sent, failing, result, told))
        """The client is told which failed."""
        self.refusal: AwsError | None = None
        """The error that AWS answers where all fail; None where it answers with a result."""
        if len(failing) == count:
            try:
                self.answer.change(call.parameters, None)
            except AllFailed as e:
                self.refusal = AwsError(e.code, 400, ALL_FAILED_MESSAGE)


def shorter_page(call: Call) -> EditRequest:
    """Have the service give a page with fewer items than a call asks for."""
    paging = paging_of(call.service)[call.operation]
    if paging.limit is None:
        raise ValueError(f"{call.service}.{call.operation} does not say how many items it wants")
    least = least_of(call.service, call.operation, paging.limit)
    return EditRequest(lambda sent: sent, {paging.limit: paging.short(call.parameters, least)})


def empty_page(call: Call, on_last: Callable[[], None]) -> EditAnswer:
    """Have the client get a page without items.

    :param on_last: is called where the page is the last one, which stays as it is
    """
    paging = paging_of(call.service)[call.operation]

    def change(_: Parameters, result: Mapping[str, Any] | None) -> Result:
        page = paging.emptied(result or {})
        if page == result:
            on_last()
        return page

    return EditAnswer(change)
