"""An outage reaches clients of every wire protocol as an error that they can read."""

import importlib
from typing import Any

import cbor2
import pytest
import requests

from .helpers import ONCE, OUT, failure, outage, outcome, signed

CALLS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("query", "sts", "get_caller_identity", {}),
    ("query", "iam", "list_users", {}),
    ("query", "cloudformation", "list_stacks", {}),
    ("query", "sns", "list_topics", {}),
    ("query", "ses", "list_identities", {}),
    ("query", "redshift", "describe_clusters", {}),
    ("ec2", "ec2", "describe_vpcs", {}),
    ("json", "kms", "list_keys", {}),
    ("json", "logs", "describe_log_groups", {}),
    ("json", "dynamodb", "list_tables", {}),
    ("json", "kinesis", "list_streams", {}),
    ("json", "secretsmanager", "list_secrets", {}),
    ("json", "stepfunctions", "list_state_machines", {}),
    ("json", "transcribe", "list_transcription_jobs", {}),
    ("json or query", "sqs", "list_queues", {}),
    ("json or query", "cloudwatch", "list_metrics", {}),
    ("rest-json", "lambda", "list_functions", {}),
    ("rest-json", "apigateway", "get_rest_apis", {}),
    ("rest-json", "opensearch", "list_domain_names", {}),
    ("rest-xml", "s3", "list_buckets", {}),
    ("rest-xml", "s3", "create_bucket", {"Bucket": "b"}),
    ("rest-xml", "s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b"x" * 200_000}),
    ("rest-xml", "s3", "delete_objects", {"Bucket": "b", "Delete": {"Objects": [{"Key": "k"}]}}),
    ("rest-xml", "route53", "list_hosted_zones", {}),
    # services that the open-source LocalStack does not emulate
    ("json", "ecs", "list_clusters", {}),
    ("json", "cognito-idp", "list_user_pools", {"MaxResults": 1}),
    ("query", "rds", "describe_db_instances", {}),
    ("query", "elasticache", "describe_cache_clusters", {}),
    ("rest-json", "apigatewayv2", "get_apis", {}),
    ("rest-xml", "cloudfront", "list_distributions", {}),
]


@pytest.mark.parametrize(
    ("service", "operation", "parameters"),
    [call[1:] for call in CALLS],
    ids=[f"{protocol}-{service}-{operation}" for protocol, service, operation, _ in CALLS],
)
def test_boto3_reads_the_error(
    outages, client, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    """Status, code and message are those of the document, whatever the protocol."""
    outages.post([{"service": service}])

    assert outage(service) == failure(
        lambda: getattr(client(service, retries=ONCE), operation)(**parameters)
    )


@pytest.mark.upstream("moto", reason="roto has few services")
@pytest.mark.parametrize(
    ("service", "operation"),
    [(service, operation) for _, service, operation, parameters in CALLS if not parameters],
)
def test_other_services_are_not_touched(outages, client, service: str, operation: str) -> None:
    """An outage of one service is none of S3, and one of S3 is none of others."""
    outages.post([{"service": "s3"}])
    other = "sts" if service == "s3" else service
    call = getattr(
        client(other, retries=ONCE), "get_caller_identity" if other == "sts" else operation
    )
    if other in ("ecs", "cognito-idp", "rds", "elasticache", "apigatewayv2", "cloudfront"):
        assert outcome(call) in ("InternalFailure", "501", "ok")  # not emulated
    elif other != "dynamodb":  # needs the network
        assert "ok" == outcome(call)


def test_the_error_of_a_modelled_code_is_a_class_of_its_own(outages, client) -> None:
    """Where the service's model knows the code, boto3 raises that exception."""
    outages.post([{"service": "logs"}])
    logs = client("logs", retries=ONCE)

    with pytest.raises(logs.exceptions.ServiceUnavailableException):
        logs.describe_log_groups()


@pytest.mark.parametrize("operation", ["head_bucket", "head_object"])
def test_head(outages, client, operation: str) -> None:
    """An answer to HEAD has no body, so that only the status tells."""
    outages.post([{"service": "s3"}])
    parameters = {"Bucket": "b"} if operation == "head_bucket" else {"Bucket": "b", "Key": "k"}
    found = failure(lambda: getattr(client("s3", retries=ONCE), operation)(**parameters))

    assert (503, "503") == (found.status, found.code)


def test_sqs_by_the_query_protocol(outages, endpoint: str) -> None:
    """An old client of SQS gets XML, though the service's first protocol is JSON."""
    outages.post([{"service": "sqs"}])
    body = b"Action=ListQueues&Version=2012-11-05"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = signed(endpoint, "sqs", body=body, headers=headers)

    assert 503 == answer.status_code
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert f"<Code>{OUT}</Code>" in answer.text


def test_sqs_by_json_carries_both_codes(outages, endpoint: str) -> None:
    """A query-compatible service names the code in its header, for old clients, and in its body."""
    outages.post([{"service": "sqs"}])
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": "AmazonSQS.ListQueues",
        "x-amzn-query-mode": "true",
    }
    answer = signed(endpoint, "sqs", body=b"{}", headers=headers)

    assert 503 == answer.status_code
    assert OUT == answer.headers["x-amzn-query-error"].split(";")[0]
    assert OUT == answer.json()["__type"].split("#")[-1]


