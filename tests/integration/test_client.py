"""The Python client against a real LocalStack."""

import asyncio
import re
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from localstack_outages import AsyncOutagesClient, OutagesClient, Rule
from localstack_outages.client.transport import HOST
from localstack_outages.schema.errors import (
    BodyTooLarge,
    CannotKnow,
    InvalidQuery,
    InvalidRules,
    UnknownOwner,
    UnknownRule,
    Unreachable,
)

from .helpers import ONCE, OUT, connect, outcome, outcomes, sts_request, wait_until

STANDARD = {"total_max_attempts": 4, "mode": "standard"}
MINE = {"service": "kms"}


@pytest.fixture
def api(endpoint: str) -> OutagesClient:
    """A client of the control API."""
    return OutagesClient(endpoint)


@pytest.fixture
def sts(client: Callable[..., Any]) -> Any:
    """An STS that makes one attempt."""
    return client("sts", retries=ONCE)


def test_the_list(api: OutagesClient) -> None:
    """Rules are added, put first, replaced and removed; what comes back are rules."""
    kms, s3, sqs = Rule(service="kms"), Rule(service="s3", times=2), Rule(service="sqs")

    assert [kms] == api.add([kms])
    assert [kms, s3] == api.add([{"service": "s3", "times": 2}, kms])
    assert [sqs, kms, s3] == api.add([sqs], first=True)
    assert [kms] == api.remove([s3, sqs], dry_run=True)
    assert [kms] == api.remove([s3, sqs])
    assert [s3] == api.replace([s3])
    assert [s3] == api.rules()
    api.clear()
    assert [] == api.rules()


def test_the_rules_of_an_owner(api: OutagesClient) -> None:
    """With an owner named, each method is for the rules of that owner alone."""
    kms, s3 = Rule(service="kms"), Rule(service="s3")
    api.add([kms])

    assert [kms, s3] == api.add([kms, s3], owner="me")
    assert [] == api.remove([kms, s3], owner="me", dry_run=True)
    assert [s3] == api.remove([kms], owner="me")
    assert [kms] == api.replace([kms], owner="me")
    assert [kms] == api.rules(owner="me")
    assert [kms, kms] == api.rules()
    assert [None, "me"] == [entry["owner"] for entry in api.status()["rules"]]
    api.clear(owner="me")
    assert ([], [kms]) == (api.rules(owner="me"), api.rules())


def test_one_rule(api: OutagesClient) -> None:
    """One rule is read, edited, moved and ended by its id; the others go on as they were."""
    api.replace([{"service": "kms"}, {"service": "s3"}])
    first, second = (entry["id"] for entry in api.status()["rules"])

    assert {"service": "s3"} == api.rule(second)["rule"]
    assert {"service": "sqs", "times": 2} == api.edit(second, Rule(service="sqs", times=2))["rule"]
    assert second == api.move(second, 0)["id"]
    assert [second, first] == [entry["id"] for entry in api.status()["rules"]]
    assert "deleted" == api.end(second)["state"]
    assert [Rule(service="kms")] == api.rules()
    for refused in (
        api.rule,
        api.end,
        lambda rule_id: api.edit(rule_id, {}),
        lambda r: api.move(r, 0),
    ):
        with pytest.raises(UnknownRule, match=f"rule '{second}' was deleted"):
            refused(second)
    with pytest.raises(InvalidRules) as caught:
        api.edit(first, {"service": "s 3"})
    assert "service" == caught.value.path


