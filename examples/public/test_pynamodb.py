"""What PynamoDB's README shows."""

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute
from pynamodb.models import Model


@pytest.fixture
def users(outages_endpoint, outages_credentials):
    class User(Model):
        class Meta:
            table_name = "users"
            region = "us-east-1"
            host = outages_endpoint
            billing_mode = "PAY_PER_REQUEST"
            aws_access_key_id = outages_credentials["aws_access_key_id"]
            aws_secret_access_key = outages_credentials["aws_secret_access_key"]

        last_name = UnicodeAttribute(hash_key=True)
        first_name = UnicodeAttribute(range_key=True)
        email = UnicodeAttribute(null=True)
        logins = NumberAttribute(default=0)

    User.create_table(wait=True)
    yield User
    User.delete_table()


def test_saves_and_gets(users):
    users("Denver", "John", email="djohn@company.org").save()

    assert users.get("Denver", "John").email == "djohn@company.org"


def test_creates_a_table_once(users):
    if not users.exists():
        users.create_table(wait=True)


def test_queries(users):
    users("Denver", "John").save()
    users("Denver", "Jane").save()

    found = users.query("Denver", users.first_name.startswith("J"))

    assert [user.first_name for user in found] == ["Jane", "John"]


def test_writes_and_reads_a_batch(users):
    with users.batch_write() as batch:
        for name in ("Ann", "Bob", "Cy"):
            batch.save(users("Denver", name))

    found = users.batch_get([("Denver", name) for name in ("Ann", "Bob", "Cy")])

    assert sorted(user.first_name for user in found) == ["Ann", "Bob", "Cy"]


def test_is_created_once(users):
    john = users("Denver", "John")
    john.save(condition=users.last_name.does_not_exist())

    assert users.count("Denver") == 1


def test_counts_logins(users):
    john = users("Denver", "John")
    john.save()
    john.update(actions=[users.logins.add(1)])

    assert users.get("Denver", "John").logins == 1
