"""Applications that use AWS through libraries with retries of their own.

Run as ``python libraries.py NAME ENDPOINT ACCOUNT ATTEMPTS BUCKET``; celery takes a queue for the
bucket. Each prints a JSON object: how it
ended, and the invocation id of each request in botocore's own log.
"""

import asyncio
import io
import json
import logging
import re
import sys
from collections.abc import Callable
from typing import Any

requests: list[str] = []
"""The invocation ids, in the order of the requests."""


class Log(logging.Handler):
    """Reads the requests out of botocore's log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Take note of a line."""
        text = record.getMessage()
        found = re.search(r"amz-sdk-invocation-id': b?'([^']+)'", text)
        if text.startswith("Sending http request") and found:
            requests.append(found[1])


def _retries(attempts: int) -> dict[str, Any]:
    return {"mode": "standard", "total_max_attempts": attempts}


def _access(endpoint: str, account: str) -> dict[str, Any]:
    return {
        "region_name": "us-east-1",
        "endpoint_url": endpoint,
        "aws_access_key_id": account,
        "aws_secret_access_key": "test",
    }


def smart_open_read(endpoint: str, account: str, attempts: int, bucket: str) -> None:
    """Read an object, which goes on by a range request where it breaks off."""
    import boto3
    import smart_open
    from botocore.config import Config

    client = boto3.client(
        "s3", **_access(endpoint, account), config=Config(retries=_retries(attempts))
    )
    with smart_open.open(f"s3://{bucket}/k", "rb", transport_params={"client": client}) as file:
        assert len(file.read()) == 200_000


def s3fs_read(endpoint: str, account: str, attempts: int, bucket: str) -> None:
    """Read an object; s3fs reads it again where it breaks off."""
    import s3fs

    files = s3fs.S3FileSystem(
        key=account,
        secret="test",  # no secret
        endpoint_url=endpoint,
        client_kwargs={"region_name": "us-east-1"},
        config_kwargs={"retries": _retries(attempts)},
    )
    with files.open(f"{bucket}/k", "rb") as file:
        assert len(file.read()) == 200_000


def aiobotocore_loop(endpoint: str, account: str, attempts: int, _bucket: str) -> None:
    """List queues until that works, with a pause."""
    from aiobotocore.config import AioConfig
    from aiobotocore.session import get_session
    from botocore.exceptions import ClientError

    async def run() -> None:
        config = AioConfig(retries=_retries(attempts))
        async with get_session().create_client(
            "sqs", **_access(endpoint, account), config=config
        ) as sqs:
            for number in range(10):
                try:
                    await sqs.list_queues()
                except ClientError:
                    await asyncio.sleep(0.1 * 2**number)
                else:
                    return
            raise RuntimeError("never worked")

    asyncio.run(run())


def awswrangler_read(endpoint: str, account: str, attempts: int, bucket: str) -> None:
    """Read a data frame."""
    import awswrangler
    import boto3
    from botocore.config import Config

    awswrangler.config.s3_endpoint_url = endpoint
    awswrangler.config.botocore_config = Config(retries=_retries(attempts))
    access = _access(endpoint, account)
    del access["endpoint_url"]
    frame = awswrangler.s3.read_csv(f"s3://{bucket}/k", boto3_session=boto3.Session(**access))
    assert len(frame) > 0


def celery_worker(endpoint: str, account: str, attempts: int, queue: str) -> None:
    """Work off a queue of one task, which ends the worker, unless that dies or goes deaf before."""
    import threading

    import celery
    from celery.worker import state

    host = endpoint.removeprefix("http://")
    app = celery.Celery("application", broker=f"sqs://{account}:test@{host}")
    app.conf.broker_transport_options = {
        "region": "us-east-1",
        "is_secure": False,
        "wait_time_seconds": 1,
        "polling_interval": 0.2,
        "client-config": {"retries": _retries(attempts)},
    }
    app.conf.task_default_queue = queue
    app.conf.worker_hijack_root_logger = False

    done: list[bool] = []

    @app.task(name="application.last")  # type: ignore[untyped-decorator]
    def last() -> None:
        done.append(True)
        state.should_stop = 0  # the worker's loop looks at it, and ends with this exit code

    last.delay()
    worker = app.Worker(pool="solo", loglevel="CRITICAL", quiet=True)
    stop = threading.Timer(20, worker.stop)
    stop.start()
    worker.start()
    stop.cancel()
    if not done:
        raise RuntimeError("the worker died" if worker.exitcode else "the worker went deaf")


APPLICATIONS: dict[str, Callable[[str, str, int, str], None]] = {
    "smart_open": smart_open_read,
    "s3fs": s3fs_read,
    "aiobotocore": aiobotocore_loop,
    "awswrangler": awswrangler_read,
    "celery": celery_worker,
}


def main(name: str, endpoint: str, account: str, attempts: str, bucket: str) -> None:
    """Run an application, and say how it went."""
    logger = logging.getLogger()
    logger.addHandler(Log())
    logging.getLogger("botocore").setLevel(logging.DEBUG)
    logging.getLogger("aiobotocore").setLevel(logging.DEBUG)
    ending, output = "ok", sys.stdout
    sys.stdout = io.StringIO()
    try:
        APPLICATIONS[name](endpoint, account, int(attempts), bucket)
    except (Exception, SystemExit) as e:  # noqa: BLE001 - whatever it dies of is told
        ending = f"{type(e).__name__}: {e}"
    json.dump({"ending": ending, "requests": requests}, output)


if __name__ == "__main__":
    main(*sys.argv[1:])