def test_the_evidence_of_an_owner(api: OutagesClient, sts: Any) -> None:
    """What the rules of an owner did is told of them all, and of them alone."""
    api.add([{"service": "sts", "times": 2}, {"service": "kms"}], owner="asked")
    api.add([{"service": "sts"}], owner="other")
    outcomes(sts.get_caller_identity, 3)
    evidence = api.evidence("asked", wait=5)

    assert ("asked", True, 2) == (evidence["owner"], evidence["complete"], evidence["hits"])
    assert [2, 0] == [rule["hits"] for rule in evidence["rules"]]
    assert {"2": 1} == evidence["calls"]["attempts"] == evidence["calls"]["tries"]
    assert [("GetCallerIdentity", 2, None)] == [
        (p["operation"], p["failures"], p["recoveredAfter"]) for p in evidence["places"]
    ]
    assert ["asked"] * 2 == [event["owner"] for event in api.events(owner="asked")["events"][-2:]]
    assert ["other"] == [event["owner"] for event in api.calls(owner="other")["events"][-1:]]
    assert 1 == api.verdicts(owner="asked")["summary"]["calls"]
    with pytest.raises(UnknownOwner, match="nothing is known of the owner 'nobody'"):
        api.evidence("nobody")


def test_every_operation_is_a_method(api: OutagesClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever OpenAPI describes can be asked by a method of the client."""
    document = api.openapi()
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    sent = set()
    request = requests.Session.request

    def watched(session: Any, method: str, url: str, **options: Any) -> Any:
        path = urlsplit(url).path.removeprefix("/_extension/outages")
        path = re.sub(r"(scenarios|reports)/.*", r"\1/{name}", path)
        path = re.sub(r"rules/.*", "rules/{id}", path)
        sent.add((method, path))
        return request(session, method, url, **options)

    monkeypatch.setattr(requests.Session, "request", watched)
    api.replace([{}])
    api.add([{}], owner="me")
    rule_id = api.status()["rules"][0]["id"]
    for method, arguments in (
        (api.rules, ()),
        (api.rule, (rule_id,)),
        (api.edit, (rule_id, {})),
        (api.move, (rule_id, 0)),
        (api.end, (rule_id,)),
        (api.remove, ([{}],)),
        (api.events, ()),
        (api.calls, ()),
        (api.traffic, ()),
        (api.load, ()),
        (api.verdicts, ()),
        (api.marks, ()),
        (api.mark, ("begin",)),
        (api.evidence, ("me",)),
        (api.names, ()),
        (api.metrics, ()),
        (api.openapi, ()),
        (api.scenarios.list, ()),
    ):
        method(*arguments)
    name = api.scenarios.list()["scenarios"][0]["name"]
    for of_one in (
        api.scenarios.get,
        api.scenarios.start,
        api.scenarios.stop,
        api.scenarios.report,
    ):
        of_one(name)

    assert described == sent


def test_every_field_goes_there_and_back(api: OutagesClient) -> None:
    """A rule is after the round trip what it was before it."""
    rules = [
        Rule(service="s3", region="us-*", operation="Get*", account="1*", condition="Bucket"),
        Rule(origin="internal", probability=0.5, seed=7, times=3, after=1.5, duration=60),
        Rule(flap={"down": 1, "up": 2}, error={"statusCode": 418, "code": "Teapot"}),
        Rule(sequence=("pass", "throttling", {"latency": 5, "connection": "reset"})),
        Rule(latency={"from": 1, "to": 5}, probability={"from": 0, "to": 1}, duration=9),
        Rule(throttle={"rate": 5, "burst": 9, "by": "region"}, description="<b>'\"ü"),
    ]

    assert rules == api.replace(rules)


def test_rules_are_sent_as_they_were_written(api: OutagesClient, outages: Any) -> None:
    """Who reads the list elsewhere finds the numbers as they were given."""
    rules = [{"probability": 1, "flap": {"down": 1, "up": 2.5}, "latency": 250}]
    api.replace(rules)

    assert str(rules) == str(outages.get()[1])


def test_every_route(api: OutagesClient, sts: Any) -> None:
    """Each route is a method."""
    api.add([{"service": "sts", "region": "us-east-1", "times": 1}])
    after = api.events(-1)["next"]
    seen = api.calls(-1)["next"]
    assert [OUT, "ok"] == outcomes(sts.get_caller_identity, 2)

    assert [1] == [departed["hits"] for departed in api.status()["departed"][:1]]
    assert [OUT] == [e["errorCode"] for e in api.events(after, service="sts", wait=5)["events"]]
    assert ["injected", "ok"] == [c["outcome"] for c in api.calls(seen, service="st?")["events"]]
    assert [] == api.events(after, region="eu-*")["events"]
    assert 2 <= api.traffic(60, service="sts")["total"]["calls"]
    assert 1 == len(api.verdicts(1, service="sts")["verdicts"])
    assert "PutItem" in api.names("dynamodb")["operations"]
    assert "localstack_outages_rules" in api.metrics()
    assert "/outages" in api.openapi()["paths"]


def test_the_stream(api: OutagesClient, sts: Any) -> None:
    """Calls come as they end."""
    stream = api.stream(-1, service="sts")
    found: list[Any] = []
    reader = threading.Thread(target=lambda: found.append(next(stream)))
    reader.start()
    with api.outage("sts"):
        wait_until(lambda: outcome(sts.get_caller_identity) == OUT and found)
    reader.join(10)

    assert ("sts", OUT) == (found[0]["service"], found[0]["errorCode"])


def test_refusals_are_exceptions_with_the_servers_words(api: OutagesClient) -> None:
    """What only the server can refuse comes with its message and place."""
    with pytest.raises(InvalidQuery) as query:
        api.traffic(0)
    assert ("?seconds", "at least 1") == (query.value.path, query.value.message[-10:])
    with pytest.raises(BodyTooLarge, match="at most 4194304"):
        api.add([{"service": f"s{n}", "description": "x" * 8000} for n in range(600)])
    with pytest.raises(InvalidRules, match="at most 20000"):
        api.replace([{}] * 20_001)
    assert [] == api.rules()


@pytest.mark.parametrize(
    "host", ["outages.localhost.localstack.cloud", "localhost.localstack.cloud", "localhost"]
)
def test_no_dns_is_needed(endpoint: str, host: str) -> None:
    """LocalStack's own names are found without a name server."""
    api = OutagesClient(f"http://{host}:{urlsplit(endpoint).port}")

    assert [Rule(**MINE)] == api.add([MINE])


def test_the_host_is_tried_where_the_path_is_closed(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the path does not lead there, the host does."""
    monkeypatch.setattr("localstack_outages.client.transport.PREFIX", "/closed")
    api = OutagesClient(endpoint)

    assert [Rule(**MINE)] == api.add([MINE])
    assert [(endpoint, {"Host": HOST})] == api._transport._roads


def test_an_outage_ends_with_its_block(api: OutagesClient, sts: Any) -> None:
    """Its rules are there in the block and nowhere else; what it did can be asked for after it."""
    api.add([MINE])
    with api.outage("sts", region="us-*", error="throttling", times=2) as outage:
        assert ["Throttling", "Throttling", "ok"] == outcomes(sts.get_caller_identity, 3)
        assert 2 == outage.hits

    assert [Rule(**MINE)] == api.rules()
    assert 2 == outage.hits
    assert ["Throttling"] * 2 == [event["errorCode"] for event in outage.events]
    assert 3 == len([call for call in outage.calls if call["service"] == "sts"])
    assert {"sts"} == {verdict["service"] for verdict in outage.verdicts}
    assert "ok" == outcome(sts.get_caller_identity)


def test_nothing_begins_before_the_block(api: OutagesClient) -> None:
    """To make an outage changes nothing, and to end it twice is no error."""
    outage = api.outage("sts")
    assert [] == api.rules()
    with outage, pytest.raises(RuntimeError, match="has begun already"):
        outage.start()
    outage.stop()

    assert [] == api.rules()


def test_an_outage_ends_whatever_happens(api: OutagesClient) -> None:
    """An exception goes through, and the rules go."""

    def fail() -> None:
        with api.outage("s3"), api.outage("sqs"):
            assert 2 == len(api.rules())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert [] == api.rules()


def test_outages_nest(api: OutagesClient, sts: Any) -> None:
    """The innermost decides; equal ones are two, and each takes out its own."""
    api.add([{"service": "sts"}])
    with api.outage("sts", error="internal"):
        with api.outage("sts", error="throttling") as inner, api.outage("sts", error="throttling"):
            assert 4 == len(api.rules())
            assert "Throttling" == outcome(sts.get_caller_identity)
        assert "InternalFailure" == outcome(sts.get_caller_identity)
    assert OUT == outcome(sts.get_caller_identity)

    assert 0 == inner.hits
    assert [Rule(service="sts")] == api.rules()


def test_an_outage_speaks_of_itself_alone(api: OutagesClient, client: Callable[..., Any]) -> None:
    """Hits, events and verdicts of others are not counted."""
    with api.outage("kms") as other, api.outage("sts") as outage:
        outcome(client("sts", retries=ONCE).get_caller_identity)
        outcome(client("kms", retries=ONCE).list_keys)

    assert (1, 1) == (other.hits, outage.hits)
    assert ["sts"] == [event["service"] for event in outage.events]
    assert ["kms"] == [verdict["service"] for verdict in other.verdicts]


def test_an_outage_of_many_rules(api: OutagesClient, sts: Any) -> None:
    """However many rules it has, it speaks of them all, and of them alone."""
    rules = [{"service": f"none-{i}"} for i in range(500)]
    with api.outage("sts", times=1), api.outage([*rules, {"service": "sts"}]) as outage:
        outcomes(sts.get_caller_identity, 2)
    with api.outage("sts"):
        outcome(sts.get_caller_identity)

    assert 2 == outage.hits
    assert 2 == len(outage.events)
    assert [2] == [verdict["attempts"] for verdict in outage.verdicts]


def test_an_outage_of_rules_that_are_spent(api: OutagesClient, sts: Any) -> None:
    """However many rules left the list since, hits are known of each, and calls are those it made."""
    rules = [{"service": "sts", "times": 1, "description": str(n)} for n in range(150)]
    with api.outage(rules) as outage:
        for number in range(150):
            outcome(partial(sts.get_session_token, DurationSeconds=900 + number))
        for _ in range(120):  # more rules of others than the status remembers
            api.add([{"service": "none"}], owner="other")
            api.clear(owner="other")
    sts.get_session_token()

    outage.assert_hit(150)
    outage.assert_recovered()
    assert 150 == len(outage.events) == len(outage.rule_ids)
    with pytest.raises(AssertionError, match=r"\(150 of 150 calls in all\)"):
        outage.assert_retried()


def test_a_recovery_before_many_calls(api: OutagesClient, endpoint: str, sts: Any) -> None:
    """A recovery is known, though a thousand calls came after it."""
    with api.outage("sts", times=1) as outage:
        outcomes(sts.get_caller_identity, 2)
    with connect(endpoint) as connection:
        for _ in range(15):
            connection.sendall(100 * sts_request(endpoint))
            answers = b""
            while answers.count(b"</GetCallerIdentityResponse>") < 100:
                answers += connection.recv(65536)

    assert "ok" == outage.calls[0]["outcome"] == outcome(sts.get_caller_identity)
    assert [] == [call for call in outage.calls if call["outcome"] == "injected"]
    outage.assert_recovered(within=5)


def test_a_recovery_from_a_hanging_call(api: OutagesClient, client: Callable[..., Any]) -> None:
    """A call that hung has recovered when its client gave up on it and was answered another time, also
    where the server learns of the first only later.
    """
    client("sts").get_caller_identity()  # which loads the service
    sts = client("sts", retries=STANDARD, read_timeout=1)
    with api.outage("sts", connection="hang", times=1) as outage:
        sts.get_caller_identity()
        outage.assert_hit(1)
        wait_until(lambda: outage.events)

    outage.assert_recovered(within=5)
    outage.assert_retried()


def test_calls_of_another_account(endpoint: str, client: Callable[..., Any]) -> None:
    """Where all calls came from another account, the explanation says from which."""
    scoped = OutagesClient(endpoint, account="111111111111")
    with scoped.outage("sts") as outage:
        client("sts", retries=ONCE, access_key="222222222222").get_caller_identity()

    with pytest.raises(
        AssertionError,
        match=r"none of account 111111111111; 1 of 222222222222 \(sts.GetCallerIdentity\): does",
    ):
        outage.assert_hit()


def test_what_is_forgotten_is_not_known(api: OutagesClient) -> None:
    """Of an outage that was never begun nothing is asserted, for nothing is known."""
    outage = api.outage("sts")

    assert 0 == outage.hits
    with pytest.raises(CannotKnow, match="what the outage did: it is over for more than ten min"):
        outage.assert_hit(0)


def test_rules_that_are_replaced_meanwhile(api: OutagesClient) -> None:
    """Where somebody replaces the list, an outage ends without an error and leaves theirs alone."""
    with api.outage("sts") as outage:
        api.replace([MINE])
        assert 0 == outage.hits

    assert [Rule(**MINE)] == api.rules()


def test_of_one_account(endpoint: str, api: OutagesClient, client: Callable[..., Any]) -> None:
    """A client for an account makes rules for it alone, reads its calls alone, clears its own."""
    mine, other = "111111111111", "222222222222"
    scoped = OutagesClient(endpoint, account=mine)
    calls = {
        a: client("sts", retries=ONCE, access_key=a).get_caller_identity for a in (mine, other)
    }
    api.add([MINE])
    with scoped.outage("sts") as outage:
        assert [OUT, "ok"] == [outcome(calls[account]) for account in (mine, other)]
    scoped.add([{"service": "sts", "account": other}, {"service": "sqs"}])
    outcome(calls[other])
    scoped.clear()

    assert {mine} == {call["account"] for call in outage.calls}
    assert [Rule(**MINE), Rule(service="sts", account=other)] == api.rules()


def test_assertions(api: OutagesClient, client: Callable[..., Any]) -> None:
    """What a client does well is found to be so."""
    with api.outage("sts", error="throttling", times=2) as outage:
        client("sts", retries=STANDARD).get_caller_identity()

    outage.assert_hit(2)
    outage.assert_hit(at_least=1)
    outage.assert_retried(2, backoff=True)
    outage.assert_recovered(within=5)


def test_assertions_wait(api: OutagesClient, sts: Any) -> None:
    """A hit and a recovery that come a moment later are in time."""
    with api.outage("sts") as outage:
        caller = threading.Timer(0.3, lambda: outcome(sts.get_caller_identity))
        caller.start()
        outage.assert_hit(1, within=10)
        caller.join()
    caller = threading.Timer(0.3, lambda: outcome(sts.get_caller_identity))
    caller.start()
    outage.assert_recovered(within=10)
    caller.join()


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (lambda o: o.assert_hit(2), "expected the outage to hit 2 times, but it hit once"),
        (lambda o: o.assert_hit(at_least=2), "to hit at least 2 times, but it hit once"),
        (lambda o: o.assert_retried(), "retried at least once, but not so:\n  sts.GetCallerId"),
        (lambda o: o.assert_recovered(0.1), "work again within 0.1 s, but not so:\n  sts.GetCall"),
    ],
)
def test_a_failed_assertion_explains_itself(
    api: OutagesClient, client: Callable[..., Any], check: Callable[[Any], None], words: str
) -> None:
    """It shows the rules, the calls, and why each rule did or did not apply."""
    with api.outage([{"service": "sts", "times": 1}, {"service": "kms"}]) as outage:
        outcome(client("sts", retries=ONCE).get_caller_identity)
        first, second = outage.rule_ids
        with pytest.raises(AssertionError) as caught:
            check(outage)

    text = str(caught.value)
    assert words in text
    assert f"the rules of the outage:\n  {first} " in text
    assert f"{first} applied: 503 {OUT}" in text
    assert f"{second} is not for it: service 'sts' is not 'kms'" in text


def test_an_outage_that_hit_nothing(api: OutagesClient, sts: Any) -> None:
    """No assertion passes on an outage that no call met."""
    with api.outage("sts", region="eu-*") as outage:
        sts.get_caller_identity()
        for check in (outage.assert_hit, outage.assert_retried, outage.assert_recovered):
            with pytest.raises(AssertionError, match=r"region 'us-east-1' is not 'eu-\*'"):
                check()


def test_a_late_recovery(api: OutagesClient, sts: Any) -> None:
    """A call that works only after the time is no recovery."""
    with api.outage("sts") as outage:
        outcome(sts.get_caller_identity)
    ended = time.monotonic()
    wait_until(lambda: time.monotonic() > ended + 0.3)
    sts.get_caller_identity()

    with pytest.raises(AssertionError, match="again within"):
        outage.assert_recovered(within=0.2)
    outage.assert_recovered(within=30)


def test_retries_without_a_pause(api: OutagesClient, endpoint: str) -> None:
    """Retries that follow at once are found where a pause is expected."""
    with api.outage("sts") as outage, connect(endpoint) as connection:
        # So many that a machine on which each takes longer, as other tests run too, is allowed for.
        connection.sendall(12 * sts_request(endpoint))  # each is answered before the next is read
        answers = b""
        while answers.count(b"HTTP/1.1 503") < 12:
            answers += connection.recv(65536)

    outage.assert_retried(2)
    with pytest.raises(AssertionError, match="expected a pause before each retry"):
        outage.assert_retried(2, backoff=True)


def test_a_restarted_localstack(start_host: Callable[..., Any]) -> None:
    """An outage ends without an error where LocalStack is gone, or is another one; it says so."""
    host = start_host()
    try:
        api = OutagesClient(host.endpoint)
        with api.outage("sts") as lost:
            host.stop()
        with pytest.raises(Unreachable):
            api.rules()
        host.start()
        with api.outage("sts") as outage:
            host.stop()
            host.start()
            api.add([MINE])
            assert outage.was_restarted
            assert ([], [], 0) == (outage.events, outage.verdicts, outage.hits)
        assert [Rule(**MINE)] == api.rules()
        with pytest.raises(AssertionError, match="LocalStack was restarted meanwhile"):
            outage.assert_hit()
        assert not lost.is_in_force
    finally:
        host.stop()


def test_for_asyncio(endpoint: str, client: Callable[..., Any]) -> None:
    """The same with await; a task that is cancelled leaves no rule."""
    sts = client("sts", retries=STANDARD)

    async def main() -> list[Rule]:
        async with AsyncOutagesClient(endpoint) as api:
            async with api.outage("sts", error="throttling", times=1) as outage:
                await asyncio.to_thread(sts.get_caller_identity)
                assert 1 == await outage.hits()
            await outage.assert_hit(1)
            await outage.assert_retried()
            await outage.assert_recovered()
            assert ([1], [2]) == (
                [event["client"]["attempt"] for event in await outage.events()],
                [verdict["attempts"] for verdict in await outage.verdicts()],
            )
            assert "s3" in (await api.names())["services"]
            await api.add([MINE])
            await api.remove([Rule(**MINE)])
            for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.04, 0.08):
                task = asyncio.create_task(hold(api))
                await asyncio.sleep(delay)
                task.cancel()
                await asyncio.wait([task])
            return await api.rules()

    async def hold(api: AsyncOutagesClient) -> None:
        async with api.outage("s3"):
            await asyncio.sleep(60)

    assert [] == asyncio.run(main())


def test_the_stream_for_asyncio(endpoint: str, client: Callable[..., Any]) -> None:
    """Calls come as they end, also those that one request does not bring."""
    sts, kms = client("sts", retries=ONCE), client("kms", retries=ONCE)

    async def main() -> None:
        async with AsyncOutagesClient(endpoint) as api, api.outage(), asyncio.timeout(30):
            before = (await api.events(-1))["next"]
            outcomes(sts.get_caller_identity, 2)
            found = []
            async for event in api.stream(before, service="sts"):
                found.append(event)
                if len(found) == 3:
                    break
                await asyncio.to_thread(outcome, kms.list_keys)
                await asyncio.to_thread(outcome, sts.get_caller_identity)
            assert found == (await api.events(before, service="sts"))["events"][:3]
            assert {"sts"} == {event["service"] for event in found}

    asyncio.run(main())
