"""The control API is as its own description says, under random requests made from it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)

WORKERS = "4" if sys.version_info >= (3, 12) else "1"
"""Several threads that parse code are more than Python 3.11 takes: "AST constructor recursion depth
mismatch" (python/cpython#106905).
"""


def test_every_route_is_described(endpoint: str) -> None:
    """The description has each route with each method, and no other."""
    document = requests.get(f"{endpoint}/_extension/outages/openapi.json", timeout=10).json()
    for path, methods in document["paths"].items():
        url = f"{endpoint}/_extension/outages{path}"
        refusal = requests.request("PROPFIND", url, timeout=10)  # which no route takes
        allowed = {method.strip().lower() for method in refusal.headers["Allow"].split(",")}
        assert allowed == set(methods)


def shorten(document: dict[str, Any]) -> None:
    """Keep the parameters together below 16 KiB, over which Twisted drops a request by itself."""
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                schema = parameter["schema"]
                for part in (schema, *schema.get("anyOf", ())):
                    if "maxLength" in part:
                        part["maxLength"] = min(part["maxLength"], 100)


@pytest.mark.skipif(not SCHEMATHESIS.exists(), reason="schemathesis, of the extra dev, is not here")
@pytest.mark.timeout(660)
def test_random_requests_are_answered_as_described(endpoint: str, tmp_path: Path) -> None:
    """Whatever is sent, valid or not, is answered with a status and a body that are described."""
    root = f"{endpoint}/_extension/outages"
    document = requests.get(f"{root}/openapi.json", timeout=10).json()
    for path in ("/outages/events", "/outages/calls", "/outages/verdicts"):
        parameters = document["paths"][path]["get"]["parameters"]
        parameters[:] = [p for p in parameters if p["name"] != "wait"]  # it would only take long
    shorten(document)
    description = tmp_path / "openapi.json"
    description.write_text(json.dumps(document))
    done = subprocess.run(
        [
            *(SCHEMATHESIS, "run", description, "--url", root),
            *("--checks", ",".join(CHECKS), "--max-examples", "25", "--seed", "1"),
            *("--phases", "examples,coverage,fuzzing", "--no-color", "--workers", WORKERS),
        ],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=tmp_path,
        check=False,
    )

    assert 0 == done.returncode, done.stdout[-8000:] + done.stderr


@pytest.mark.host("localstack", reason="its own page")
def test_localstacks_own_document_has_it(endpoint: str) -> None:
    """LocalStack's Swagger page shows the control API: its document has each route and schema."""
    ours = requests.get(f"{endpoint}/_extension/outages/openapi.json", timeout=10).json()
    whole = yaml.safe_load(requests.get(f"{endpoint}/openapi.yaml", timeout=10).text)

    assert {f"/_extension/outages{path}" for path in ours["paths"]} <= set(whole["paths"])
    assert "/_localstack/health" in whole["paths"]
    references = set(re.findall(r"#/components/schemas/(Outages\w+)", json.dumps(whole)))
    assert references
    assert references <= set(whole["components"]["schemas"])


def test_localstack_validates_with_it(start_localstack) -> None:
    """A LocalStack that checks requests against all documents starts, and works."""
    localstack = start_localstack(OPENAPI_VALIDATE_REQUEST="1", OPENAPI_VALIDATE_RESPONSE="1")
    try:
        health = requests.get(f"{localstack.endpoint}/_localstack/health", timeout=10)
        faults = requests.post(
            f"{localstack.endpoint}/_localstack/chaos/faults", json=[{}], timeout=10
        )
    finally:
        localstack.stop()

    assert (200, 200) == (health.status_code, faults.status_code)
    assert [{}] == faults.json()
