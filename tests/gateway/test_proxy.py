"""The gateway as a proxy, before moto and before a TLS endpoint of the test's own."""

import json
import os
import ssl
import stat
import subprocess
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

pytest.importorskip("aiohttp")
pytest.importorskip("moto")
pytest.importorskip("boto3")

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, SSLError

from localstack_outages.hosts.gateway.authority import Authority

from .processes import COMMAND, gateway


def client(service, proxy, **options):
    """Give a client that knows AWS's endpoints, and a proxy."""
    return boto3.client(
        service,
        "eu-west-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="secret",
        config=Config(proxies={"https": proxy}, retries={"total_max_attempts": 1}),
        **options,
    )


@pytest.fixture
def bundle(tmp_path, monkeypatch) -> str:
    """The folder of the authority, whose certificate clients trust."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    return str(tmp_path)


def post(url, rules):
    """Set rules."""
    path = f"{url}/_extension/outages/outages"
    request = urllib.request.Request(path, json.dumps(rules).encode(), method="POST")
    urllib.request.urlopen(request).close()


def without_bundle():
    """The environment of a gateway, which has no reason to trust itself."""
    return {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}


def test_moto(bundle):
    """Clients without any endpoint of their own reach moto, and rules make their calls fail."""
    with gateway("--mode", "proxy", "--ca-dir", bundle, env=without_bundle()) as url:
        s3, sqs = client("s3", url), client("sqs", url)
        s3.create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        body, key = b"x" * 3_000_000, "a//b c+d=é"
        s3.put_object(Bucket="bucket", Key=key, Body=body)
        post(url, [{"service": "sqs", "error": "throttling"}])

        assert body == s3.get_object(Bucket="bucket", Key=key)["Body"].read()
        with pytest.raises(ClientError, match="Throttl"):
            sqs.list_queues()


class Endpoint(BaseHTTPRequestHandler):
    """Answers what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer the headers that came."""
        self.rfile.read(int(self.headers["Content-Length"]))
        came = {name.lower(): value for name, value in self.headers.items()}
        body = json.dumps({"TableNames": [came["host"], came["authorization"]]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Be silent."""


@pytest.fixture
def own(tmp_path) -> Iterator[tuple[str, str]]:
    """A TLS endpoint, and the certificate to trust."""
    authority = Authority(tmp_path / "own")
    path = tmp_path / "localhost.pem"
    path.write_bytes(authority.issue("localhost"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://localhost:{server.server_address[1]}", str(authority.path)
        server.shutdown()


def test_signatures_stay(bundle, own):
    """A call reaches the host that its client asked for, as it was signed; and a rule hits it."""
    endpoint, trusted = own
    environ = {**os.environ, "AWS_CA_BUNDLE": trusted}
    options = ("--mode", "proxy", "--upstream", "aws", "--ca-dir", bundle)
    with gateway(*options, env=environ) as url:
        dynamodb = client("dynamodb", url, endpoint_url=endpoint)
        signed = []
        dynamodb.meta.events.register(
            "before-send", lambda request, **_: signed.append(request.headers["Authorization"])
        )
        found = dynamodb.list_tables()["TableNames"]
        post(url, [{"service": "dynamodb", "region": "eu-west-1"}])

        assert [endpoint.removeprefix("https://"), signed[0].decode()] == found
        with pytest.raises(ClientError, match="not accessible"):
            dynamodb.list_tables()


def test_who_does_not_trust_it(bundle, own):
    """Neither a client nor the gateway talks to a host whose certificate it does not trust."""
    endpoint, trusted = own
    options = ("--mode", "proxy", "--upstream", "aws", "--ca-dir", bundle)
    with gateway(*options, env=without_bundle()) as url:
        with pytest.raises(SSLError):
            client("dynamodb", url, endpoint_url=endpoint, verify=trusted).list_tables()
        with pytest.raises(ClientError, match="certificate verify failed"):
            client("dynamodb", url, endpoint_url=endpoint).list_tables()


def test_other_hosts(tmp_path, own):
    """Connections to hosts that are not AWS's pass unread, with the certificate of the host itself."""
    endpoint, trusted = own
    port = endpoint.rpartition(":")[2]
    authority = Authority(tmp_path / "own")
    context = ssl.create_default_context(cafile=trusted)
    context.check_hostname = False  # it is for localhost
    options = ("--mode", "proxy", "--upstream", "http://127.0.0.1:1", "--ca-dir", str(tmp_path))
    with gateway(*options) as url:
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({"https": url}),
            urllib.request.HTTPSHandler(context=context),
        )
        request = urllib.request.Request(
            f"https://127.0.0.1:{port}/", b"{}", {"Authorization": "a"}
        )
        with opener.open(request) as answer:
            assert [f"127.0.0.1:{port}", "a"] == json.load(answer)["TableNames"]
    assert authority.path.exists()


def test_the_authority_is_kept(tmp_path):
    """The authority is made once, its key is for its owner alone, and it vouches for AWS's hosts only."""
    first = Authority(tmp_path / "ca").path.read_bytes()
    second = Authority(tmp_path / "ca")
    key = tmp_path / "ca" / "ca-key.pem"
    leaf = tmp_path / "leaf.pem"

    assert first == second.path.read_bytes()
    assert 0o600 == stat.S_IMODE(key.stat().st_mode)
    for host, is_trusted in (
        ("s3.eu-west-1.amazonaws.com", True),
        ("bucket.s3.amazonaws.com", True),
        ("example.org", False),
        ("amazonaws.com.example.org", False),
    ):
        leaf.write_bytes(second.issue(host))
        assert is_trusted == handshake(leaf, second.path, host)


def handshake(certificate, trusted, host):
    """Whether a client trusts a certificate."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    client = ssl.create_default_context(cafile=str(trusted))
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        server.wrap_bio(there, back, server_side=True),
        client.wrap_bio(back, there, server_hostname=host),
    ]
    for _ in range(4):
        for end in reversed(ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                return False
    return True


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--listen", "0.0.0.0:0", "--token", "t"], "anybody could use a proxy there"),
        (["--tls-cert", "a.pem"], "--tls-cert is for --mode endpoint"),
        (["--listen", "127.0.0.1:0", "--ca-dir", __file__], "cannot be used"),
    ],
)
def test_mistakes(options, expected):
    """What would not work, or not be safe, is told in one line."""
    done = subprocess.run(
        [*COMMAND, "--mode", "proxy", "--upstream", "http://127.0.0.1:1", *options],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert 2 == done.returncode
    assert expected in done.stderr
    assert 1 == len(done.stderr.splitlines())
