"""Operations that take several entries and can fail for some of them: where a request has its entries,
and how an answer tells which of them failed.

Everything here works on parameters and results as botocore names them, and changes neither in place.
Shapes are those of botocore's service models; how AWS answers where no entry succeeds is in the API
reference of each operation.

    batch = batch_of("sqs", "SendMessageBatch")
    rest = batch.without(parameters, {0, 2})      # what the service gets
    answer = batch.answer(parameters, {0, 2}, result, error)

The module has over 300 lines because each kind of answer stands beside the table that names it.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Protocol

from localstack_outages.schema.effect import AwsError

Parameters = Mapping[str, Any]
Result = dict[str, Any]


class AllFailed(Exception):
    """No entry can succeed, which AWS answers with an error for this operation.

    :param code: the code of that error; its status is 400
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Batch(Protocol):
    """How an operation takes entries, and tells of those that failed."""

    default_code: str
    """The code of an entry that failed, where a rule names none."""

    def entries(self, parameters: Parameters) -> Sequence[Any]:
        """Give the entries of a request in their order."""

    def identities(self, parameters: Parameters) -> Iterator[Any]:
        """Give for each entry what stays the same when it is sent again: what it is and where it goes."""

    def failing(self, parameters: Parameters, chosen: Collection[int]) -> Sequence[int]:
        """Give the positions of the entries that fail where some are chosen, in order."""

    def without(self, parameters: Parameters, chosen: Collection[int]) -> Parameters | None:
        """Give the parameters without some entries.

        :param chosen: the positions of the entries to leave out, from 0
        :return: None where no entry is left, so that the service need not be asked
        """

    def answer(
        self,
        parameters: Parameters,
        chosen: Collection[int],
        result: Mapping[str, Any] | None,
        error: AwsError,
    ) -> Result:
        """Give the result in which some entries failed.

        :param parameters: of the request as it came
        :param chosen: the positions of the entries that failed, from 0
        :param result: what the service made of the others; None where it was not asked
        :param error: what happened to the entries that failed
        :raises AllFailed: where all failed, and AWS answers this operation with an error then
        """


class _Entries:
    """Entries that stand in one list.

    :param path: the members that lead to the list
    :param within: the parameters that say where the entries go
    """

    def __init__(self, path: str, default_code: str, within: Sequence[str] = ()) -> None:
        self._path = path.split(".")
        self._within = within
        self.default_code = default_code

    def entries(self, parameters: Parameters) -> Sequence[Any]:
        value: Any = parameters
        for name in self._path:
            value = (value or {}).get(name)
        return value or ()

    def identities(self, parameters: Parameters) -> Iterator[Any]:
        where = [parameters.get(name) for name in self._within]
        for entry in self.entries(parameters):
            yield where, self._identity(entry)

    def failing(self, parameters: Parameters, chosen: Collection[int]) -> Sequence[int]:
        count = len(self.entries(parameters))
        return sorted({i for i in chosen if i < count})

    def _identity(self, entry: Any) -> Any:
        return entry

    def without(self, parameters: Parameters, chosen: Collection[int]) -> Parameters | None:
        kept = [entry for i, entry in enumerate(self.entries(parameters)) if i not in chosen]
        return _put(parameters, self._path, kept) if kept else None


class _Named(_Entries):
    """Failed entries are listed by their names, apart from those that succeeded.

    :param entry_names: the members that name an entry, and what the answer calls them; a member
        called ``""`` is the entry itself
    :param failed: the list in the answer
    :param fields: what the answer calls code, message and, where it has that, sender fault
    :param count: the member that counts the failed entries
    :param succeeded: the list of those that succeeded
    :param tells_none: whether AWS sends that list although it is empty
    :param succeeded_names: what an entry that succeeded may be called there, for each of ``entry_names``
    :param id_is_passing: whether the name is given for one request alone, and another one when the entry
        is sent again
    """

    def __init__(
        self,
        path: str,
        entry_names: Mapping[str, str],
        *,
        failed: str,
        default_code: str,
        fields: tuple[str, ...] = ("Code", "Message"),
        count: str = "",
        succeeded: str = "",
        tells_none: bool = True,
        succeeded_names: Mapping[str, tuple[str, ...]] | None = None,
        within: Sequence[str] = (),
        id_is_passing: bool = False,
    ) -> None:
        super().__init__(path, default_code, within)
        self._names = entry_names
        self._failed, self._fields, self._count, self._succeeded = failed, fields, count, succeeded
        self._tells_none = tells_none
        self._succeeded_names = succeeded_names or {name: (name,) for name in entry_names}
        self._id_is_passing = id_is_passing

    def answer(
        self,
        parameters: Parameters,
        chosen: Collection[int],
        result: Mapping[str, Any] | None,
        error: AwsError,
    ) -> Result:
        answer = dict(result or {})
        entries = self.entries(parameters)
        if self._succeeded and (self._tells_none or self._succeeded in answer):
            failing = [entry for i, entry in enumerate(entries) if i in chosen]
            # Where nothing was taken out of the request, all of them may stand there.
            answer[self._succeeded] = [
                done
                for done in answer.get(self._succeeded) or ()
                if not any(self._is_of(done, entry) for entry in failing)
            ]
        told = (error.code, error.message, error.status < 500)
        failures = [
            {**self._name_of(entry), **dict(zip(self._fields, told, strict=False))}
            for i, entry in enumerate(entries)
            if i in chosen
        ]
        answer[self._failed] = [*(answer.get(self._failed) or ()), *failures]
        if self._count:
            answer[self._count] = (answer.get(self._count) or 0) + len(failures)
        return answer

    def _identity(self, entry: Any) -> Any:
        if not self._id_is_passing:
            return entry
        return {name: value for name, value in entry.items() if name not in self._names}

    def _is_of(self, done: Mapping[str, Any], entry: Any) -> bool:
        """Whether what succeeded is an entry."""
        return all(
            (entry.get(ours) if ours else entry) in [done.get(name) for name in theirs]
            for ours, theirs in self._succeeded_names.items()
        )

    def _name_of(self, entry: Any) -> dict[str, Any]:
        values = (
            (theirs, entry.get(ours) if ours else entry) for ours, theirs in self._names.items()
        )
        return {name: value for name, value in values if value is not None}


