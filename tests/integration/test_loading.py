"""A real start loads the extension, and once."""

import re

import pytest

from .helpers import ONCE, outcome

pytestmark = pytest.mark.host("localstack", reason="the extension is loaded by LocalStack")


def test_the_real_start_loads_it_once(localstack, outages, client) -> None:
    """The log has one line of it, and one call makes a rule fire once."""
    outages.post([{"service": "sts"}])
    outcome(client("sts", retries=ONCE).get_caller_identity)
    log = localstack.log.read_text(errors="replace")

    assert 1 == len(re.findall(r"Outages \S+: control API at http://outages\.\S+/outages", log))
    assert 1 == outages.status()[1]["rules"][0]["hits"]


def test_the_start_is_clean(localstack) -> None:
    """Nothing of the extension is logged as a warning or an error before LocalStack is ready."""
    start = localstack.log.read_text(errors="replace").split("Ready.")[0]

    assert "Traceback" not in start
    assert [] == [line for line in start.splitlines() if "outages" in line and " ERROR " in line]
