"""How many calls are refused in a second: against LocalStack's own cheapest answer, against a plain
route of its gateway, which is the floor, and against proxies that never come to LocalStack.
"""

from contextlib import ExitStack
from typing import NamedTuple

from localstack_outages.schema.effect import OUTAGE_STATUS

from . import servers
from .figures import Table, table
from .load import Plan, drive
from .signed import plain, signed

ANSWERED = "sts answered"
PLAIN = "plain route"
LEVELS = (1, 16)
_OUTAGE = [{"service": service} for service in ("sts", "sqs", "dynamodb", "s3")]


class _Target(NamedTuple):
    endpoint: str
    request: bytes
    status: int


def measure(*, smoke: bool) -> list[Table]:
    """Measure all kinds of calls at all levels."""
    repetitions, seconds, warmup = (1, 0.2, 0.1) if smoke else (5, 1.0, 1.5)
    with ExitStack() as stack:
        enter = stack.enter_context
        calm = enter(servers.with_extension())
        out = enter(servers.with_extension(_OUTAGE))
        targets = {
            ANSWERED: _Target(calm, signed(calm, "sts", "get_caller_identity"), 200),
            PLAIN: _Target(calm, plain(calm, "/_localstack/init"), 200),
        }
        calls = {
            "sts": ("get_caller_identity", {}),
            "sqs": ("list_queues", {}),
            "dynamodb": ("list_tables", {}),
            "s3": ("get_object", {"Bucket": "bench", "Key": "k"}),
        }
        for service, (method, parameters) in calls.items():
            request = signed(out, service, method, **parameters)
            targets[f"{service} refused"] = _Target(out, request, OUTAGE_STATUS)
        for name, peer in servers.peers().items():
            proxy = enter(peer(calm, "sts"))
            request = signed(proxy, "sts", "get_caller_identity")
            targets[f"{name}, sts refused"] = _Target(proxy, request, servers.PEER_STATUS)
        for target in targets.values():
            _rate(target, 4, warmup)
        tables = []
        for level in LEVELS:
            rates: dict[str, list[float]] = {name: [] for name in targets}
            for _ in range(repetitions):
                for name, target in targets.items():
                    rates[name].append(_rate(target, level, seconds))
            title = f"{level} connection{'s' * (level > 1)}"
            tables.append(table(title, "calls/s", rates))
    return tables


def _rate(target: _Target, connections: int, seconds: float) -> float:
    host, port = target.endpoint.removeprefix("http://").split(":")
    plan = Plan(host, int(port), (target.request,), connections, seconds)
    return drive(plan, (target.status,)).rate