class _Placed(_Entries):
    """The answer has a place for each entry, in the order of the request.

    :param results: the list in the answer
    :param count: the member that counts the failed entries
    """

    def __init__(
        self, path: str, results: str, count: str, default_code: str, within: Sequence[str] = ()
    ) -> None:
        super().__init__(path, default_code, within)
        self._results, self._count = results, count

    def answer(
        self,
        parameters: Parameters,
        chosen: Collection[int],
        result: Mapping[str, Any] | None,
        error: AwsError,
    ) -> Result:
        answer = dict(result or {})
        places = list(answer.get(self._results) or ())
        # Where nothing was taken out of the request there is a result for each entry already.
        are_all_there = len(places) == len(self.entries(parameters))
        for i in sorted(i for i in chosen if i < len(self.entries(parameters))):
            failure = {"ErrorCode": error.code, "ErrorMessage": error.message}
            places[i : i + are_all_there] = [failure]
        answer[self._results] = places
        answer[self._count] = sum("ErrorCode" in place for place in places)
        return answer


class _Unprocessed:
    """DynamoDB: entries by table, and those that were not processed come back as they were sent.

    :param keys: the member of a table that lists its entries; ``""`` where the table is a list
    :param unprocessed: the member of the answer
    """

    default_code = "ProvisionedThroughputExceededException"

    def __init__(self, keys: str, unprocessed: str, results: str) -> None:
        self._keys, self._unprocessed, self._results = keys, unprocessed, results

    def entries(self, parameters: Parameters) -> Sequence[Any]:
        return [entry for _, entries in self._tables(parameters) for entry in entries]

    def identities(self, parameters: Parameters) -> Iterator[Any]:
        for name, entries in self._tables(parameters):
            for entry in entries:
                yield name, entry

    def failing(self, parameters: Parameters, chosen: Collection[int]) -> Sequence[int]:
        count = len(self.entries(parameters))
        return sorted({i for i in chosen if i < count})

    def without(self, parameters: Parameters, chosen: Collection[int]) -> Parameters | None:
        kept = self._part(parameters, lambda i: i not in chosen)
        return {**parameters, "RequestItems": kept} if kept else None

    def answer(
        self,
        parameters: Parameters,
        chosen: Collection[int],
        result: Mapping[str, Any] | None,
        error: AwsError,  # noqa: ARG002 - DynamoDB says of an entry only that it was not processed
    ) -> Result:
        # "If none of the items can be processed (...) it returns a
        # ProvisionedThroughputExceededException": API reference of both operations.
        if result is None:
            raise AllFailed(self.default_code)
        answer = dict(result)
        tables: dict[str, Any] = dict(answer.get(self._unprocessed) or {})
        for name, table in self._part(parameters, lambda i: i in chosen).items():
            tables[name] = self._joined(tables.get(name), table)
        answer[self._unprocessed] = tables
        if self._results:
            self._take_back(parameters, chosen, answer)
        return answer

    def _tables(self, parameters: Parameters) -> Iterable[tuple[str, Sequence[Any]]]:
        for name, table in (parameters.get("RequestItems") or {}).items():
            yield name, (table.get(self._keys) or ()) if self._keys else table

    def _part(self, parameters: Parameters, takes: Any) -> dict[str, Any]:
        part: dict[str, Any] = {}
        position = 0
        for name, entries in self._tables(parameters):
            found = [entry for i, entry in enumerate(entries, position) if takes(i)]
            position += len(entries)
            if found:
                whole = parameters["RequestItems"][name]
                part[name] = {**whole, self._keys: found} if self._keys else found
        return part

    def _joined(self, before: Any, table: Any) -> Any:
        if before is None:
            return table
        if not self._keys:
            return [*before, *table]
        return {**table, self._keys: [*before.get(self._keys, ()), *table[self._keys]]}

    def _take_back(
        self, parameters: Parameters, chosen: Collection[int], answer: dict[str, Any]
    ) -> None:
        """Leave out of the answer what was read though it is to count as not processed."""
        unread = self._part(parameters, lambda i: i in chosen)
        results = answer.get(self._results) or {}
        answer[self._results] = {
            name: [item for item in items if not _is_one_of(item, unread.get(name))]
            for name, items in results.items()
        }


