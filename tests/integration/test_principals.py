"""Rules for the calls of one role or user, against a real LocalStack."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.config import Config

from .conftest import Outages
from .helpers import ONCE, OUT, outcome, unique, wait_until

pytestmark = pytest.mark.host("localstack", reason="the gateway does not know who calls")

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})

ACCOUNT = "000000000000"

MakeClient = Callable[..., BaseClient]

As = Callable[[dict[str, str]], BaseClient]


@pytest.fixture
def kms(endpoint: str) -> As:
    """A function that makes a client of KMS with certain credentials."""

    def make(credentials: dict[str, str]) -> BaseClient:
        return boto3.client(
            "kms",
            region_name="us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken"),
            config=Config(retries=ONCE),
        )

    return make


ROOT = {"AccessKeyId": "test", "SecretAccessKey": "test"}


@pytest.fixture
def assume(client: MakeClient) -> Callable[..., tuple[str, dict[str, str]]]:
    """A function that makes a role and assumes it; it gives the role's ARN and credentials."""

    def assume(name: str, session: str = "one", path: str = "/") -> tuple[str, dict[str, str]]:
        iam, sts = client("iam"), client("sts")
        role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Path=path)
        arn: str = role["Role"]["Arn"]
        answer = sts.assume_role(RoleArn=arn, RoleSessionName=session)
        return arn, answer["Credentials"]

    return assume


@pytest.fixture
def user(client: MakeClient) -> tuple[str, dict[str, str]]:
    """The ARN and the access key of an IAM user."""
    iam, name = client("iam"), unique("user")
    arn: str = iam.create_user(UserName=name, Path="/staff/")["User"]["Arn"]
    return arn, iam.create_access_key(UserName=name)["AccessKey"]


def caller(kms: BaseClient, outages: Outages) -> Any:
    """Make a call; give who made it, as the feed of calls tells."""
    request_id = kms.list_keys()["ResponseMetadata"]["RequestId"]

    def find() -> Any:
        _, page = outages.send("GET", path="/calls?limit=50")
        return [e for e in page["events"] if e["requestId"] == request_id]

    return wait_until(find)[0]["principal"]


def test_a_role_by_its_own_arn(outages: Outages, assume: Any, kms: As) -> None:
    """A rule for a role's ARN hits those who assumed that role, and nobody else."""
    payments, one = assume(unique("payments"), path="/teams/money/")
    _, other = assume(unique("reports"))
    outages.post([{"service": "kms", "principal": payments}])

    assert [OUT, "ok", "ok"] == [outcome(kms(who).list_keys) for who in (one, other, ROOT)]


def test_a_session_by_its_arn(outages: Outages, assume: Any, client: MakeClient, kms: As) -> None:
    """A rule for the ARN of a session hits that session alone."""
    name = unique("payments")
    role, first = assume(name, "first")
    second = client("sts").assume_role(RoleArn=role, RoleSessionName="second")["Credentials"]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/first"
    outages.post([{"service": "kms", "principal": arn}])

    assert [OUT, "ok"] == [outcome(kms(who).list_keys) for who in (first, second)]


def test_a_role_that_does_not_exist(outages: Outages, client: MakeClient, kms: As) -> None:
    """LocalStack lets roles be assumed that do not exist; a rule knows them as well."""
    role = f"arn:aws:iam::{ACCOUNT}:role/{unique('nobody')}"
    session = client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    outages.post([{"service": "kms", "principal": role}])

    assert [OUT, "ok"] == [outcome(kms(who).list_keys) for who in (session, ROOT)]


def test_a_user(outages: Outages, user: Any, assume: Any, kms: As) -> None:
    """A rule for a user's ARN hits the calls with that user's access key."""
    arn, key = user
    _, session = assume(unique("role"))
    outages.post([{"service": "kms", "principal": arn}])

    assert [OUT, "ok", "ok"] == [outcome(kms(who).list_keys) for who in (key, session, ROOT)]


def test_the_root_of_an_account(outages: Outages, user: Any, assume: Any, kms: As) -> None:
    """Any other key is that of its account's root."""
    _, session = assume(unique("role"))
    other = {**ROOT, "AccessKeyId": "111122223333"}
    outages.post([{"service": "kms", "principal": f"arn:aws:iam::{ACCOUNT}:root"}])

    callers = (ROOT, user[1], session, other)
    assert [OUT, "ok", "ok", "ok"] == [outcome(kms(who).list_keys) for who in callers]


def test_the_feed_names_who_called(outages: Outages, user: Any, assume: Any, kms: As) -> None:
    """Where a rule asks who calls, the feed tells it, by the ARN of GetCallerIdentity."""
    name = unique("payments")
    _, session = assume(name)
    before = caller(kms(ROOT), outages)
    outages.post([{"service": "kms", "principal": "*:role/nobody"}])

    assert before is None
    assert f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/one" == caller(kms(session), outages)
    assert user[0] == caller(kms(user[1]), outages)
    assert f"arn:aws:iam::{ACCOUNT}:root" == caller(kms(ROOT), outages)


def test_it_is_the_caller_that_sts_tells(outages: Outages, assume: Any, client: MakeClient) -> None:
    """The principal of a call is what GetCallerIdentity answers."""
    _, session = assume(unique("role"))
    sts = boto3.client(
        "sts",
        region_name="us-east-1",
        endpoint_url=client("sts").meta.endpoint_url,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
        config=Config(retries=ONCE),
    )
    arn = sts.get_caller_identity()["Arn"]
    outages.post([{"service": "sts", "principal": arn}])

    assert [OUT, "ok"] == [outcome(c.get_caller_identity) for c in (sts, client("sts"))]


def test_the_extension_knows_principals(outages: Outages) -> None:
    """In LocalStack a rule with a principal is not warned of, unless no ARN can match it."""
    outages.post([{"principal": "*:role/payments"}, {"principal": "role/payments"}])
    warnings = [[w["code"] for w in rule["warnings"]] for rule in outages.status()[1]["rules"]]
    outages.post([])

    assert [[], ["UnknownPrincipal"]] == warnings
