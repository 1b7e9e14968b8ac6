"""Orders go into a queue; where it fails, they go into a bucket until it is back."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from timeouts import TIMEOUTS


class Orders:
    def __init__(self, queue, bucket, **connection):
        self.queue = queue
        self.bucket = bucket
        self.sqs = boto3.client("sqs", config=TIMEOUTS, **connection)
        self.s3 = boto3.client("s3", config=TIMEOUTS, **connection)

    def submit(self, order, text):
        """Hand in an order."""
        try:
            self.sqs.send_message(
                QueueUrl=self.queue,
                MessageBody=text,
                MessageGroupId="orders",
                MessageDeduplicationId=order,
            )
        except (BotoCoreError, ClientError):
            self.s3.put_object(Bucket=self.bucket, Key=order, Body=text)
