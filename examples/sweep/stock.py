"""Stock in DynamoDB: how many pieces there are of each article."""

import boto3
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
        self.dynamodb.batch_write_item(RequestItems={self.table: requests})

    def take(self, article, order):
        """Take a piece for an order."""
        self.dynamodb.update_item(
            TableName=self.table,
            Key={"article": {"S": article}},
            UpdateExpression="ADD pieces :one",
            ExpressionAttributeValues={":one": {"N": "-1"}},
        )

    def pieces(self, article):
        """Tell how many pieces there are."""
        found = self.dynamodb.get_item(TableName=self.table, Key={"article": {"S": article}})
        return int(found["Item"]["pieces"]["N"])
