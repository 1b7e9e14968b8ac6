"""Tells in which region an S3 bucket is, for requests that do not say: unsigned ones, and those with a
Signature Version 2, as boto3's presigned URLs have by default.
"""

import logging
import sys
from typing import Any

from localstack_outages.hosts.warnings import Warnings

_WARNINGS = Warnings(logging.getLogger(__name__))


def region_of_bucket(name: object) -> str | None:
    """Give the region of a bucket, from LocalStack's own store.

    :return: None where there is no such bucket, or LocalStack keeps its buckets elsewhere
    """
    # LocalStack loads S3 when it needs it. Before that there is no bucket.
    models: Any = sys.modules.get("localstack.services.s3.models")
    if models is None or not isinstance(name, str):
        return None
    with _WARNINGS.optional("tell the region of a bucket; unsigned requests count in us-east-1"):
        for regions in list(models.s3_stores.values()):
            # The buckets of an account are the same in the stores of all its regions.
            for store in list(regions.values())[:1]:
                bucket = store.buckets.get(name)
                if bucket is not None:
                    return str(bucket.bucket_region)
    return None
