"""Who makes a call, where LocalStack keeps its keys elsewhere than the releases that are known."""

import importlib
import logging
import sys
import types

import pytest

from localstack_outages.engine.call import Principal
from localstack_outages.hosts.localstack import principals
from localstack_outages.hosts.localstack.principals import principal_of
from localstack_outages.hosts.warnings import Warnings

ACCOUNT = "000000000000"
ROOT = Principal(f"arn:aws:iam::{ACCOUNT}:root")


@pytest.fixture(autouse=True)
def new_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has been warned of before a test."""
    monkeypatch.setattr(principals, "_WARNINGS", Warnings(logging.getLogger(principals.__name__)))


@pytest.mark.parametrize("key", [None, "test", "111122223333", "ASIAQAAAAAAAAAAAAAAA"])
def test_nobody_has_the_key(monkeypatch: pytest.MonkeyPatch, caplog, key) -> None:
    """A key that nobody has, before anybody has used STS or IAM, is that of the account's root."""
    for service in ("sts", "iam"):
        monkeypatch.delitem(sys.modules, f"localstack.services.{service}.models", raising=False)
        monkeypatch.delitem(sys.modules, f"moto.{service}.models", raising=False)

    assert ROOT == principal_of(ACCOUNT, key)
    assert [] == caplog.records


@pytest.mark.parametrize("lacking", ["STSStore", "sts_stores"])
def test_a_store_with_another_name(monkeypatch: pytest.MonkeyPatch, caplog, lacking) -> None:
    """Where LocalStack's store has another name nobody is known, and one warning says so."""
    models = importlib.import_module("localstack.services.sts.models")
    if "credentials" not in vars(models.STSStore) and lacking == "sts_stores":
        pytest.skip("this LocalStack leaves sessions to moto")
    names = {name: value for name, value in vars(models).items() if name != lacking}
    other = types.ModuleType(models.__name__)
    other.__dict__.update(names)
    monkeypatch.setitem(sys.modules, models.__name__, other)

    assert [None, None] == [principal_of(ACCOUNT, "ASIA") for _ in range(2)]
    (record,) = caplog.records
    assert record.getMessage().startswith(
        "Outages cannot tell who makes a call; rules with a 'principal' hit nothing: "
    )
