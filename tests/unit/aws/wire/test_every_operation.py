"""One request for each operation of each service, as botocore makes it, is read back.

Run with ``-s`` to see the figures.
"""

import base64
import collections
import datetime

import pytest

from benchmarks.botocore_requests import ACCESS_KEY, ENDPOINT, REGION, Made, requests
from localstack_outages.aws import names
from localstack_outages.aws.wire.aliases import UNDECIDABLE_OPERATIONS, UNDECIDABLE_SERVICES
from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.aws.wire.parameters import needs_body, read_parameters
from localstack_outages.aws.wire.reading import needs_form, read_call
from localstack_outages.aws.wire.values import NOT_READ

pytestmark = pytest.mark.slow

NOT_SENT = frozenset(("SourceRegion",))
"""botocore makes a presigned URL of it."""

NOT_SENT = frozenset(("SourceRegion",))
"""botocore makes a presigned URL of it."""

UNSIGNED = "000000000000"
"""The account of a request that nobody signed."""


def head_of(made: Made) -> HttpRequest:
    """Give the head of a request as a server gets it."""
    path, _, query = made.target.partition("?")
    return HttpRequest(made.method, path, query, made.headers)


def same(given, read):
    """Compare what was given to botocore with what was read; times are read as they are sent, blobs
    not at all.
    """
    if isinstance(given, dict):
        return isinstance(read, dict) and all(same(v, read.get(k)) for k, v in given.items())
    if isinstance(given, list):
        return isinstance(read, list) and len(read) == len(given) and all(map(same, given, read))
    if isinstance(given, bytes):
        return read is NOT_READ
    if isinstance(given, datetime.datetime):
        return isinstance(read, (str, int, float))
    if isinstance(given, str) and given != read:  # a script of user data
        return base64.b64encode(given.encode()).decode() == read
    return given == read


def not_empty(value):
    """Leave out structures and lists with nothing in them, which forms cannot say."""
    if isinstance(value, dict):
        found = {name: not_empty(part) for name, part in value.items() if name not in NOT_SENT}
        return {name: part for name, part in found.items() if part not in ({}, [])}
    if isinstance(value, list):
        return [part for part in map(not_empty, value) if part not in ({}, [])]
    return value


@pytest.mark.timeout(600)
@pytest.mark.parametrize("endpoint", [ENDPOINT, None], ids=["one endpoint", "AWS's hosts"])
def test_required_parameters(endpoint):
    """At least 97 in 100 requests are read as what they are; of the others each is one that the
    tables call undecidable, and a rule for its service matches it all the same.
    """
    count = collections.Counter()
    for service in names.services():
        for made in requests(service, endpoint):
            call, parameters = read(made)
            place = (made.service, made.operation)
            assert call is not None, place

            is_right = (call.service, call.operation) == place
            count[is_right] += 1
            if not is_right:
                check_undecidable(made, call)
            else:
                given, parameters = not_empty(made.parameters), not_empty(parameters)
                assert same(given, parameters), (place, given, parameters)
            check_signer(made, call)

    share = count[True] / count.total()
    figures = f"{count.total()} requests, {share:.2%} right, {count[False]} undecidable"
    print(f"\n{endpoint}: {figures}")  # noqa: T201 - what is asked for
    assert share > 0.97


@pytest.mark.timeout(600)
def test_optional_parameters():
    """Optional parameters are read too, in every protocol."""
    count = collections.Counter()
    for service in names.services():
        for made in requests(service, optional=True):
            call, parameters = read(made)
            if (call.service, call.operation) != (made.service, made.operation):
                count["other"] += 1
                check_undecidable(made, call)
                continue
            count[call.protocol] += 1
            given, parameters = not_empty(made.parameters), not_empty(parameters)

            assert same(given, parameters), (made.service, made.operation, given, parameters)

    print(f"\n{dict(count)}")  # noqa: T201 - what is asked for
    assert count["other"] < 0.03 * count.total()


def read(made: Made):
    """Read a request, and its parameters."""
    head = head_of(made)
    call = read_call(head, made.body if needs_form(head) else b"")
    if call is None:
        return None, {}
    return call, read_parameters(call, head, made.body if needs_body(call) else b"")


def check_undecidable(made, call):
    """Hold a request that was read as another to the tables."""
    place = (made.service, made.operation)
    if place in UNDECIDABLE_OPERATIONS:
        assert (call.service, call.operation) == UNDECIDABLE_OPERATIONS[place]
    else:
        assert made.operation == call.operation
        assert made.service in call.names
        assert made.service in UNDECIDABLE_SERVICES[call.service]


def check_signer(made, call):
    """Hold account and region to those that the request was signed with."""
    if "Credential=" in made.headers.get("authorization", ""):
        scope = made.headers["authorization"].split("Credential=")[1].split("/")
        assert ACCESS_KEY == call.account == call.access_key
        assert scope[2] in (call.region, "aws4_request", call.service)
    elif not made.headers.get("authorization") and b"AWSAccessKeyId" not in made.body:
        assert UNSIGNED == call.account
        if made.headers["host"].split(".")[1:2] == [REGION]:
            assert REGION == call.region
