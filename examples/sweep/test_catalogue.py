import uuid

import boto3
import pytest
from catalogue import Catalogue


@pytest.fixture
def catalogue(connection):
    s3 = boto3.client("s3", "us-east-1", **connection)
    catalogue = Catalogue(f"catalogue-{uuid.uuid4()}", region_name="us-east-1", **connection)
    s3.create_bucket(Bucket=catalogue.bucket)
    for article in ("cup", "plate", "spoon"):
        s3.put_object(Bucket=catalogue.bucket, Key=article, Body=f"a {article}")
    return catalogue


def test_lists_all_articles(catalogue):
    assert catalogue.articles() == ["cup", "plate", "spoon"]


def test_describes_an_article(catalogue):
    assert catalogue.describe("cup") == "a cup"
