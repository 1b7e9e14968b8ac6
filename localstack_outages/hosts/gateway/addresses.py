"""Addresses in answers lead back through the gateway.

Emulators make most addresses of the ``Host`` that a request names, which the gateway passes on. Those
that name the upstream's own port, and those with the wrong scheme where the gateway serves TLS, are
written anew: in the answers of operations that are known to give addresses, and in ``Location``.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.streams import EMPTY_PAYLOAD
from multidict import CIMultiDict

from localstack_outages.aws.wire.messages import AwsCall

from .incoming import Incoming

MAX_BYTES = 1 << 20
"""Longer answers pass as they are, and so do those of unknown length: they may be streams."""

OPERATIONS: Mapping[str, frozenset[str]] = {
    "apigateway": frozenset(("CreateDomainName", "GetDomainName", "GetDomainNames")),
    "apigatewayv2": frozenset(("CreateApi", "GetApi", "GetApis", "ImportApi", "UpdateApi")),
    "appsync": frozenset(
        ("CreateApi", "CreateGraphqlApi", "GetApi", "GetGraphqlApi", "ListApis", "ListGraphqlApis",
         "UpdateApi", "UpdateGraphqlApi")
    ),
    "cloudformation": frozenset(("DescribeStacks",)),
    "ecr": frozenset(("GetAuthorizationToken", "GetDownloadUrlForLayer")),
    "lambda": frozenset(
        ("CreateFunctionUrlConfig", "GetFunction", "GetFunctionUrlConfig", "GetLayerVersion",
         "GetLayerVersionByArn", "ListFunctionUrlConfigs", "PublishLayerVersion",
         "UpdateFunctionUrlConfig")
    ),
    "s3": frozenset(("CompleteMultipartUpload", "PostObject")),
    "sqs": frozenset(("CreateQueue", "GetQueueUrl", "ListDeadLetterSourceQueues", "ListQueues")),
}  # fmt: skip
"""Operations whose answers have addresses in them."""

_OF_THIS_MACHINE = ("127.0.0.1", "localhost", "localhost.localstack.cloud")


class Addresses:
    """Rewrites the addresses of an upstream.

    :param url: where it listens
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        hosts = dict.fromkeys((host, *_OF_THIS_MACHINE))
        self._pattern = re.compile(
            rb"https?://(?P<sub>(?:[A-Za-z0-9-]{1,63}\.){0,8})(?P<host>%b):%d(?![0-9])"
            % (b"|".join(re.escape(name.encode()) for name in hosts), self._port)
        )

    async def led_back(
        self,
        response: aiohttp.ClientResponse,
        beginning: bytes,
        incoming: Incoming,
        found: AwsCall | None,
    ) -> tuple[Any, bytes]:
        """Have an answer lead back through the gateway.

        :param beginning: what was read of its body already
        :return: the answer, and the beginning of its body
        """
        host = incoming.head.headers.get("host", "")
        if not host or incoming.authority is not None:
            return response, beginning
        scheme = incoming.request.scheme
        location = response.headers.get("Location", "")
        new_location = self.location(location, scheme, host)
        if not _may_have_addresses(response, found):
            if new_location == location:
                return response, beginning
            return RewrittenAnswer(response, {"Location": new_location}), beginning
        beginning += await response.content.read()
        body = self._rewritten(beginning, scheme, host)
        if body == beginning and new_location == location:
            return response, beginning
        headers = {"Location": new_location} if location else {}
        return RewrittenAnswer(response, headers, body), body

    def location(self, location: str, scheme: str, host: str) -> str:
        """Have a ``Location`` lead back through the gateway."""
        moved = self._rewritten(location.encode("utf-8", "surrogateescape"), scheme, host)
        return moved.decode("utf-8", "surrogateescape")

    def _rewritten(self, text: bytes, scheme: str, host: str) -> bytes:
        port = host[host.rfind(":") :] if host.rfind(":") > host.rfind("]") else ""

        def lead_back(found: re.Match[bytes]) -> bytes:
            sub = found["sub"]
            if not sub:
                return f"{scheme}://{host}".encode()
            # The host tells what is asked for: abc.execute-api.localhost
            return b"%b://%b%b%b" % (scheme.encode(), sub, found["host"], port.encode())

        text = self._pattern.sub(lead_back, text)
        if scheme == "https":
            own = re.escape(host.encode())
            text = re.sub(rb"http://(?=%b(?:[/?#\"<&\\]|$))" % own, b"https://", text)
        return text


def gives_addresses(found: AwsCall | None) -> bool:
    """Say whether answers to a call have addresses in them."""
    return found is not None and found.operation in OPERATIONS.get(found.service, ())


def _may_have_addresses(response: aiohttp.ClientResponse, found: AwsCall | None) -> bool:
    return (
        gives_addresses(found)
        and response.status < 300
        and "Content-Encoding" not in response.headers
        and 0 < (response.content_length or 0) <= MAX_BYTES
    )


class RewrittenAnswer:
    """An answer with other headers, and a body that was read already where one is given.

    :param response: of the upstream
    :param headers: those that differ; None for those that are left out
    """

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        headers: Mapping[str, str | None],
        body: bytes | None = None,
    ) -> None:
        self._response = response
        self.status = response.status
        self.reason = response.reason
        self.headers = CIMultiDict(response.headers)
        for name, value in headers.items():
            if value is None:
                self.headers.popall(name, None)
            else:
                self.headers[name] = value
        self.content_length = response.content_length
        self.content = response.content
        if body is not None:
            self.content, self.content_length = EMPTY_PAYLOAD, len(body)
            self.headers["Content-Length"] = str(len(body))

    def close(self) -> None:
        """Let go of the connection."""
        self._response.close()
