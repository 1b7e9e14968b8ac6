"""Tells who makes a call, from LocalStack's own stores of temporary credentials and of access keys."""

import logging
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from localstack_outages.engine.call import Principal
from localstack_outages.hosts.warnings import Warnings

_WARNINGS = Warnings(logging.getLogger(__name__))


def principal_of(account: str, access_key: str | None) -> Principal | None:
    """Tell who makes a call, as ``sts.GetCallerIdentity`` of this LocalStack does.

    :param account: in which the call is made
    :param access_key: by which it is signed
    :return: the account's root for a key that nobody has; None where LocalStack keeps its keys
        elsewhere
    """
    with _WARNINGS.optional("tell who makes a call; rules with a 'principal' hit nothing"):
        found = None
        if access_key is not None:
            found = _session(account, access_key) or _user(account, access_key)
        return found or Principal(f"arn:aws:iam::{account}:root")
    return None


def was_assumed(role_arn: str) -> bool:
    """Whether somebody has assumed a role, so that calls with its credentials can be told."""
    with _WARNINGS.optional("tell which roles were assumed; FIS takes none to be"):
        account = role_arn.split(":")[4]
        return any(role_arn == session.role for session in _sessions(account))
    return False


def _sessions(account: str) -> Iterator[Principal]:
    models: Any = sys.modules.get("localstack.services.sts.models")
    if models is None:
        return
    if "credentials" in vars(models.STSStore):
        for store in list(_stores(models.sts_stores))[:1]:  # they are the same in all of them
            yield from [_known(held.arn) for held in list(store.credentials.values())]
        return
    moto: Any = sys.modules.get("moto.sts.models")
    if moto is not None:
        for role in list(moto.sts_backends[account]["aws"].assumed_roles):
            yield Principal(str(role.arn), str(role.role_arn))


def _session(account: str, access_key: str) -> Principal | None:
    """Find whose temporary credentials a key is of."""
    # LocalStack loads a service when it needs it. Before that there are no credentials.
    models: Any = sys.modules.get("localstack.services.sts.models")
    if models is None:
        return None
    if "credentials" not in vars(models.STSStore):  # LocalStack 4.8.1 leaves them to moto
        return _session_of_moto(account, access_key)
    for store in _stores(models.sts_stores):  # they are the same in the stores of all accounts
        credentials = store.credentials.get(access_key)
        return None if credentials is None else _known(credentials.arn)
    return None


def _known(arn: str) -> Principal:
    """Add the role to the ARN of temporary credentials."""
    _, partition, _, _, account, resource = arn.split(":", 5)
    kind, _, rest = resource.partition("/")
    if kind != "assumed-role":
        return Principal(arn)
    name = rest.partition("/")[0]
    models: Any = sys.modules.get("localstack.services.iam.models")
    roles = [] if models is None else [store.ROLES for store in _stores(models.iam_stores, account)]
    role = roles[0].get(name) if roles else None
    # A role need not exist to be assumed in LocalStack. Only one that does has a path.
    default = f"arn:{partition}:iam::{account}:role/{name}"
    return Principal(arn, default if role is None else str(role.role["Arn"]))


def _user(account: str, access_key: str) -> Principal | None:
    """Find the IAM user who has a key."""
    models: Any = sys.modules.get("localstack.services.iam.models")
    if models is None:  # LocalStack 4.8.1 leaves them to moto
        return _user_of_moto(account, access_key)
    for store in _stores(models.iam_stores, account):
        user = store.USERS.get(store.ACCESS_KEY_INDEX.get(access_key))
        return None if user is None else Principal(str(user.user["Arn"]))
    return None


def _stores(bundle: Mapping[str, Mapping[str, Any]], account: str | None = None) -> Iterator[Any]:
    """Give a store of each account, or of one; what is asked here is the same in all its regions."""
    names = list(bundle) if account is None else [account]
    for name in names:
        yield from list(bundle.get(name, {}).values())[:1]


def _session_of_moto(account: str, access_key: str) -> Principal | None:
    models: Any = sys.modules.get("moto.sts.models")
    if models is None:
        return None
    backend = models.sts_backends[account]["aws"]
    role = backend.get_assumed_role_from_access_key(access_key)
    return None if role is None else Principal(str(role.arn), str(role.role_arn))


def _user_of_moto(account: str, access_key: str) -> Principal | None:
    models: Any = sys.modules.get("moto.iam.models")
    if models is None:
        return None
    user = models.iam_backends[account]["aws"].get_user_from_access_key_id(access_key)
    return None if user is None else Principal(str(user.arn))
