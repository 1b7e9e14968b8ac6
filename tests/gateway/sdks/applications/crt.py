"""Calls of the S3 client of the AWS Common Runtime, side by side, each with a client of its own."""

import json
import re
import sys
from typing import Any

from awscrt.auth import AwsCredentialsProvider
from awscrt.exceptions import AwsCrtError
from awscrt.http import HttpHeaders, HttpRequest
from awscrt.s3 import (
    S3Client,
    S3Request,
    S3RequestTlsMode,
    S3RequestType,
    create_default_s3_signing_config,
)

REGION = "us-east-1"


def begin(cell: dict[str, Any], host: str) -> S3Request:
    """Make a call."""
    credentials = AwsCredentialsProvider.new_static(cell["account"], "test")
    client = S3Client(
        region=REGION,
        tls_mode=S3RequestTlsMode.DISABLED,
        signing_config=create_default_s3_signing_config(
            region=REGION, credential_provider=credentials
        ),
    )
    operation = cell["operation"]
    method = "HEAD" if operation == "HeadBucket" else "GET"
    path = "/" + "/".join(cell["parameters"].values())
    return client.make_request(
        type=S3RequestType.GET_OBJECT if operation == "GetObject" else S3RequestType.DEFAULT,
        operation_name=operation,
        request=HttpRequest(method, path, HttpHeaders([("Host", host)])),
    )


def told(request: S3Request) -> dict[str, Any]:
    """Say what came of a call."""
    try:
        request.finished_future.result()
    except AwsCrtError as e:
        body = (getattr(e, "body", None) or b"").decode()
        code = re.search("<Code>(.*)</Code>", body)
        return {"error": code[1] if code else e.name.removeprefix("AWS_").removeprefix("ERROR_S3_")}
    return {}


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    host = asked["endpoint"].removeprefix("http://")
    requests = [begin(cell, host) for cell in asked["cells"]]
    json.dump([told(request) for request in requests], sys.stdout)