def _is_one_of(item: Mapping[str, Any], table: Mapping[str, Any] | None) -> bool:
    """Whether an item has one of the keys that a table's part of a request names."""
    keys = table["Keys"] if table else ()
    return any(all(item.get(name) == value for name, value in key.items()) for key in keys)


class _Rejected(_Entries):
    """CloudWatch Logs: the answer says up to which event all were too old. So many events as are
    chosen fail, and they are the first ones: the events of a request are in the order of their time.
    """

    def failing(self, parameters: Parameters, chosen: Collection[int]) -> Sequence[int]:
        return range(self._count(parameters, chosen))

    def without(self, parameters: Parameters, chosen: Collection[int]) -> Parameters | None:
        return super().without(parameters, range(self._count(parameters, chosen)))

    def answer(
        self,
        parameters: Parameters,
        chosen: Collection[int],
        result: Mapping[str, Any] | None,
        error: AwsError,  # noqa: ARG002 - the answer has no place for a code
    ) -> Result:
        info = dict((result or {}).get("rejectedLogEventsInfo") or {})
        info["tooOldLogEventEndIndex"] = self._count(parameters, chosen)
        return {**(result or {}), "rejectedLogEventsInfo": info}

    def _count(self, parameters: Parameters, chosen: Collection[int]) -> int:
        return sum(i < len(self.entries(parameters)) for i in chosen)


def _put(parameters: Parameters, path: Sequence[str], value: Any) -> dict[str, Any]:
    """Give a copy of parameters with another value at a path."""
    first, *rest = path
    return {**parameters, first: _put(parameters[first], rest, value) if rest else value}


_WITH_ID = partial(
    _Named,
    entry_names={"Id": "Id"},
    failed="Failed",
    fields=("Code", "Message", "SenderFault"),
    succeeded="Successful",
    default_code="InternalError",
    id_is_passing=True,
)
_OF_TARGETS = partial(
    _Named,
    failed="FailedEntries",
    fields=("ErrorCode", "ErrorMessage"),
    count="FailedEntryCount",
    default_code="InternalException",
    within=("EventBusName", "Rule"),
)
_THROUGHPUT = "ProvisionedThroughputExceededException"

BATCHES: Mapping[tuple[str, str], Batch] = {
    ("dynamodb", "BatchGetItem"): _Unprocessed("Keys", "UnprocessedKeys", "Responses"),
    ("dynamodb", "BatchWriteItem"): _Unprocessed("", "UnprocessedItems", ""),
    ("events", "PutEvents"): _Placed(
        "Entries", "Entries", "FailedEntryCount", "ThrottlingException"
    ),
    ("events", "PutTargets"): _OF_TARGETS("Targets", {"Id": "TargetId"}),
    ("events", "RemoveTargets"): _OF_TARGETS("Ids", {"": "TargetId"}),
    ("firehose", "PutRecordBatch"): _Placed(
        "Records",
        "RequestResponses",
        "FailedPutCount",
        "ServiceUnavailableException",
        ("DeliveryStreamName",),
    ),
    ("kinesis", "PutRecords"): _Placed(
        "Records", "Records", "FailedRecordCount", _THROUGHPUT, ("StreamName", "StreamARN")
    ),
    ("logs", "PutLogEvents"): _Rejected("logEvents", "", ("logGroupName", "logStreamName")),
    ("s3", "DeleteObjects"): _Named(
        "Delete.Objects",
        {"Key": "Key", "VersionId": "VersionId"},
        failed="Errors",
        default_code="InternalError",
        succeeded="Deleted",
        tells_none=False,
        within=("Bucket",),
    ),
    ("secretsmanager", "BatchGetSecretValue"): _Named(
        "SecretIdList",
        {"": "SecretId"},
        failed="Errors",
        fields=("ErrorCode", "Message"),
        succeeded="SecretValues",
        succeeded_names={"": ("Name", "ARN")},
        default_code="InternalServiceError",
    ),
    ("sns", "PublishBatch"): _WITH_ID("PublishBatchRequestEntries", within=("TopicArn",)),
    ("sqs", "ChangeMessageVisibilityBatch"): _WITH_ID("Entries", within=("QueueUrl",)),
    ("sqs", "DeleteMessageBatch"): _WITH_ID("Entries", within=("QueueUrl",)),
    ("sqs", "SendMessageBatch"): _WITH_ID("Entries", within=("QueueUrl",)),
}
"""The operations that can fail in part, by service and operation."""


def batch_of(service: str, operation: str) -> Batch | None:
    """Give how an operation fails in part; None where it cannot."""
    return BATCHES.get((service, operation))


def entry_count(service: str, operation: str, parameters: Parameters) -> int:
    """Give how many entries a call has; 0 where its operation takes none."""
    batch = batch_of(service, operation)
    return 0 if batch is None else len(batch.entries(parameters))
