"""Says who may ask the control API."""

from base64 import b64decode
from collections.abc import Iterable
from hmac import compare_digest
from ipaddress import ip_address
from urllib.parse import urlsplit

from localstack_outages.schema.errors import ForeignHost, ForeignPage, Unauthorized
from localstack_outages.schema.product import ENV_TOKEN

from .message import ControlRequest

LOOPBACK_DOMAINS = ("localhost", "localhost.localstack.cloud")
"""Names that stand for this machine, with all names below them, and that nobody can point elsewhere.
The second one is LocalStack's, in public DNS."""


class Guard:
    """Says who may ask: keeps web pages that the user happens to have open from starting an outage.

    :param hosts: names, beside those of this machine, at which browsers may find the API, with
        all names below them
    :param token: what ``Authorization: Bearer`` must carry, or the password of ``Basic``, for
        browsers can send nothing else; None asks for none
    """

    def __init__(self, hosts: Iterable[str] = (), token: str | None = None) -> None:
        self._domains = (*LOOPBACK_DOMAINS, *(host.lower() for host in hosts))
        self._token = token

    def check_token(self, request: ControlRequest) -> None:
        """Check that a request carries the token.

        :raises Unauthorized: where it does not
        """
        if self._token is None:
            return
        given = _token_in(request.headers.get("Authorization", ""))
        if given is None:
            raise Unauthorized(
                "a token is needed: send 'Authorization: Bearer TOKEN'; clients of this package "
                f"take it from {ENV_TOKEN}"
            )
        if not compare_digest(given, self._token.encode()):
            raise Unauthorized("the token in 'Authorization' is not the right one")

    def check_session(self, session_token: str | None) -> None:
        """Check that an AWS call carries the token, as its session token: SDKs have no other way.

        :raises Unauthorized: where it does not
        """
        if self._token is None:
            return
        if not compare_digest((session_token or "").encode(), self._token.encode()):
            raise Unauthorized("a token is needed: give it as the session token of the AWS keys")

    def check_host(self, request: ControlRequest) -> None:
        """Check that a browser asked for a name that nobody else can point at this machine.

        A page of any site can have the site's own name point here (DNS rebinding); to the browser
        our answers are then the site's.

        :raises ForeignHost: where it did not
        """
        if _is_from_browser(request) and not self._is_ours(request.host):
            raise ForeignHost(
                f"a browser may not ask at the host '{request.host}', which anybody could point "
                "here; use localhost, or an IP address"
            )

    def check_origin(self, request: ControlRequest) -> None:
        """Check that a request does not come from a web page of another origin.

        A browser says from which site a request comes; curl and the SDKs say nothing.

        :raises ForeignPage: where it does
        """
        site = request.headers.get("Sec-Fetch-Site", "none")
        origin = request.headers.get("Origin")
        if site not in ("none", "same-origin") or (origin and _netloc(origin) != request.host):
            raise ForeignPage(
                f"a web page of another origin, {origin or site}, may not change rules, "
                "nor wait for events"
            )

    def _is_ours(self, host: str) -> bool:
        name = _name(host)
        if "." not in name or ":" in name or _is_ip_address(name):
            return True
        return any(name == domain or name.endswith(f".{domain}") for domain in self._domains)


def _token_in(authorization: str) -> bytes | None:
    """Give the token that a header carries; None where it carries none."""
    scheme, _, given = authorization.partition(" ")
    match scheme.lower():
        case "bearer":
            return given.strip().encode()
        case "basic":
            try:
                return b64decode(given.strip(), validate=True).partition(b":")[2]
            except ValueError:
                return b""
    return None


def _is_from_browser(request: ControlRequest) -> bool:
    # To plain http, other than at localhost, a browser does not say Sec-Fetch-Site, and Origin it
    # says only with changes.
    headers = request.headers
    return (
        "Origin" in headers
        or any(name.startswith("sec-fetch-") for name in headers)
        or headers.get("User-Agent", "").startswith("Mozilla/")
    )


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _name(host: str) -> str:
    """Give the name of a host without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".").lower()


def _is_ip_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
