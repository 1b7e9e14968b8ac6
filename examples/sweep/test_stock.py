import pytest
from stock import Stock


@pytest.fixture
def stock(outages_endpoint, outages_credentials):
    stock = Stock(
        "stock", region_name="eu-west-1", endpoint_url=outages_endpoint, **outages_credentials
    )
    stock.dynamodb.create_table(
        TableName="stock",
        AttributeDefinitions=[{"AttributeName": "article", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "article", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield stock
    stock.dynamodb.delete_table(TableName="stock")


def test_loads(stock):
    stock.load({"cup": 3, "plate": 8})


def test_takes_a_piece(stock):
    stock.dynamodb.put_item(TableName="stock", Item={"article": {"S": "cup"}, "pieces": {"N": "3"}})
    stock.take("cup", "order-1")
    assert stock.pieces("cup") == 2
