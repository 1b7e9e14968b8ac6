"""Which call a request makes."""

import pytest

from localstack_outages.aws.wire.messages import HttpRequest
from localstack_outages.aws.wire.reading import needs_form, read_call

FORM = "application/x-www-form-urlencoded"
SCOPE = "AKIARZPUZDIKGB2VALC4/20261123/{}/{}/aws4_request"


def signed(name, region="eu-west-1", **headers):
    """Give the headers of a request that is signed for a service."""
    scope = SCOPE.format(region, name)
    value = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00"
    return {"host": "localhost:4566", "authorization": value, **lower(headers)}


def lower(headers):
    """Give headers by their names."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def read(method="GET", target="/", headers=None, form=b""):
    """Read a request."""
    path, _, query = target.partition("?")
    return read_call(HttpRequest(method, path, query, headers or {}), form)


def place(call):
    """Give service and operation of a call."""
    return call and (call.service, call.operation)


JSON = {"x-amz-target": "DynamoDB_20120810.PutItem"}
PRESIGNED = (
    "/bucket/a%20key?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=000000000042%2F20261123"
    "%2Feu-west-3%2Fs3%2Faws4_request&X-Amz-Signature=00"
)
V2 = "/bucket/key?AWSAccessKeyId=000000000042&Signature=x&Expires=1"

CALLS = [
    ("json", "POST", "/", signed("dynamodb", **JSON), b"", ("dynamodb", "PutItem")),
    ("unsigned json", "POST", "/", JSON, b"", ("dynamodb", "PutItem")),
    ("json, unknown prefix", "POST", "/", signed("kms", x_amz_target="Other.Encrypt"), b"", ("kms", "Encrypt")),
    ("query", "POST", "/", signed("sqs"), b"Action=ListQueues&Version=2012-11-05", ("sqs", "ListQueues")),
    ("query, action last", "POST", "/", signed("iam"), b"A=1&Version=2010-05-08&Action=ListUsers", ("iam", "ListUsers")),
    ("query to a queue", "POST", "/000000000000/q", signed("sqs"), b"Action=SendMessage&Version=2012-11-05", ("sqs", "SendMessage")),
    ("query by GET", "GET", "/?Action=DescribeVpcs&Version=2016-11-15", signed("ec2"), b"", ("ec2", "DescribeVpcs")),
    ("unsigned query", "POST", "/", {}, b"Action=AssumeRoleWithSAML&Version=2011-06-15", ("sts", "AssumeRoleWithSAML")),
    ("elb of old", "POST", "/", signed("elasticloadbalancing"), b"Action=DescribeTags&Version=2012-06-01", ("elb", "DescribeTags")),
    ("elb of today", "POST", "/", signed("elasticloadbalancing"), b"Action=DescribeTags&Version=2015-12-01", ("elbv2", "DescribeTags")),
    ("rpc v2", "POST", "/service/GraniteServiceVersion20100801/operation/PutMetricData", signed("monitoring", smithy_protocol="rpc-v2-cbor"), b"", ("cloudwatch", "PutMetricData")),
    ("rpc v2 behind a prefix", "POST", "/a/service/GraniteServiceVersion20100801/operation/ListMetrics", signed("monitoring", smithy_protocol="rpc-v2-cbor"), b"", ("cloudwatch", "ListMetrics")),
    ("rest", "GET", "/2015-03-31/functions/", signed("lambda"), b"", ("lambda", "ListFunctions")),
    ("rest, no such path", "GET", "/nowhere", signed("lambda"), b"", ("lambda", None)),
    ("same path, other service", "GET", "/v2/apis", signed("apigateway"), b"", ("apigatewayv2", "GetApis")),
    ("management of connections", "POST", "/stage/@connections/id", signed("execute-api"), b"", ("apigatewaymanagementapi", "PostToConnection")),
    ("encoded connections", "GET", "/%40connections/id", signed("execute-api"), b"", ("apigatewaymanagementapi", "GetConnection")),
    ("unsigned rest", "POST", "/token", {}, b"", ("sso-oidc", "CreateToken")),
    ("bearer token", "GET", "/v1/spaces/a/projects/b", {"authorization": "Bearer abc"}, b"", ("codecatalyst", "GetProject")),
    ("buckets", "GET", "/", signed("s3"), b"", ("s3", "ListBuckets")),
    ("directory buckets", "GET", "/", signed("s3express"), b"", ("s3", "ListDirectoryBuckets")),
    ("bucket", "GET", "/bucket?list-type=2&prefix=a", signed("s3"), b"", ("s3", "ListObjectsV2")),
    ("bucket of old", "GET", "/bucket/?prefix=a", signed("s3"), b"", ("s3", "ListObjects")),
    ("sub-resource", "GET", "/bucket?lifecycle", signed("s3"), b"", ("s3", "GetBucketLifecycleConfiguration")),
    ("object", "GET", "/bucket//a/../b%2Fc/", signed("s3"), b"", ("s3", "GetObject")),
    ("object, named by the SDK", "GET", "/bucket/key?x-id=GetObject", signed("s3"), b"", ("s3", "GetObject")),
    ("part", "PUT", "/bucket/key?partNumber=1&uploadId=a", signed("s3"), b"", ("s3", "UploadPart")),
    ("copied part", "PUT", "/bucket/key?partNumber=1&uploadId=a", signed("s3", x_amz_copy_source="/b/k"), b"", ("s3", "UploadPartCopy")),
    ("copy", "PUT", "/bucket/key", signed("s3", x_amz_copy_source="/b/k"), b"", ("s3", "CopyObject")),
    ("tags", "PUT", "/bucket/key?tagging", signed("s3"), b"", ("s3", "PutObjectTagging")),
    ("parts", "GET", "/bucket/key?uploadId=a", signed("s3"), b"", ("s3", "ListParts")),
    ("s3control", "GET", "/v20180820/accesspoint", signed("s3", x_amz_account_id="1"), b"", ("s3control", "ListAccessPoints")),
    ("presigned", "GET", PRESIGNED, {}, b"", ("s3", "GetObject")),
    ("presigned of old", "GET", V2, {}, b"", ("s3", "GetObject")),
    ("signed of old", "HEAD", "/bucket", {"authorization": "AWS 000000000042:abc="}, b"", ("s3", "HeadBucket")),
    ("public object", "GET", "/bucket/key", {}, b"", ("s3", "GetObject")),
    ("form upload", "POST", "/bucket", {"content-type": "multipart/form-data; boundary=x"}, b"", ("s3", "PostObject")),
    ("virtual host", "PUT", "/key", {"host": "bucket.s3.localhost.localstack.cloud:4566"}, b"", ("s3", "PutObject")),
    ("virtual host, bucket", "GET", "/?versions", signed("s3", host="a.b.s3.eu-west-1.amazonaws.com"), b"", ("s3", "ListObjectVersions")),
    ("virtual host below localhost", "GET", "/key", signed("s3", host="bucket.localhost:4566"), b"", ("s3", "GetObject")),
    ("virtual host elsewhere", "GET", "/key", signed("s3", host="bucket.s3.example.org"), b"", ("s3", "GetObject")),
    ("object lambda", "POST", "/WriteGetObjectResponse", signed("s3-object-lambda", host="r.s3-object-lambda.eu-west-1.amazonaws.com"), b"", ("s3", "WriteGetObjectResponse")),
    ("host alone", "POST", "/restapis", {"host": "apigateway.us-east-2.amazonaws.com"}, b"", ("apigateway", "CreateRestApi")),
    ("host prefix", "POST", "/sync", {"host": "sync-states.us-east-2.amazonaws.com", "x-amz-target": "AWSStepFunctions.StartSyncExecution"}, b"", ("stepfunctions", "StartSyncExecution")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "target", "headers", "form", "expected"),
    [case[1:] for case in CALLS],
    ids=[case[0] for case in CALLS],
)
def test_calls(method, target, headers, form, expected):
    """A request says which operation of which service it calls."""
    if form:
        headers = {**headers, "content-type": FORM}

    assert expected == place(read(method, target, headers, form))


@pytest.mark.parametrize(
    ("method", "target", "headers"),
    [
        ("GET", "/_localstack/health", {}),
        ("GET", "/_extension/outages/outages", {}),
        ("GET", "/moto-api/", {}),
        ("GET", "/favicon.ico", {}),
        ("GET", "/", {}),
        ("POST", "/", {"content-type": FORM}),
        ("GET", "/key", {"host": "bucket.s3-website.eu-west-1.amazonaws.com"}),
        ("GET", "/path", {"host": "abc.execute-api.eu-west-1.amazonaws.com"}),
        ("GET", "/", {"host": "abc.lambda-url.eu-west-1.on.aws"}),
        ("POST", "/", {"x-amz-target": "Unknown.Operation"}),
        ("GET", "/", signed("no-such-service")),
    ],
)
def test_other_requests(method, target, headers):
    """What is no call of an AWS API, or does not say of which, is none."""
    assert read(method, target, headers) is None


def test_signer():
    """Account and region are those that the request was signed with."""
    call = read("GET", "/bucket", signed("s3", "us-gov-west-1"))

    assert "us-gov-west-1" == call.region
    assert "123456789012" == call.account
    assert "AKIARZPUZDIKGB2VALC4" == call.access_key


def test_presigned():
    """A presigned URL says who signed it as a header would."""
    assert ("000000000042", "eu-west-3") == read("GET", PRESIGNED)[4:2:-1]
    assert ("000000000042", "us-east-1") == read("GET", V2)[4:2:-1]


def test_unsigned():
    """Without a signature the host names the region, and nobody is the default account."""
    call = read("GET", "/key", {"host": "bucket.s3.eu-north-1.amazonaws.com"})

    assert ("eu-north-1", "000000000000", None) == (call.region, call.account, call.access_key)
    assert "us-east-1" == read("GET", "/bucket/key").region


def test_form_upload():
    """A browser's upload to S3 is signed in its form."""
    lines = (
        "--x",
        'Content-Disposition: form-data; name="key"',
        "",
        "a/b.txt",
        "--x",
        'Content-Disposition: form-data; name="X-Amz-Credential"',
        "",
        SCOPE.format("eu-west-2", "s3"),
        "--x",
        'Content-Disposition: form-data; name="file"; filename="b"',
        "",
        "content",
        "--x--",
        "",
    )
    headers = {"content-type": "multipart/form-data; boundary=x"}
    call = read("POST", "/bucket", headers, "\r\n".join(lines).encode())

    assert ("eu-west-2", "123456789012") == (call.region, call.account)


