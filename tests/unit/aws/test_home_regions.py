"""Where AWS runs its global services, against the endpoint rules of botocore."""

import json
from importlib.resources import files

import botocore.session
import pytest
from botocore.endpoint_provider import EndpointProvider

from localstack_outages.aws.home_regions import as_signed, depends_on_host, home_region

TABLE = json.loads((files("localstack_outages.aws") / "home_regions.json").read_text())
CLIENTS = {
    "aws": ("eu-west-1", "ap-southeast-2", "us-east-1"),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
    "aws-eusc": ("eusc-de-east-1",),
    "aws-iso": ("us-iso-east-1", "us-iso-west-1"),
    "aws-iso-b": ("us-isob-east-1",),
    "aws-iso-f": ("us-isof-east-1",),
}
NEWER = {"bcm-data-exports", "health"}
"""Newer releases of botocore sign for their home, in some partitions; older ones, whose rules name no
scheme there, for the client's region.
"""


@pytest.mark.parametrize("partition", TABLE["partitions"])
def test_botocore_signs_for_the_home(partition):
    """Without an endpoint, botocore signs calls of a global service for its home by itself."""
    loader = botocore.session.Session().get_component("data_loader")
    partitions = loader.load_data("partitions")
    known = set(loader.list_available_services("endpoint-rule-set-1"))
    homes = TABLE["partitions"][partition]["homes"]
    for region, services in homes.items():
        for service in set(services) & known:
            rules = loader.load_service_model(service, "endpoint-rule-set-1")
            provider = EndpointProvider(rules, partitions)
            for client in CLIENTS[partition]:
                endpoint = provider.resolve_endpoint(
                    Region=client, UseFIPS=False, UseDualStack=False
                )
                schemes = endpoint.properties.get("authSchemes", ())

                assert region == home_region(service, client, "")
                if schemes or service not in NEWER:
                    (scheme,) = schemes
                    assert region == scheme["signingRegion"], (service, client)


@pytest.mark.parametrize(
    ("service", "region", "host", "expected"),
    [
        ("iam", "eu-west-1", "localhost:4566", "us-east-1"),
        ("iam", "aws-global", "", "us-east-1"),
        ("iam", "cn-northwest-1", "", "cn-north-1"),
        ("route53", "cn-north-1", "", "cn-northwest-1"),
        ("iam", "us-gov-east-1", "", "us-gov-west-1"),
        ("iam", "mars-1", "", "mars-1"),
        ("health", "eu-west-1", "", "us-east-1"),
        ("networkmanager", "eu-west-1", "", "us-west-2"),
        ("s3", "eu-west-1", "", "eu-west-1"),
        ("sts", "eu-west-1", "sts.eu-west-1.amazonaws.com", "eu-west-1"),
        ("sts", "eu-west-1", "localhost:4566", "eu-west-1"),
        ("sts", "eu-west-1", "sts.amazonaws.com", "us-east-1"),
        ("sts", "eu-west-1", "STS.amazonaws.com:443", "us-east-1"),
    ],
)
def test_homes(service, region, host, expected):
    """A call counts where AWS runs what it needs, in the partition of its client."""
    assert expected == home_region(service, region, host)
    assert region == as_signed(service, region, host)
    assert depends_on_host(service) is (service == "sts")
