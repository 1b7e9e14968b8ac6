"""A catalogue in S3: an object for each article."""

import boto3
from botocore.exceptions import ClientError
from timeouts import TIMEOUTS


class Catalogue:
    def __init__(self, bucket, **connection):
        self.bucket = bucket
        self.s3 = boto3.client("s3", config=TIMEOUTS, **connection)

    def articles(self):
        """List the names of all articles."""
        page = self.s3.list_objects_v2(Bucket=self.bucket)
        return [found["Key"] for found in page.get("Contents", [])]

    def describe(self, article):
        """Give the text on an article; None where there is none."""
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=article)
        except ClientError:
            return None
        return found["Body"].read().decode()
