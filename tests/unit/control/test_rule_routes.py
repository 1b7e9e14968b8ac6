"""The list of rules and its rules: owners, ids, ETags, changes that are sent again."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from localstack_outages.control import repeats

S3, SQS, SNS = ({"service": name} for name in ("s3", "sqs", "sns"))
ONCE = {"service": "s3", "times": 1}
MINE = "owner=tests%2Ftest_mine.py%3A%3Atest_it"
OWNER = "tests/test_mine.py::test_it"


def owners(api):
    """Give the owner of each rule in the list."""
    return [rule["owner"] for rule in api.status.document()["rules"]]


def spend(api):
    """Let the first rule of the list fire once."""
    entry = api.store.entries()[0]
    assert entry.lifecycle.fire(None, api.store.clock()) is not None


def test_an_owner(api):
    """All methods with an owner are about its rules alone; the status names it."""
    api.answer("POST", body=[S3])

    assert (200, [S3]) == api.ask("PATCH", query=MINE, body=[S3])
    assert (200, [S3, SQS]) == api.ask("PATCH", query=MINE, body=[S3, SQS])
    assert (200, [SNS]) == api.ask("POST", query=f"{MINE}&position=first", body=[SNS])
    assert [OWNER, None] == owners(api)
    assert (200, [SNS]) == api.ask(query=MINE)
    assert (200, [SNS, S3]) == api.ask()
    assert (200, []) == api.ask(query="owner=nobody")
    assert (200, [SNS]) == api.ask("DELETE", query=MINE, body=[S3])
    assert (200, []) == api.ask("DELETE", query=MINE)
    assert (200, [S3]) == api.ask()
    assert OWNER == api.status.document()["departed"][0]["owner"]


def test_an_owner_is_replaced_last(api):
    """Without a position the new rules of an owner stand last."""
    api.answer("PATCH", query=MINE, body=[SNS])
    api.answer("PATCH", body=[S3])
    api.answer("POST", query=MINE, body=[SQS])

    assert [S3, SQS] == api.store.documents()


def test_dry_runs_of_an_owner(api):
    """A dry run says what the owner would have."""
    api.answer("PATCH", query=MINE, body=[S3])
    before = api.store.snapshot

    dry = f"{MINE}&dryRun=true"
    assert (200, [SQS]) == api.ask("POST", query=dry, body=[SQS])
    assert (200, []) == api.ask("DELETE", query=dry)
    assert "ETag" not in api.answer("DELETE", query=dry).headers
    assert before is api.store.snapshot


@pytest.mark.parametrize(
    ("method", "query", "code", "path"),
    [
        ("GET", "ownr=x", "InvalidQuery", "?ownr"),
        ("GET", "owner=", "InvalidQuery", "?owner"),
        ("POST", "position=first", "InvalidQuery", "?position"),
        ("DELETE", "owner=x&position=first", "InvalidQuery", "?position"),
        ("POST", "owner=x", "InvalidBody", ""),
        ("DELETE", "", "InvalidBody", ""),
    ],
)
def test_what_is_refused(api, method, query, code, path):
    """A parameter that has no meaning, and a body that is missing where one is needed."""
    api.answer("POST", body=[S3])
    status, document = api.ask(method, query=query)

    assert (400, code, path) == (status, document["error"]["code"], document["error"]["path"])
    assert [S3] == api.store.documents()


# One rule


def test_one_rule(api, clock):
    """A rule is read, changed, moved and ended by its id; each answer is its part of the status."""
    api.answer("PATCH", query=MINE, body=[S3, SQS])
    path = "/outages/rules/r1"

    status, rule = api.ask(path=path)
    assert (200, "r1", OWNER, S3) == (status, rule["id"], rule["owner"], rule["rule"])
    assert rule == api.status.document()["rules"][0]

    status, rule = api.ask("PUT", path, body={"service": "sns", "duration": 5})
    assert (200, "r1", OWNER, 5.0) == (status, rule["id"], rule["owner"], rule["timeLeft"])

    assert 200 == api.answer("PATCH", path, body={"position": 1}).status
    assert ["r2", "r1"] == [entry.id for entry in api.store.entries()]

    status, departed = api.ask("DELETE", path)
    assert (200, "r1", "deleted") == (status, departed["id"], departed["state"])
    assert departed == api.status.document()["departed"][0]

    clock.advance(3)
    for method, body in (("GET", b""), ("PUT", {}), ("PATCH", {"position": 0}), ("DELETE", b"")):
        assert (404, "UnknownRule", "rule 'r1' was deleted 3 s ago") == api.refusal(
            method, path, body=body
        )


def test_a_rule_that_would_be_a_mistake(api):
    """The answer to a change warns of likely mistakes, also those that come of other rules."""
    api.answer("POST", body=[{}, {}])

    rule = api.ask("PUT", "/outages/rules/r2", body={"service": "s4"})[1]

    assert ["UnknownService", "Shadowed"] == [warning["code"] for warning in rule["warnings"]]


@pytest.mark.parametrize(
    ("method", "body", "code", "path", "message"),
    [
        ("PUT", [S3], "InvalidRules", "", "expected one rule, got a list, send the rule itself"),
        ("PUT", None, "InvalidRules", "", "expected one rule, got null"),
        ("PUT", {"servce": 1}, "InvalidRules", "servce", "did you mean 'service'?"),
        ("PUT", b"{", "InvalidBody", "", "not valid JSON"),
        ("PATCH", {"position": -1}, "InvalidBody", "position", "at least 0"),
        ("PATCH", {"position": "1"}, "InvalidBody", "position", "expected a whole number"),
        ("PATCH", {"position": True}, "InvalidBody", "position", "expected a whole number"),
        ("PATCH", {"position": 0, "first": 1}, "InvalidBody", "first", "unknown field 'first'"),
        ("PATCH", {}, "InvalidBody", "position", "'position' is missing"),
        ("PATCH", [S3], "InvalidBody", "", 'expected an object such as {"position": 0}'),
    ],
)
def test_bad_changes_of_a_rule(api, method, body, code, path, message):
    """What is wrong is named, and nothing has changed."""
    api.answer("POST", body=[S3])
    before = api.store.snapshot
    status, document = api.ask(method, "/outages/rules/r1", body=b"null" if body is None else body)

    assert (400, code) == (status, document["error"]["code"])
    assert message in document["error"]["message"]
    assert path in document["error"]["path"]
    assert before is api.store.snapshot


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_rule_takes_no_parameters(api, method):
    """A parameter is refused by name."""
    api.answer("POST", body=[S3])
    body = {"position": 0} if method == "PATCH" else {}

    assert (400, "InvalidQuery", "unknown parameter 'dryRun': none is taken here") == api.refusal(
        method, "/outages/rules/r1", query="dryRun=true", body=body
    )
    assert ["r1"] == [entry.id for entry in api.store.entries()]


# ETags


def etag(answer):
    """Give the ETag of an answer."""
    return answer.headers["ETag"]


def test_etags(api):
    """The list has an ETag of instance and revision, which changes with the list alone."""
    first = api.answer()
    posted = api.answer("POST", body=[S3])

    assert f'"{api.status.instance}-0"' == etag(first)
    assert f'"{api.status.instance}-1"' == etag(posted) == etag(api.answer())
    assert etag(posted) == etag(api.answer(query=MINE)) == etag(api.answer("PATCH", body=[S3]))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/outages", [SQS]),
        ("PATCH", "/outages", [SQS]),
        ("DELETE", "/outages", [S3]),
        ("PUT", "/outages/rules/r1", SQS),
        ("PATCH", "/outages/rules/r1", {"position": 1}),
        ("DELETE", "/outages/rules/r1", b""),
    ],
)
def test_if_match(api, method, path, body):
    """A change that is for another list is refused, and nothing has changed; for this one it is made."""
    api.answer("POST", body=[S3])
    old = etag(api.answer())
    api.answer("PATCH", body=[SNS])
    new = etag(api.answer())
    before = api.store.snapshot

    for asked in (old, f"W/{new}", new.strip('"'), '"other-2"', "nonsense", ""):
        status, code, _ = api.refusal(method, path, body=body, If_Match=asked)
        assert (412, "PreconditionFailed") == (status, code)
    assert before is api.store.snapshot

    assert 200 == api.answer(method, path, body=body, If_Match=f'"x", {old}, {new}').status
    assert before is not api.store.snapshot


def test_if_match_anything(api):
    """A star stands for any list."""
    assert 200 == api.answer("POST", body=[S3], If_Match="*").status


# Changes that are sent again


KEY = {"Idempotency_Key": "8e03978e-40d5-43dd-bc93-6894a57f9324"}


def test_a_change_that_is_sent_again_is_made_once(api):
    """A rule that was spent meanwhile is not added again; the answer says so, and what there is."""
    first = api.answer("PATCH", query=MINE, body=[ONCE], **KEY)
    spend(api)
    again = api.answer("PATCH", query=MINE, body=[ONCE], **KEY)

    assert "Idempotent-Replayed" not in first.headers
    assert "true" == again.headers["Idempotent-Replayed"]
    assert (200, b"[]\n", etag(api.answer())) == (again.status, again.body, etag(again))
    assert [] == api.store.documents()
    api.answer("PATCH", query=MINE, body=[ONCE])
    assert [ONCE] == api.store.documents()


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_other_methods_are_made_once(api, method):
    """A replacement starts no rule anew, and a removal removes nothing, when they are sent again."""
    api.answer("POST", body=[S3])
    api.answer(method, body=[S3], **KEY)
    api.answer("PATCH", body=[S3])
    before = api.store.snapshot

    assert "true" == api.answer(method, body=[S3], **KEY).headers["Idempotent-Replayed"]
    assert before is api.store.snapshot


def test_a_repetition_asks_for_no_list(api):
    """If-Match was right when the change was made; that it has changed the list does not matter."""
    headers = {**KEY, "If_Match": etag(api.answer())}
    api.answer("PATCH", body=[S3], **headers)

    assert 200 == api.answer("PATCH", body=[S3], **headers).status


@pytest.mark.parametrize(
    ("method", "query", "body"),
    [("POST", "", [S3]), ("PATCH", MINE, [S3]), ("PATCH", "", [SQS]), ("PATCH", "", [S3, S3])],
)
def test_a_key_is_for_one_request(api, method, query, body):
    """A key that came with another request is refused, and nothing has changed."""
    api.answer("PATCH", body=[S3], **KEY)
    before = api.store.snapshot

    assert (422, "KeyReused") == api.refusal(method, query=query, body=body, **KEY)[:2]
    assert before is api.store.snapshot


def test_a_refused_change_may_be_sent_again(api):
    """A key is used up by a change that was made, not by one that was refused or only tried."""
    assert 412 == api.answer("PATCH", body=[S3], If_Match='"x-1"', **KEY).status
    assert 200 == api.answer("PATCH", query="dryRun=true", body=[S3], **KEY).status
    assert [] == api.store.documents()

    assert 200 == api.answer("PATCH", body=[S3], **KEY).status
    assert [S3] == api.store.documents()


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb"])
def test_bad_keys(api, key):
    """A key that is none is refused by name."""
    status, document = api.ask("PATCH", body=[S3], Idempotency_Key=key)

    assert (400, "Idempotency-Key") == (status, document["error"]["path"])
    assert [] == api.store.documents()


def test_keys_are_bounded(api, monkeypatch):
    """The last keys are remembered."""
    monkeypatch.setattr(repeats, "MAX_KEYS", 2)
    for number in range(3):
        api.answer("PATCH", body=[S3], Idempotency_Key=str(number))

    assert "Idempotent-Replayed" in api.answer("PATCH", body=[S3], Idempotency_Key="1").headers
    assert "Idempotent-Replayed" not in api.answer("PATCH", body=[S3], Idempotency_Key="0").headers


def test_repetitions_at_once(api):
    """However many threads send a change at once, it is made once."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.answer("POST", body=[S3], **KEY), range(40)))

    assert 1 == sum("Idempotent-Replayed" not in answer.headers for answer in answers)
    assert 1 == api.store.revision
