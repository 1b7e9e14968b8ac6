"""Listings whose pages come empty or short, for both hosts: of JSON, Query, REST-XML and REST-JSON."""

import json
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from botocore.client import BaseClient

Clients = Callable[[str], BaseClient]
NAMES = "abcde"


class Listing(NamedTuple):
    """A listing of five items."""

    service: str
    operation: str
    pages: Callable[[int], list[list[str]]]
    """Lists in pages of so many items; gives the items of each."""


def _unique() -> str:
    return f"l{uuid.uuid4().hex[:8]}"


def _pages(
    client: BaseClient, method: str, items: str, name: str, **parameters: Any
) -> Callable[[int], list[list[str]]]:
    def pages(size: int) -> list[list[str]]:
        paginator = client.get_paginator(method)
        return [
            [item if isinstance(item, str) else item[name] for item in page.get(items) or ()]
            for page in paginator.paginate(**parameters, PaginationConfig={"PageSize": size})
        ]

    return pages


def s3(clients: Clients) -> Listing:
    """S3 ListObjectsV2: REST-XML, the limit in the query."""
    client, bucket = clients("s3"), _unique()
    client.create_bucket(Bucket=bucket)
    for name in NAMES:
        client.put_object(Bucket=bucket, Key=name)
    pages = _pages(client, "list_objects_v2", "Contents", "Key", Bucket=bucket)
    return Listing("s3", "ListObjectsV2", pages)


def iam(clients: Clients) -> Listing:
    """IAM ListPolicies: Query."""
    client, prefix = clients("iam"), f"/{_unique()}/"
    allowed = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    for name in NAMES:
        client.create_policy(PolicyName=f"{prefix[1:-1]}{name}", Path=prefix, PolicyDocument=policy)
    pages = _pages(client, "list_policies", "Policies", "PolicyName", PathPrefix=prefix)
    return Listing("iam", "ListPolicies", pages)


def ssm(clients: Clients) -> Listing:
    """SSM GetParametersByPath: JSON."""
    client, prefix = clients("ssm"), f"/{_unique()}"
    for name in NAMES:
        client.put_parameter(Name=f"{prefix}/{name}", Value="v", Type="String")
    pages = _pages(client, "get_parameters_by_path", "Parameters", "Name", Path=prefix)
    return Listing("ssm", "GetParametersByPath", pages)


LISTINGS = {"s3": s3, "iam": iam, "ssm": ssm}


def play(name: str, clients: Clients, post: Callable[[list[Any]], Any]) -> None:
    """A page comes empty, and then all come short; a client that goes by the token gets the others."""
    listing = LISTINGS[name](clients)
    whole = listing.pages(2)
    rule = {"service": listing.service, "operation": listing.operation}
    post([{**rule, "listing": "empty", "page": 2}])
    with_an_empty_one = listing.pages(2)
    post([{**rule, "listing": "short"}])
    short = listing.pages(4)
    post([])

    assert [2, 2, 1] == [len(page) for page in whole]
    assert [whole[0], [], whole[2]] == with_an_empty_one
    assert [item for page in whole for item in page] == [item for page in short for item in page]
    assert [2, 2, 1] == [len(page) for page in short]


def play_the_last(name: str, clients: Clients, post: Callable[[list[Any]], Any]) -> None:
    """The last page, which has no token, stays as it is."""
    listing = LISTINGS[name](clients)
    post([{"service": listing.service, "operation": listing.operation, "listing": "empty"}])

    assert 5 == len(listing.pages(10)[0])
    post([])
