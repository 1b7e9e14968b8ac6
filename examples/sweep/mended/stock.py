"""Stock in DynamoDB: how many pieces there are of each article."""

import time

import boto3
from botocore.exceptions import ClientError
from timeouts import TIMEOUTS


class Stock:
    def __init__(self, table, **connection):
        self.table = table
        self.dynamodb = boto3.client("dynamodb", config=TIMEOUTS, **connection)

    def load(self, pieces):
        """Write how many pieces there are, up to 25 articles."""
        requests = [
            {"PutRequest": {"Item": {"article": {"S": article}, "pieces": {"N": str(number)}}}}
            for article, number in pieces.items()
        ]
        left = {self.table: requests}
        for attempt in range(6):
            time.sleep(0.05 * 2**attempt if attempt else 0)
            left = self.dynamodb.batch_write_item(RequestItems=left).get("UnprocessedItems")
            if not left:
                return
        raise RuntimeError(f"not written: {left}")

    def take(self, article, order):
        """Take a piece for an order, once however often it is asked."""
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"article": {"S": article}},
                UpdateExpression="ADD pieces :one, orders :orders",
                ConditionExpression="NOT contains(orders, :order)",
                ExpressionAttributeValues={
                    ":one": {"N": "-1"},
                    ":order": {"S": order},
                    ":orders": {"SS": [order]},
                },
            )
        except ClientError as e:
            # The piece is taken already: the answer to the first attempt was lost.
            if e.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def pieces(self, article):
        """Tell how many pieces there are."""
        found = self.dynamodb.get_item(TableName=self.table, Key={"article": {"S": article}})
        return int(found["Item"]["pieces"]["N"])
