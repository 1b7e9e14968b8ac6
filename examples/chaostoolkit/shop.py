"""Places so many orders: ``python shop.py 20``. The first argument is how many."""

import sys

import boto3

dynamodb = boto3.client("dynamodb")

if "orders" not in dynamodb.list_tables()["TableNames"]:
    dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "number", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "number", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
for number in range(int(sys.argv[1])):
    dynamodb.put_item(TableName="orders", Item={"number": {"N": str(number)}})
