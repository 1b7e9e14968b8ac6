import pytest
from botocore.exceptions import ClientError
from orders import Orders


@pytest.fixture
def orders(outages_endpoint, outages_credentials):
    orders = Orders(
        "orders", region_name="eu-west-1", endpoint_url=outages_endpoint, **outages_credentials
    )
    orders.dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "number", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "number", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    yield orders
    orders.dynamodb.delete_table(TableName="orders")


def test_survives_throttling(orders, outages):
    with outages.outage("dynamodb", error="throttling", times=2) as throttling:
        assert orders.place("4711", "two coffees")

    throttling.assert_retried(at_least=2)
    throttling.assert_recovered(within=5)


def test_an_order_is_placed_once(orders, outages):
    assert orders.place("4711", "two coffees")
    with outages.outage("dynamodb", operation="PutItem", times=1):
        assert not orders.place("4711", "two coffees")


@pytest.mark.outage("dynamodb", operation="PutItem")
def test_says_so_when_dynamodb_is_out(orders):
    with pytest.raises(ClientError, match="ServiceUnavailableException"):
        orders.place("4711", "two coffees")
