import pytest


@pytest.fixture
def connection(outages_endpoint, outages_credentials):
    """Where AWS is, for the applications and for what their tests set up."""
    return {"endpoint_url": outages_endpoint, **outages_credentials}
