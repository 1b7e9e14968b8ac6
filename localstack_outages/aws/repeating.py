"""Which operations change something, and which come to the same when they are carried out twice."""

_READS = (
    "BatchGet", "Check", "Describe", "Estimate", "Get", "Head", "List", "Lookup", "Query", "Receive",
    "Scan", "Search", "Select", "Simulate", "Test", "TransactGet", "Validate", "Verify", "View",
)  # fmt: skip
"""What the names of operations that change nothing begin with. Receiving a message hides it for a
while; doing so twice loses nothing."""

_COMPUTES = ("Assume", "Decrypt", "Encrypt", "Generate", "ReEncrypt", "Sign")
"""What the names of operations begin with that make something and leave nothing behind."""

_SETS = (
    "Abort", "Associate", "Attach", "BatchWriteItem", "Cancel", "ChangeMessageVisibility",
    "CompleteMultipartUpload", "Copy",
    "Decrypt", "Delete", "Deregister", "Detach", "Disable", "Disassociate", "Enable", "Encrypt", "GenerateDataKey",
    "Modify", "Purge", "Put", "Remove", "Restore", "Set", "Tag", "Untag", "Update", "UploadPart",
)  # fmt: skip
"""What the names of operations begin with that say how something is to be. S3 answers a repeated
``CompleteMultipartUpload`` as it did the first time (github.com/adobe/S3Mock/issues/2586 has a script
against S3 itself)."""

_ADD = frozenset((
    ("cloudwatch", "PutMetricData"), ("dynamodb", "UpdateItem"), ("events", "PutEvents"),
    ("events", "PutPartnerEvents"), ("firehose", "PutRecord"), ("firehose", "PutRecordBatch"),
    ("kinesis", "PutRecord"), ("kinesis", "PutRecords"), ("logs", "PutLogEvents"),
    ("xray", "PutTelemetryRecords"), ("xray", "PutTraceSegments"),
))  # fmt: skip
"""Operations that are named like those, and add something each time. ``UpdateItem`` may add to a
number or a list."""

_BY_NAME = frozenset((("s3", "CreateBucket"), ("sns", "CreateTopic"), ("sqs", "CreateQueue")))
"""Operations that make something of a name, and answer a second time with what is there, as their API
references say. Others refuse the name, and so does S3 outside of us-east-1."""


def is_read(operation: str) -> bool:
    """Say whether an operation leaves everything as it was, as far as its name tells."""
    return operation.startswith((*_READS, *_COMPUTES))


def matters_twice(service: str, operation: str) -> bool:
    """Say whether it makes a difference that an operation is carried out twice: two messages, two
    instances, a number that is raised twice.

    :param service: as botocore names it
    """
    if (service, operation) in _ADD:
        return True
    return (service, operation) not in _BY_NAME and not operation.startswith((*_READS, *_SETS))
