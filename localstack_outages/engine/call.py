"""One request to an AWS API, as far as a rule can ask about it."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

Key = tuple[str, str, str, str]
"""Service, region, operation and account of a call, or such patterns of a rule."""


CallKey = tuple[str | tuple[str, ...], str, str, str]
"""What the rules that a call can meet depend on: a ``Key``, with all services that it may be where
they are several."""


HeaderOf = Callable[[str], str | None]
"""Gives a header of a request, by its name in lower case; None where it has none. Several of one name are
one, with commas between them."""


def no_header(_name: str) -> None:
    """Give no header, of a request that has none."""


class Principal(NamedTuple):
    """Who makes a call."""

    arn: str
    """The ARN that ``sts.GetCallerIdentity`` tells."""
    role: str | None = None
    """The ARN of the role that was assumed; None where none was."""


class Call(NamedTuple):
    """One request to an AWS API, as far as a rule can ask about it."""

    service: str
    """The service as botocore and LocalStack name it, such as ``stepfunctions``."""
    region: str
    """The region that the client signed for."""
    operation: str
    """The operation, such as ``PutItem``."""
    account: str
    """The 12-digit account."""
    parameters: Mapping[str, Any]
    """The operation's parameters, as the AWS API names them. May hold streams; never read them."""
    internal: bool = False
    """Whether one of LocalStack's own services makes the call."""
    principal: Principal | None = None
    """Who makes it; None where no rule asks, and where the host does not know."""
    names: tuple[str, ...] = ()
    """All services that it may be, ``service`` first; empty where the request tells the one. Rules for
    any of them match."""


def key_of(call: Call) -> CallKey:
    """Give what the rules that a call can meet depend on."""
    return call[:4] if not call.names else (call.names, *call[1:4])
