"""The SDKs that are installed here, and how many attempts their makers say that they make."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.javascript_sdk import JAVASCRIPT_VERSION, javascript_sdk

APPLICATIONS = Path(__file__).parent / "applications"
LIBRARIES_PYTHON = os.environ.get("LIBRARIES_PYTHON", "")
"""The Python that has what ``constraints/libraries.txt`` names: see the Makefile."""
DEBIAN_PYTHON = "/usr/bin/python3"
"""What Debian's awscli is for."""
GO_PATH = Path("/usr/share/gocode")
"""Where Debian puts packages for Go."""
_BUILT = Path(__file__).parents[3] / ".console" / "sdk-go"
_S3 = frozenset(("list", "head", "get"))
_MOST = _S3 | {"query", "dynamodb", "sqs", "kms", "lambda"}


@dataclass(frozen=True)
class Sdk:
    """An SDK that is here."""

    name: str
    version: str
    command: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """An SDK that may be here."""

    title: str
    find: Callable[[str], Sdk | None]
    attempts: int
    """How often its defaults try a call in all."""
    dynamodb: int
    """The same for DynamoDB; 0 where its application does not call it."""
    rows: frozenset[str] = _MOST | {"ec2"}
    """What its application can call."""
    has_own_words: bool = False
    """Whether it tells some errors in words of its own."""
    is_pinned: bool = False
    """Whether the project says which version; others are those of the machine's distribution."""


def _python(python: str, versions: str, *command: str) -> Callable[[str], Sdk | None]:
    """Give what finds an SDK for Python.

    :param versions: an expression for its version
    :param command: application and arguments
    """

    def find(name: str) -> Sdk | None:
        version = _said(python, "-c", f"from importlib.metadata import version; print({versions})")
        script, *arguments = command
        path = str(APPLICATIONS / script)
        return Sdk(name, version, (python, path, *arguments)) if version else None

    return find


def _javascript(name: str) -> Sdk | None:
    folder = javascript_sdk()
    if isinstance(folder, str):
        return None
    script = shutil.copy(APPLICATIONS / "javascript.mjs", folder)  # beside what it imports
    return Sdk(name, JAVASCRIPT_VERSION, ("node", "--no-warnings", script))


def _go(name: str) -> Sdk | None:
    if not (GO_PATH / "src/github.com/aws/aws-sdk-go-v2").is_dir() or shutil.which("go") is None:
        return None
    env = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOFLAGS": ""}
    _BUILT.parent.mkdir(exist_ok=True)
    build = ["go", "build", "-o", str(_BUILT), "."]
    done = subprocess.run(
        build, cwd=APPLICATIONS / "go", env=env, capture_output=True, check=False, timeout=240
    )
    version = "" if done.returncode else _said(str(_BUILT), "--version")
    return Sdk(name, version, (str(_BUILT),)) if version else None


def _ruby(name: str) -> Sdk | None:
    gems = 'require "aws-sdk-kms"; require "aws-sdk-s3"; puts Aws::CORE_GEM_VERSION'
    version = _said("ruby", "-e", gems)
    script = str(APPLICATIONS / "ruby.rb")
    return Sdk(name, version, ("ruby", script)) if version else None


def _java(name: str) -> Sdk | None:
    jars = _said(LIBRARIES_PYTHON, "-c", "import amazon_kclpy.jars as it; print(*it.__path__)")
    if not jars or shutil.which("javac") is None:
        return None
    # Without an implementation of logging, which would write to the standard output.
    paths = [str(jar) for jar in Path(jars).glob("*.jar") if not jar.name.startswith("logback")]
    (core,) = Path(jars).glob("sdk-core-*.jar")
    version = core.stem.removeprefix("sdk-core-")
    script = str(APPLICATIONS / "Calls.java")
    return Sdk(name, version, ("java", "-cp", os.pathsep.join(paths), script))


def _rust(name: str) -> Sdk | None:
    command = shutil.which("cargo-lambda")
    version = _said(command, "lambda", "--version") if command else ""
    if command is None or not version:
        return None
    script = str(APPLICATIONS / "cargo_lambda.py")
    return Sdk(name, version.split()[1], (sys.executable, script, command))


def _said(*command: str) -> str:
    """Give what a command prints; nothing where it fails, or is not here."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


# Sources for the attempts: the retry behaviour page of the AWS SDKs and Tools Reference Guide, and
# botocore 1.44's retries/standard.py (3, DynamoDB 4), which JavaScript's follows; botocore's
# data/_retry.json for its mode "legacy" (5, DynamoDB 10), which is the default of botocore 1.43 and of
# AWS CLI v1; the AWS CLI user guide, "retries" (v2: 3); aws/retry/standard.go of the SDK for Go
# (DefaultMaxAttempts 3); plugins/retry_errors.rb of the one for Ruby (retry_limit 3, so 4 in all);
# pyarrow.fs.AwsStandardS3RetryStrategy (max_attempts 3); the CRT's standard retry strategy, of aws-c-io
# (max_retries 5, so 6 in all).
_AWSCLI = "version('awscli')"
KINDS = {
    "boto3": Kind(
        "boto3",
        _python(sys.executable, "version('boto3')", "boto.py", "boto3"),
        3, 4, is_pinned=True,
    ),
    "aiobotocore": Kind(
        "aiobotocore",
        _python(LIBRARIES_PYTHON, "version('aiobotocore')", "boto.py", "aiobotocore"),
        5, 10, is_pinned=True,
    ),
    "cli1": Kind("AWS CLI v1", _python(sys.executable, _AWSCLI, "cli.py"), 5, 10, is_pinned=True),
    "javascript": Kind(
        "JavaScript v3", _javascript, 3, 4, _MOST | {"ec2", "cbor"}, is_pinned=True
    ),
    "cpp": Kind(
        "C++, in pyarrow",
        _python(LIBRARIES_PYTHON, "version('pyarrow')", "arrow.py"),
        3, 0, _S3, is_pinned=True,
    ),
    "crt": Kind(
        "S3 client of the CRT, awscrt",
        _python(LIBRARIES_PYTHON, "version('awscrt')", "crt.py"),
        6, 0, _S3, has_own_words=True, is_pinned=True,
    ),
    "java": Kind(
        "Java 2.x", _java, 4, 9, frozenset(("query", "dynamodb", "kinesis")), is_pinned=True
    ),
    "cli2": Kind("AWS CLI v2", _python(DEBIAN_PYTHON, _AWSCLI, "cli.py"), 3, 3),
    "go": Kind("Go v2", _go, 3, 3, _MOST),
    "ruby": Kind("Ruby v3", _ruby, 4, 0, _S3 | {"query", "kms"}),
    "rust": Kind("Rust, in cargo-lambda", _rust, 3, 0, frozenset(("lambda",))),
}  # fmt: skip


def installed() -> list[Sdk]:
    """Find the SDKs that are here."""
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda name: KINDS[name].find(name), KINDS))
    return [sdk for sdk in found if sdk is not None]