def test_kinesis_by_cbor(outages, endpoint: str) -> None:
    """A client that speaks CBOR, as the Java SDK does to Kinesis, gets CBOR."""
    outages.post([{"service": "kinesis"}])
    headers = {
        "Content-Type": "application/x-amz-cbor-1.1",
        "X-Amz-Target": "Kinesis_20131202.ListStreams",
    }
    answer = signed(endpoint, "kinesis", body=cbor2.dumps({}), headers=headers)

    assert 503 == answer.status_code
    assert "application/x-amz-cbor-1.1" == answer.headers["Content-Type"]
    assert {"__type": OUT, "message": outage("kinesis").message} == cbor2.loads(answer.content)


def test_rpc_v2_cbor(outages, endpoint: str, is_localstack: bool) -> None:
    """A client of Smithy's RPC v2 CBOR gets CBOR, where the LocalStack release speaks it."""

    def ask() -> requests.Response:
        headers = {
            "smithy-protocol": "rpc-v2-cbor",
            "Content-Type": "application/cbor",
            "Accept": "application/cbor",
        }
        path = "/service/GraniteServiceVersion20100801/operation/ListMetrics"
        return signed(endpoint, "monitoring", path=path, body=cbor2.dumps({}), headers=headers)

    if is_localstack and not hasattr(
        importlib.import_module("localstack.aws.protocol.parser"), "RpcV2CBORRequestParser"
    ):
        pytest.skip("this LocalStack release speaks no RPC v2 CBOR")
    if is_localstack:  # moto speaks none
        assert 200 == ask().status_code
    outages.post([{"service": "cloudwatch"}])
    answer = ask()

    assert 503 == answer.status_code
    assert "rpc-v2-cbor" == answer.headers["smithy-protocol"]
    assert {"__type": OUT, "message": outage("cloudwatch").message} == cbor2.loads(answer.content)


def test_a_presigned_url_answers_in_xml(outages, client) -> None:
    """A browser that follows a presigned URL sees S3's own kind of error."""
    outages.post([{"service": "s3"}])
    url = client("s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"})
    answer = requests.get(url, timeout=30)

    assert 503 == answer.status_code
    assert answer.text.lstrip().startswith("<?xml")
    assert f"<Code>{OUT}</Code>" in answer.text


@pytest.mark.host("localstack", reason="its own endpoints")
def test_localstacks_own_endpoints_answer(outages, endpoint: str) -> None:
    """An outage of everything leaves LocalStack's own endpoints alone."""
    outages.post([{}])

    for path in ("/_localstack/health", "/_localstack/info"):
        assert 200 == requests.get(endpoint + path, timeout=30).status_code
