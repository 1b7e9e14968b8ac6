"""The operations whose entries can fail one by one, with how many entries each takes at most.

What their requests and answers look like is in ``aws/batches.py``. The figures are those of AWS's API
references.
"""

from collections.abc import Mapping
from types import MappingProxyType

from .globs import compile_glob

MOST_ENTRIES: Mapping[tuple[str, str], int] = MappingProxyType({
    ("dynamodb", "BatchGetItem"): 100,
    ("dynamodb", "BatchWriteItem"): 25,
    ("events", "PutEvents"): 10,
    ("events", "PutTargets"): 100,
    ("events", "RemoveTargets"): 100,
    ("firehose", "PutRecordBatch"): 500,
    ("kinesis", "PutRecords"): 500,
    ("logs", "PutLogEvents"): 10_000,
    ("s3", "DeleteObjects"): 1000,
    ("secretsmanager", "BatchGetSecretValue"): 20,
    ("sns", "PublishBatch"): 10,
    ("sqs", "ChangeMessageVisibilityBatch"): 10,
    ("sqs", "DeleteMessageBatch"): 10,
    ("sqs", "SendMessageBatch"): 10,
})  # fmt: skip


def batches_meant(service: str, operation: str) -> list[tuple[str, str]]:
    """Give the operations that two globs match."""
    is_service, is_operation = compile_glob(service), compile_glob(operation)
    return [key for key in MOST_ENTRIES if is_service(key[0]) and is_operation(key[1])]


def why_no_entries(service: str, operation: str) -> str | None:
    """Say what a rule on entries needs; None where its globs match an operation that takes some."""
    if batches_meant(service, operation):
        return None
    known = ", ".join(map(".".join, MOST_ENTRIES))
    return f"an operation that takes entries, which '{service}.{operation}' is not: one of {known}"
