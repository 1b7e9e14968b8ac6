"""Exports in S3, in two regions: what cannot be written to the first goes to the second."""

import boto3
from botocore.exceptions import ClientError
from timeouts import TIMEOUTS


class Exports:
    def __init__(self, bucket, regions, **connection):
        self.clients = {
            f"{bucket}-{region}": boto3.client(
                "s3", region_name=region, config=TIMEOUTS, **connection
            )
            for region in regions
        }

    def write(self, name, text):
        """Write an export into the first region that takes it."""
        *others, (last_bucket, last) = self.clients.items()
        for bucket, s3 in others:
            try:
                s3.put_object(Bucket=bucket, Key=name, Body=text)
            except ClientError:
                continue
            return
        last.put_object(Bucket=last_bucket, Key=name, Body=text)

    def publish(self, name, export):
        """Copy an export to its public name, and leave none of the intermediate copy."""
        bucket, s3 = next(iter(self.clients.items()))
        s3.put_object(Bucket=bucket, Key=f"draft/{name}", Body=export)
        s3.copy_object(Bucket=bucket, Key=name, CopySource=f"{bucket}/draft/{name}")
        s3.delete_object(Bucket=bucket, Key=f"draft/{name}")
