import boto3
import pytest
from stock import Stock

REGION = "eu-west-1"


@pytest.fixture
def stock(connection):
    dynamodb = boto3.client("dynamodb", REGION, **connection)
    dynamodb.create_table(
        TableName="stock",
        AttributeDefinitions=[{"AttributeName": "article", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "article", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield Stock("stock", region_name=REGION, **connection)
    dynamodb.delete_table(TableName="stock")


def test_loads(stock):
    stock.load({"cup": 3, "plate": 8})


def test_takes_a_piece(stock):
    stock.dynamodb.put_item(TableName="stock", Item={"article": {"S": "cup"}, "pieces": {"N": "3"}})
    stock.take("cup", "order-1")
    assert stock.pieces("cup") == 2
