"""Calls of boto3 or aiobotocore: ``python boto.py boto3|aiobotocore``. See ``matrix.py`` beside this folder."""

import asyncio
import json
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

OPERATIONS = {
    "GetCallerIdentity": ("sts", "get_caller_identity"),
    "DescribeRegions": ("ec2", "describe_regions"),
    "ListTables": ("dynamodb", "list_tables"),
    "ListQueues": ("sqs", "list_queues"),
    "ListKeys": ("kms", "list_keys"),
    "Invoke": ("lambda", "invoke"),
    "ListMetrics": ("cloudwatch", "list_metrics"),
    "ListBuckets": ("s3", "list_buckets"),
    "HeadBucket": ("s3", "head_bucket"),
    "GetObject": ("s3", "get_object"),
}


def told(error: BaseException | None) -> dict[str, Any]:
    """Say what a call raised."""
    if isinstance(error, ClientError):
        said = error.response["Error"]
        return {
            "error": said["Code"],
            "message": said.get("Message", ""),
            "class": type(error).__name__,
        }
    return {"error": type(error).__name__} if error else {}


def options(cell: dict[str, Any], endpoint: str) -> dict[str, Any]:
    """Give how a client for a cell is made, but for its time-out."""
    return {
        "service_name": OPERATIONS[cell["operation"]][0],
        "region_name": "us-east-1",
        "endpoint_url": endpoint,
        "aws_access_key_id": cell["account"],
        "aws_secret_access_key": "test",
    }


def with_boto3(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the calls side by side, each with a client of its own."""
    import boto3
    from botocore.config import Config

    session = boto3.Session()
    clients = [
        session.client(
            **options(cell, asked["endpoint"]), config=Config(read_timeout=cell["timeout"] or 60)
        )
        for cell in asked["cells"]
    ]

    def call(cell: dict[str, Any], client: Any) -> dict[str, Any]:
        try:
            answer = getattr(client, OPERATIONS[cell["operation"]][1])(**cell["parameters"])
            if "Body" in answer:
                answer["Body"].read()
        except (ClientError, BotoCoreError, ResponseParserError) as e:
            return told(e)
        return told(None)

    with ThreadPoolExecutor(len(clients)) as pool:
        return list(pool.map(call, asked["cells"], clients))


def with_aiobotocore(asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Make the calls side by side, each with a client of its own."""
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session
    from aiohttp import ClientError as HttpError

    session = get_session()

    async def call(cell: dict[str, Any]) -> dict[str, Any]:
        config = AioConfig(read_timeout=cell["timeout"] or 60)
        async with session.create_client(
            **options(cell, asked["endpoint"]), config=config
        ) as client:
            try:
                answer = await getattr(client, OPERATIONS[cell["operation"]][1])(
                    **cell["parameters"]
                )
                if "Body" in answer:
                    async with answer["Body"] as body:
                        await body.read()
            except (ClientError, BotoCoreError, ResponseParserError, HttpError) as e:
                return told(e)
            return told(None)

    async def run() -> list[dict[str, Any]]:
        return await asyncio.gather(*map(call, asked["cells"]))

    return asyncio.run(run())


WAYS: dict[str, Callable[[dict[str, Any]], list[dict[str, Any]]]] = {
    "boto3": with_boto3,
    "aiobotocore": with_aiobotocore,
}

if __name__ == "__main__":
    json.dump(WAYS[sys.argv[1]](json.load(sys.stdin)), sys.stdout)
