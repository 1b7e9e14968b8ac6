"""Assertions under load: eight workers on one LocalStack, ten thousand calls each, outages of hundreds
of rules. Whatever others push out of what is kept, they tell the truth.
"""

import pytest

from localstack_outages.client.client import OutagesClient
from localstack_outages.engine.departures import MAX_DEPARTED
from localstack_outages.evidence.journal import CALLS_SIZE, DEFAULT_SIZE
from localstack_outages.evidence.verdicts import MAX_EFFORTS

from .conftest import RunPytest

WORKERS = 8
CALLS = 10_000
RULES = 500
TIMEOUT = 900
"""Seconds. It takes 60 to 90 on two cores that have nothing else to do."""

MODULE = f"""
import itertools, re, socket
from urllib.parse import urlsplit
import pytest

CALLS, RULES = {CALLS}, {RULES}
ANSWER = re.compile(rb"HTTP/1\\.1 (\\d\\d\\d)")
BATCH = 100  # requests that are sent before the answers to them are read

ids = itertools.count()


class Application:
    '''Makes calls over one connection, as an SDK does: some attempts for each, as it announces.'''

    def __init__(self, endpoint, account):
        url = urlsplit(endpoint)
        self.socket = socket.create_connection((url.hostname, url.port), timeout=60)
        self.host, self.account, self.count = url.netloc, account, 0

    def request(self, service, operation, call, attempt, attempts):
        body = f"Action={{operation}}&Version=2011-06-15".encode()
        scope = f"{{self.account}}/20260101/us-east-1/{{service}}/aws4_request"
        return "\\r\\n".join((
            "POST / HTTP/1.1",
            f"Host: {{self.host}}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {{len(body)}}",
            f"Authorization: AWS4-HMAC-SHA256 Credential={{scope}}, SignedHeaders=host, Signature=0",
            f"amz-sdk-invocation-id: {{self.account}}-{{call}}",
            f"amz-sdk-request: attempt={{attempt}}; max={{attempts}}",
            "",
            "",
        )).encode() + body

    def send(self, requests):
        statuses = []
        for start in range(0, len(requests), BATCH):
            batch = requests[start : start + BATCH]
            self.socket.sendall(b"".join(batch))
            answers, found = b"", []
            while len(found) < len(batch):
                answers += self.socket.recv(1 << 20)
                found = ANSWER.findall(answers)
            statuses += map(int, found)
        self.count += len(statuses)
        return statuses

    def call(self, service, operation, count, attempts=3):
        '''Make calls, each with attempts until it works; give how many did.'''
        open_calls = [next(ids) for _ in range(count)]
        for attempt in range(1, attempts + 1):
            requests = [
                self.request(service, operation, call, attempt, attempts) for call in open_calls
            ]
            statuses = self.send(requests)
            open_calls = [c for c, s in zip(open_calls, statuses, strict=True) if s != 200]
        return count - len(open_calls)


@pytest.fixture
def app(outages_endpoint, outages_credentials):
    return Application(outages_endpoint, outages_credentials["aws_access_key_id"])


def one_shot(operation):
    return [
        {{"service": "sts", "operation": operation, "error": "throttling", "times": 1, "description": str(n)}}
        for n in range(RULES)
    ]


def test_truth(app, outages):
    with outages.outage("iam") as noise:
        with outages.outage(one_shot("GetCallerIdentity")) as outage:
            # Each rule fails one attempt: the first two of each of these calls.
            assert RULES // 2 == app.call("sts", "GetCallerIdentity", RULES // 2)
        with outages.outage(one_shot("GetSessionToken")) as careless:
            # An application that makes two attempts, and one that makes one.
            app.call("sts", "GetSessionToken", RULES // 2 - 5, attempts=2)
            app.call("sts", "GetSessionToken", 10, attempts=1)
        app.call("iam", "ListUsers", (CALLS - app.count) // 3)
    while app.count < CALLS:
        app.call("iam", "ListUsers", 1)

    outage.assert_hit(RULES)
    outage.assert_retried(at_least=2)
    outage.assert_recovered(within=60)
    careless.assert_hit(RULES)
    with pytest.raises(AssertionError, match=r"\\(10 of {RULES // 2 + 5} calls in all\\)"):
        careless.assert_retried()
    with pytest.raises(AssertionError, match="sts.GetSessionToken in us-east-1, account .*: last failed"):
        careless.assert_recovered(within=0.1)
    noise.assert_hit(at_least=CALLS - 4 * RULES)


def test_never_hit(app, outages):
    outages.start(one_shot("GetFederationToken"))
    app.call("sts", "GetCallerIdentity", 1)
"""


@pytest.mark.slow
@pytest.mark.timeout(TIMEOUT + 60)
def test_assertions_tell_the_truth_under_load(
    run_pytest: RunPytest, client: OutagesClient, pytester: pytest.Pytester
) -> None:
    """Each worker's assertions hold or fail as its application behaved, and ``--outages-strict`` fails
    the test whose outage was never hit, and no other.
    """
    pytester.makeconftest("")  # eight imports of boto3 would take longer than all else
    workers = "-p", "xdist", "-n", str(WORKERS), "--dist", "each"
    result = run_pytest(MODULE, *workers, "--outages-strict", timeout=TIMEOUT)

    result.assert_outcomes(passed=WORKERS, failed=WORKERS)
    failed = [line for line in result.stdout.lines if line.startswith("FAILED")]
    assert WORKERS == sum("test_never_hit" in line for line in failed)
    # What the assertions would have had to go by otherwise was pushed out long before.
    assert WORKERS * CALLS <= client.calls(-1)["next"]
    assert CALLS > max(CALLS_SIZE, DEFAULT_SIZE - 1, MAX_EFFORTS, MAX_DEPARTED)
