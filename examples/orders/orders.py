"""Orders in DynamoDB: an order that is there already is not written twice."""

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 4})


class Orders:
    def __init__(self, table, **connection):
        self.table = table
        self.dynamodb = boto3.client("dynamodb", config=RETRIES, **connection)

    def place(self, number, item):
        """Write an order; tell whether it is new."""
        try:
            self.dynamodb.put_item(
                TableName=self.table,
                Item={"number": {"S": number}, "item": {"S": item}},
                ConditionExpression="attribute_not_exists(#n)",
                ExpressionAttributeNames={"#n": "number"},
            )
        except ClientError as e:
            if e.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True
