"""Calls that may be of several services."""

from pathlib import Path

import pytest

pytest.importorskip("aiohttp")

from localstack_outages.aws.wire.aliases import UNDECIDABLE_SERVICES

FORM = "Content-Type: application/x-www-form-urlencoded"
CREATE = b"Action=CreateDBCluster&Version=2014-10-31&DBClusterIdentifier=orders"
PROXIES = b"Action=DescribeDBProxies&Version=2014-10-31"
DOCS = Path(__file__).parents[2] / "docs" / "gateway.md"


@pytest.mark.parametrize("name", ["rds", "docdb", "neptune", "nept*", "*"])
def test_rules_for_either_name(play, name):
    """A rule for any of the names matches; the error and the event have the name that it is for."""

    async def scene(setup):
        setup.rules({"service": "sqs"}, {"service": name})
        status, _, body = await setup.call("rds", "POST /", FORM, body=CREATE)
        event = setup.events()[0]
        expected = {"nept*": "neptune", "*": "rds"}.get(name, name)

        assert (503, expected, 1) == (status, event["service"], event["rulePosition"])
        assert f"Service '{expected}' not accessible".encode() in body

    play(scene)


def test_the_order_of_the_list_counts(play):
    """The first rule that fires decides, whichever of the names it has."""

    async def scene(setup):
        setup.rules(
            {"service": "neptune", "error": "throttling", "times": 1},
            {"service": "rds", "error": "internal", "times": 1},
            {"service": "docdb", "error": "unavailable", "times": 1},
        )
        for _ in range(4):
            await setup.call("rds", "POST /", FORM, body=CREATE)
        services = [event["service"] for event in reversed(setup.events())]

        assert ["neptune", "rds", "docdb"] == sorted(
            services, key=["neptune", "rds", "docdb"].index
        )
        assert 1 == len(setup.got)

    play(scene)


@pytest.mark.parametrize(
    ("body", "agent"), [(PROXIES, ""), (CREATE, "aws-sdk-js/3.1 api/docdb#3.1.0")]
)
def test_the_one_name(play, body, agent):
    """A rule for another name does not match where the operation or the user agent tells."""

    async def scene(setup):
        setup.rules({"service": "neptune"})
        status, *_ = await setup.call("rds", "POST /", FORM, f"User-Agent: {agent}", body=body)

        assert 200 == status

    play(scene)


def test_the_list():
    """The documented list is the one that the gateway goes by."""
    lines = DOCS.read_text().splitlines()
    expected = {
        f"| `{first}` | {', '.join(f'`{name}`' for name in sorted(others))} |"
        for first, others in UNDECIDABLE_SERVICES.items()
    }

    assert expected <= set(lines)
