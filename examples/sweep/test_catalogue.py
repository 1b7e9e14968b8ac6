import uuid

import pytest
from catalogue import Catalogue


@pytest.fixture
def catalogue(outages_endpoint, outages_credentials):
    catalogue = Catalogue(
        f"catalogue-{uuid.uuid4()}",
        region_name="us-east-1",
        endpoint_url=outages_endpoint,
        **outages_credentials,
    )
    catalogue.s3.create_bucket(Bucket=catalogue.bucket)
    for article in ("cup", "plate", "spoon"):
        catalogue.s3.put_object(Bucket=catalogue.bucket, Key=article, Body=f"a {article}")
    return catalogue


def test_lists_all_articles(catalogue):
    assert catalogue.articles() == ["cup", "plate", "spoon"]


def test_describes_an_article(catalogue):
    assert catalogue.describe("cup") == "a cup"
