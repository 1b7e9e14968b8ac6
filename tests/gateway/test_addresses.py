"""Addresses in answers lead back through the gateway, whatever the upstream makes them of."""

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
pytest.importorskip("boto3")

import boto3
from aiohttp import web
from botocore.config import Config

from localstack_outages.hosts.gateway.authority import Authority

from .processes import emulator, gateway

FORM = "Content-Type: application/x-www-form-urlencoded"
GET_URL = b"Action=GetQueueUrl&QueueName=q&Version=2012-11-05"
GET_JSON = "X-Amz-Target: AmazonSQS.GetQueueUrl"


def client(service, url, **options):
    """Give a client of the gateway."""
    return boto3.client(
        service,
        "eu-west-1",
        endpoint_url=url,
        aws_access_key_id="123456789012",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        **options,
    )


def check_sqs_and_s3(url, **options):
    """Hold queues' URLs and objects' locations to the address of the gateway."""
    sqs, s3 = client("sqs", url, **options), client("s3", url, **options)
    queue = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=queue, MessageBody="hello")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    of_parts = {"Bucket": "bucket", "Key": "key"}
    of_parts["UploadId"] = s3.create_multipart_upload(**of_parts)["UploadId"]
    part = s3.upload_part(PartNumber=1, Body=b"hello", **of_parts)
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = s3.complete_multipart_upload(MultipartUpload=parts, **of_parts)

    assert queue.startswith(f"{url}/")
    assert [queue] == sqs.list_queues()["QueueUrls"]
    assert queue == sqs.get_queue_url(QueueName="q")["QueueUrl"]
    assert "hello" == sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"]
    assert "amazonaws.com/" in done["Location"] or done["Location"].startswith((f"{url}/", "/"))


def test_moto():
    """Behind moto an SQS queue's URL is the gateway's."""
    with gateway() as url:
        check_sqs_and_s3(url)


def test_moto_and_tls(tmp_path):
    """Where the gateway serves TLS, the addresses say so."""
    authority = Authority(tmp_path)
    (tmp_path / "own.pem").write_bytes(authority.issue("127.0.0.1"))
    with gateway("--tls-cert", str(tmp_path / "own.pem")) as url:
        assert url.startswith("https://")
        check_sqs_and_s3(url, verify=str(authority.path))


def test_roto():
    """Behind roto an SQS queue's URL is the gateway's."""
    with (
        emulator("roto-server") as upstream,
        gateway("--upstream", upstream) as url,
    ):
        check_sqs_and_s3(url)


def test_ministack():
    """Behind MiniStack so are the addresses of APIs and of functions' code, which have its own port."""
    with emulator("ministack") as upstream, gateway("--upstream", upstream) as url:
        check_sqs_and_s3(url)
        api = client("apigatewayv2", url).create_api(Name="api", ProtocolType="HTTP")
        port = url.rpartition(":")[2]

        assert f"http://{api['ApiId']}.execute-api.localhost:{port}" == api["ApiEndpoint"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("http://127.0.0.1:{port}/1/q", "http://localhost:4566/1/q"),
        ("http://localhost:{port}/1/q", "http://localhost:4566/1/q"),
        ("http://sqs.eu-west-1.localhost:{port}/1/q", "http://sqs.eu-west-1.localhost:4566/1/q"),
        ("http://localhost.localstack.cloud:{port}/q", "http://localhost:4566/q"),
        ("http://localhost:{port}0/1/q", "http://localhost:{port}0/1/q"),
        ("http://example.org:{port}/1/q", "http://example.org:{port}/1/q"),
        ("http://queue.amazonaws.com/1/q", "http://queue.amazonaws.com/1/q"),
    ],
)
@pytest.mark.parametrize("is_json", [True, False])
def test_the_upstreams_own_address(play, said, expected, is_json):
    """The upstream's own address becomes that of the gateway, in JSON and in XML, and no other does."""

    async def scene(setup):
        port = setup.upstream.url.rpartition(":")[2]
        given, wanted = said.format(port=port), expected.format(port=port)

        async def answer(_request):
            text = '{"QueueUrl": "%s"}' if is_json else "<QueueUrl>%s</QueueUrl>"
            return web.Response(text=text % given)

        setup.answer = answer
        if is_json:
            _, headers, body = await setup.call("sqs", "POST /", GET_JSON, body=b"{}")
        else:
            _, headers, body = await setup.call("sqs", "POST /", FORM, body=GET_URL)

        assert wanted.encode() in body
        assert str(len(body)) == headers["content-length"]

    play(scene)


def test_locations(play):
    """So it does where an answer sends the client elsewhere, of whatever operation."""

    async def scene(setup):
        async def answer(_request):
            return web.Response(status=307, headers={"Location": f"{setup.upstream.url}/b/k?a=1"})

        setup.answer = answer
        status, headers, _ = await setup.call()

        assert (307, "http://localhost:4566/b/k?a=1") == (status, headers["location"])

    play(scene)


def test_data_stays(play):
    """What users stored is never written anew, though it has such an address in it."""

    async def scene(setup):
        stored = f'{{"Item": {{"url": {{"S": "{setup.upstream.url}/a"}}}}}}'

        async def answer(_request):
            return web.Response(text=stored)

        setup.answer = answer
        target = "X-Amz-Target: DynamoDB_20120810.GetItem"
        _, _, item = await setup.call("dynamodb", "POST /", target, body=b"{}")
        _, _, thing = await setup.call()

        assert [stored.encode()] * 2 == [item, thing]

    play(scene)
