"""Calls of the AWS CLI, each in a process of its own, forked from one that has loaded it already."""

import json
import os
import re
import sys
import tempfile
from typing import Any

from awscli.clidriver import create_clidriver

COMMANDS = {
    "GetCallerIdentity": "sts get-caller-identity",
    "DescribeRegions": "ec2 describe-regions",
    "ListTables": "dynamodb list-tables",
    "ListQueues": "sqs list-queues",
    "ListKeys": "kms list-keys",
    "Invoke": "lambda invoke",
    "ListMetrics": "cloudwatch list-metrics",
    "ListBuckets": "s3api list-buckets",
    "HeadBucket": "s3api head-bucket",
    "GetObject": "s3api get-object",
}
SAID = re.compile(
    r"An error occurred \((.+?)\) when calling the \w+ operation(?: \(.*?\))?: (.*)", re.DOTALL
)


def command(cell: dict[str, Any], asked: dict[str, Any]) -> list[str]:
    """Give the arguments for a cell."""
    words = COMMANDS[cell["operation"]].split()
    for name, value in cell["parameters"].items():
        words += [re.sub("([A-Z])", r"-\1", name).lower().replace("-", "--", 1), value]
    if cell["operation"] in ("GetObject", "Invoke"):
        words.append(os.devnull)
    at = ["--endpoint-url", asked["endpoint"], "--region", "us-east-1"]
    return [*words, *at, "--cli-read-timeout", str(cell["timeout"] or 60)]


def fork(driver: Any, arguments: list[str], account: str, output: int) -> int:
    """Run a command in a child; give its process id."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(output, 2)
        os.environ.update(AWS_ACCESS_KEY_ID=account, AWS_SECRET_ACCESS_KEY="test")
        status = driver.main(arguments)
        sys.stderr.flush()
    finally:
        os._exit(status)


def main() -> None:
    """Make the calls side by side."""
    asked = json.load(sys.stdin)
    driver = create_clidriver()
    for words in COMMANDS.values():
        driver.session.get_service_model(words.split()[0].removesuffix("api"))
    children = []
    for cell in asked["cells"]:
        errors = tempfile.TemporaryFile()  # noqa: SIM115 - read when the child has ended
        children.append(
            (fork(driver, command(cell, asked), cell["account"], errors.fileno()), errors)
        )
    told = []
    for child, errors in children:
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        errors.seek(0)
        text = errors.read().decode().strip()
        found = SAID.search(text)
        if found:
            told.append({"error": found[1], "message": found[2]})
        else:
            first = text.splitlines()[0] if text else f"exit {status}"
            told.append({"error": re.split(r" on |:| before | \(", first)[0]} if status else {})
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
