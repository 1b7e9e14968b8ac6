"""How long a change of the rules takes to be accepted, and to be felt; what it takes from the calls that
no rule touches.
"""

import time
import urllib.request
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from localstack_outages.schema.product import PREFIX

from . import servers
from .figures import Table, table
from .load import Plan, drive
from .signed import client, signed

READ = "reading an empty list"
COUNTS = (1, 100, 10_000)

WITHOUT_RULES = "without rules"
RIGHT_AFTER = "right after 10,000 rules"
SECONDS_AFTER = 5


class SlippedThrough(RuntimeError):
    """A call that began after the answer was not affected."""


def measure(*, smoke: bool) -> list[Table]:
    """Measure how long lists take, and the time from the answer to the first affected call."""
    repetitions = 2 if smoke else 11
    with servers.with_extension() as endpoint:
        url = f"{endpoint}{PREFIX}/outages"
        samples: dict[str, list[float]] = {READ: []}
        samples |= {f"{count:,} rules": [] for count in COUNTS}
        felt: dict[str, list[float]] = {"an answer without rules": [], "the first refusal": []}
        sts = client(endpoint, "sts")
        sts.get_caller_identity()  # the first one loads the service
        for _ in range(repetitions):
            _calm(endpoint)
            samples[READ].append(_timed(lambda: urllib.request.urlopen(url).read()))
            for count in COUNTS:
                rules = [{"service": f"none-{i}", "region": "us-*"} for i in range(count)]
                samples[f"{count:,} rules"].append(
                    _timed(lambda rules=rules: servers.post_rules(endpoint, rules))
                )
                _calm(endpoint)
            felt["an answer without rules"].append(_timed(sts.get_caller_identity))
            servers.post_rules(endpoint, [{"service": "sts"}])
            felt["the first refusal"].append(_timed(lambda: _refused(sts)))
        return [
            table("time to accept a list", "ms", samples),
            table("from the answer to the end of the first call after it", "ms", felt),
            _untouched(endpoint, smoke=smoke),
        ]


def _untouched(endpoint: str, *, smoke: bool) -> Table:
    """Measure the calls that no rule touches in the first seconds after a list was posted."""
    repetitions, seconds = (1, 0.2) if smoke else (7, SECONDS_AFTER)
    url = urlsplit(endpoint)
    request = signed(endpoint, "sts", "get_caller_identity")
    plan = Plan(url.hostname or "", url.port or 0, (request,), 4, seconds)
    servers.post_rules(endpoint, [])
    drive(plan._replace(seconds=min(1.0, seconds)), (200,))  # to warm up
    rates: dict[str, list[float]] = {WITHOUT_RULES: [], RIGHT_AFTER: []}
    for number in range(repetitions):
        servers.post_rules(endpoint, [])
        rates[WITHOUT_RULES].append(drive(plan, (200,)).rate)
        # Names that are new each time: nothing of them is remembered.
        rules = [{"service": f"none-{number}-{i}", "region": "us-*"} for i in range(10_000)]
        servers.post_rules(endpoint, rules)
        rates[RIGHT_AFTER].append(drive(plan, (200,)).rate)
    servers.post_rules(endpoint, [])
    return table("untouched calls in the five seconds after a list was posted", "calls/s", rates)


def _calm(endpoint: str) -> None:
    """Wait until the rules of before are judged for likely mistakes, and take them out."""
    urllib.request.urlopen(f"{endpoint}{PREFIX}/outages/status").read()
    servers.post_rules(endpoint, [])


def _timed(action: "object") -> float:
    started = time.perf_counter()
    action()  # type: ignore[operator] # a function
    return (time.perf_counter() - started) * 1000


def _refused(sts: object) -> None:
    try:
        sts.get_caller_identity()  # type: ignore[attr-defined] # of the SDK
    except ClientError:
        return
    raise SlippedThrough("the first call after the answer was not refused")
