"""What failure coverage says where it cannot know."""

from pathlib import Path

import pytest

from localstack_outages.testing import call_sites
from localstack_outages.testing.call_sites import CallSites
from localstack_outages.testing.coverage_join import CoverageJoin

NOBODY = "http://127.0.0.1:9"


class Model:
    """An operation, as far as a note needs it."""

    name = "ListQueues"

    class service_model:  # noqa: N801 # botocore's name for it
        """Its service."""

        service_name = "sqs"


@pytest.fixture
def sites():
    """The notes of two calls of one line, the second under way."""
    sites = CallSites(Path(__file__).parent)
    for context in ({}, {}):
        sites._begin(Model, context)
        if len(sites) == 1:
            sites._finish(context, exception=OSError())
    return sites


def test_a_host_that_does_not_answer(sites):
    """It is named, and the calls count all the same."""
    join = CoverageJoin(sites, lambda: NOBODY)
    join.read()
    (missing,) = join.missing()
    (site,) = join.sites()

    assert missing.startswith(f"Failures are missing: cannot reach LocalStack at {NOBODY}")
    assert ("sqs", "ListQueues", 2, 0) == (
        site["service"],
        site["operation"],
        site["calls"],
        site["met"],
    )


def test_where_no_host_is_used(sites, clean_environment):
    """Nothing is missing: there was nothing that could fail a call."""
    join = CoverageJoin(sites, lambda: None)
    join.read()

    assert [] == list(join.missing())


def test_calls_that_are_not_kept(sites, monkeypatch):
    """They are counted."""
    monkeypatch.setattr(call_sites, "MAX_CALLS", 2)
    sites._begin(Model, {})

    assert ["1 call is missing: only the last ones of a run are kept."] == list(
        CoverageJoin(sites, lambda: None).missing()
    )
