import boto3
import pytest
from prices import Prices

REGION = "eu-west-1"


@pytest.fixture
def prices(connection):
    dynamodb = boto3.client("dynamodb", REGION, **connection)
    dynamodb.create_table(
        TableName="prices",
        AttributeDefinitions=[{"AttributeName": "article", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "article", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"article": {"S": "cup"}, "cents": {"N": "350"}}
    dynamodb.put_item(TableName="prices", Item=item)
    return Prices("prices", {"cup": 350}, region_name=REGION, **connection)


def test_tells_a_price(prices):
    assert prices.price("cup") == 350
