"""Gateways, what stands behind and before them, as processes of their own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

COMMAND = (sys.executable, "-m", "localstack_outages.hosts.gateway")
READY = re.compile(r"(https?://\S+) is ready")


@contextmanager
def gateway(*arguments: str, env: dict[str, str] | None = None) -> Iterator[str]:
    """Start a gateway, and give its URL."""
    with gateway_and_log(*arguments, env=env) as (url, log):
        # One that logs thousands of faults would wait for somebody to read them.
        threading.Thread(target=_drain, args=(log,), daemon=True).start()
        yield url


def _drain(log: IO[str]) -> None:
    with suppress(ValueError):  # it is closed
        for _ in log:
            pass


@contextmanager
def gateway_and_log(
    *arguments: str, env: dict[str, str] | None = None
) -> Iterator[tuple[str, IO[str]]]:
    """Start a gateway, and give its URL and what it says once it is ready."""
    process = subprocess.Popen(
        [*COMMAND, "--listen", "127.0.0.1:0", *arguments],
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    assert process.stderr is not None
    try:
        said = []
        for line in process.stderr:
            said.append(line)
            if found := READY.search(line):
                break
        else:
            raise AssertionError("".join(said))
        yield found[1], process.stderr
    finally:
        process.terminate()
        process.stderr.close()
        assert 0 == process.wait(20)


_MOTO = """
import os, sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
os._exit(0)
"""


@contextmanager
def moto(environ: dict[str, str]) -> Iterator[str]:
    """Start moto with some settings, and give its URL."""
    with subprocess.Popen(
        [sys.executable, "-c", _MOTO],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **environ},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.stdin.close()


_ALL = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
)


@contextmanager
def moto_that_checks() -> Iterator[tuple[str, dict[str, str]]]:
    """Start a moto that checks signatures. Give its URL, and the keys of a user who may do all, as a client
    of boto3 takes them.
    """
    import boto3

    with moto({"INITIAL_NO_AUTH_ACTION_COUNT": "3"}) as url:
        iam = boto3.client(
            "iam", "us-east-1", endpoint_url=url, aws_access_key_id="a", aws_secret_access_key="b"
        )
        iam.create_user(UserName="user")
        key = iam.create_access_key(UserName="user")["AccessKey"]
        iam.put_user_policy(UserName="user", PolicyName="all", PolicyDocument=_ALL)
        yield (
            url,
            {
                "aws_access_key_id": key["AccessKeyId"],
                "aws_secret_access_key": key["SecretAccessKey"],
            },
        )


EMULATORS: dict[str, tuple[str, ...]] = {
    "roto-server": ("--port={port}", "--ephemeral"),
    "ministack": (),
    "localemu": ("start", "--host", "127.0.0.1", "--port", "{port}"),
    "localstack-supervisor": (),
}
"""Commands that start one, with their arguments. They listen at the port of ``GATEWAY_PORT`` or of
``GATEWAY_LISTEN``, or as their arguments say."""

_SECONDS = 90
"""So long an emulator may take to start."""


@contextmanager
def emulator(command: str) -> Iterator[str]:
    """Start an emulator, and give its URL; skip the test where it is not installed.

    Some go into no environment with others.
    """
    path = installed(command)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    at = {"GATEWAY_PORT": str(port), "GATEWAY_LISTEN": f"127.0.0.1:{port}"}
    own = {
        "PATH": f"{Path(path).parent}{os.pathsep}{os.environ['PATH']}",
        "OVERRIDE_IN_DOCKER": "0",
    }
    with subprocess.Popen(
        [path, *(argument.format(port=port) for argument in EMULATORS[command])],
        env={**os.environ, **at, **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + _SECONDS
            while not _answers(url):
                assert time.monotonic() < deadline, f"{command} does not start"
                assert process.poll() is None, f"{command} has ended"
                time.sleep(0.1)
            yield url
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


@contextmanager
def envoy(config: dict[str, Any]) -> Iterator[str]:
    """Start an Envoy, and give the URL of its first listener; skip the test where it is not installed.

    :param config: its bootstrap; its listener gets a free port
    """
    path = installed("envoy")
    address = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    listener, *others = config["static_resources"]["listeners"]
    listeners = [{**listener, "address": address}, *others]
    resources = {**config["static_resources"], "listeners": listeners}
    bootstrap = {**config, "static_resources": resources, "admin": {"address": address}}
    with (
        TemporaryDirectory() as folder,
        subprocess.Popen(
            [
                path, "--config-yaml", json.dumps(bootstrap), "--disable-hot-restart", "--concurrency", "1",
                "--log-level", "error", "--admin-address-path", f"{folder}/admin",
            ],
        ) as process,
    ):  # fmt: skip
        try:
            yield _first_listener(Path(folder, "admin"), process)
        finally:
            process.kill()


def _first_listener(admin: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + _SECONDS
    while True:
        assert time.monotonic() < deadline, "envoy does not start"
        assert process.poll() is None, "envoy has ended"
        with (
            suppress(OSError, LookupError),
            urlopen(f"http://{admin.read_text()}/listeners?format=json", timeout=5) as answer,
        ):
            (first, *_) = json.load(answer)["listener_statuses"]
            port = first["local_address"]["socket_address"]["port_value"]
            socket.create_connection(("127.0.0.1", port), 5).close()
            return f"http://127.0.0.1:{port}"
        time.sleep(0.02)


def installed(command: str) -> str:
    """Find a command beside this Python, or on the ``PATH``; skip the test where there is none."""
    beside = Path(sys.prefix, "bin")
    path = shutil.which(command, path=f"{beside}{os.pathsep}{os.environ.get('PATH', '')}")
    if path is None:
        pytest.skip(f"{command} is not installed")
    return path


def _answers(url: str) -> bool:
    try:
        urlopen(url, timeout=5).close()
    except HTTPError:  # an answer too
        return True
    except OSError:
        return False
    return True
