"""Calls of the AWS SDK for C++, as Apache Arrow's Python package brings it, side by side."""

import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyarrow import fs

SAID = re.compile(r"AWS Error (.+?) during (\w+) operation: (.*)", re.DOTALL)


def call(cell: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Make a call."""
    files = fs.S3FileSystem(
        access_key=cell["account"],
        secret_key="test",  # no secret
        region="us-east-1",
        endpoint_override=asked["endpoint"],
        request_timeout=cell["timeout"] or 60,
    )
    try:
        if cell["operation"] == "ListBuckets":
            files.get_file_info(fs.FileSelector(""))
        elif cell["operation"] == "HeadBucket":
            files.get_file_info(cell["parameters"]["Bucket"])
        else:
            path = "/".join(cell["parameters"].values())
            with files.open_input_file(path) as file:
                file.read()
    except OSError as e:
        found = SAID.search(str(e))
        return {"error": found[1], "message": found[3]} if found else {"error": str(e)}
    return {}


def main() -> None:
    """Make the calls."""
    asked = json.load(sys.stdin)
    with ThreadPoolExecutor(len(asked["cells"])) as pool:
        json.dump(list(pool.map(lambda cell: call(cell, asked), asked["cells"])), sys.stdout)


if __name__ == "__main__":
    main()
