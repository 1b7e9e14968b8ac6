"""Hands calls that were decided on to who carries them out."""

from asyncio import BaseProtocol, Transport
from collections.abc import Iterator
from typing import NamedTuple

from localstack_outages.aws.wire.messages import AwsCall
from localstack_outages.engine.injection import Injection
from localstack_outages.engine.steps import Step


class Judged(NamedTuple):
    """A call that was decided on, and not carried out yet."""

    found: AwsCall
    injection: Injection
    steps: Iterator[Step]
    """What is to be done before it is carried out."""


class Judge(BaseProtocol):
    """Serves a connection, and may have decided on a call that another one carries out."""

    judged: Judged | None = None


def take_judged(transport: Transport | None) -> Judged | None:
    """Give what was made already of the call that came by a connection; None where it is yet to be
    read.
    """
    judge = None if transport is None else transport.get_protocol()
    if not isinstance(judge, Judge):
        return None
    judged, judge.judged = judge.judged, None
    return judged