def test_names():
    """A call that may be of several services has all their names; of those that do not have the
    operation it has none.
    """
    form = b"Action=DescribeDBInstances&Version=2014-10-31"
    shared = read("POST", "/", signed("rds"), form)
    own = read("POST", "/", signed("rds"), b"Action=CreateDBProxy&Version=2014-10-31")

    assert ("rds", "docdb", "neptune") == shared.names
    assert ("rds",) == own.names


def test_user_agent():
    """The service that some SDKs name in the user agent tells alike services apart."""
    agent = "aws-sdk-js/3.1172.0 ua/2.1 os/linux lang/js api/greengrassv2#3.1172.0 m/E"
    headers = signed("greengrass", user_agent=agent)

    assert ("greengrass", "greengrassv2") == read("GET", "/tags/a", signed("greengrass")).names
    assert ("greengrassv2",) == read("GET", "/tags/a", headers).names


def test_host_tells_apart():
    """The host of AWS's endpoint tells services apart that share a name to sign for."""
    headers = signed("chime", host="voice-chime.us-east-1.amazonaws.com")

    assert ("chime-sdk-voice",) == read("GET", "/settings", headers).names
    assert "chime" == read("GET", "/settings", signed("chime")).service


def test_protocols():
    """The protocol is that of the request, where a service speaks several."""
    sqs = signed("sqs", x_amz_target="AmazonSQS.SendMessage")
    form = b"Action=SendMessage&Version=2012-11-05"

    assert "json" == read("POST", "/", sqs).protocol
    assert "query" == read("POST", "/", signed("sqs"), form).protocol
    assert "ec2" == read("POST", "/", signed("ec2"), b"Action=A&Version=2016-11-15").protocol
    assert "rest-xml" == read("GET", "/bucket", signed("s3")).protocol


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("POST", {"content-type": f"{FORM}; charset=utf-8"}, True),
        ("POST", {"content-type": "multipart/form-data; boundary=x"}, True),
        ("POST", {"content-type": "application/json"}, False),
        ("POST", {"content-type": FORM, **JSON}, False),
        ("PUT", {"content-type": FORM}, False),
        ("POST", {}, False),
    ],
)
def test_needs_form(method, headers, expected):
    """The body is asked for where it names the operation or has the signature."""
    assert expected is needs_form(HttpRequest(method, "/", "", headers))
