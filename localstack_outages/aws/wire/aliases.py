"""What requests do not tell apart: services with the same API, and operations with the same path.

Rules that name either must match, so ``AwsCall.names`` has all names of such a call. A test holds
this table to botocore's data.
"""

from collections.abc import Mapping

UNDECIDABLE_SERVICES: Mapping[str, frozenset[str]] = {
    "bedrock": frozenset(("bedrock-data-automation",)),
    "bedrock-agent": frozenset(("bedrock-agent-runtime",)),
    "chime": frozenset(("chime-sdk-voice",)),
    "chime-sdk-identity": frozenset(
        (
            "chime-sdk-media-pipelines",
            "chime-sdk-meetings",
            "chime-sdk-messaging",
            "chime-sdk-voice",
        )
    ),
    "greengrass": frozenset(("greengrassv2",)),
    "ivs": frozenset(("ivs-realtime",)),
    "lex-models": frozenset(("lexv2-models",)),
    "pinpoint-sms-voice": frozenset(("sms-voice",)),
    "qconnect": frozenset(("wisdom",)),
    "rds": frozenset(("docdb", "neptune")),
    "signer": frozenset(("signer-data",)),
    "timestream-write": frozenset(("timestream-query",)),
}
"""Services that share operations, by the one that such a call is taken for.

Where the host names the service (``voice-chime.us-east-1.amazonaws.com``), or the user agent does
(``api/chime_sdk_voice``), most of them are told apart.
"""

UNDECIDABLE_OPERATIONS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("s3", "GetBucketLifecycle"): ("s3", "GetBucketLifecycleConfiguration"),
    ("s3", "GetBucketNotification"): ("s3", "GetBucketNotificationConfiguration"),
    ("s3", "PutBucketLifecycle"): ("s3", "PutBucketLifecycleConfiguration"),
    ("s3", "PutBucketNotification"): ("s3", "PutBucketNotificationConfiguration"),
    # Signed for s3express, or sent to s3express-control, it is told apart.
    ("s3", "ListDirectoryBuckets"): ("s3", "ListBuckets"),
    ("lexv2-models", "ListImports"): ("lex-models", "StartImport"),
}
"""Operations that are taken for others, whose requests are the same but for their bodies."""
