"""The fault ``connection``: a connection is broken in place of an answer."""

from typing import get_args

from localstack_outages.schema.effect import ConnectionFault
from localstack_outages.schema.fault import CommandOption, Done, ErrorOf, Fault, Labels, Steady
from localstack_outages.schema.forms import one

WORDS: tuple[ConnectionFault, ...] = get_args(ConnectionFault)


def _tell(connection: ConnectionFault, so_far: list[str], _: ErrorOf) -> list[str]:
    return [*so_far, f"connection {connection}"]


def _label(done: Done) -> str | None:
    return done.connection


FAULT = Fault(
    name="connection",
    place=50,
    annotation=ConnectionFault,
    description="a broken connection",
    act=lambda connection: Steady(connection=connection),
    tell=_tell,
    excludes={"error": "a call gets an answer or a broken connection"},
    in_sequence=True,
    labels=Labels(WORDS, _label),
    option=CommandOption(
        metavar="|".join(WORDS),
        help="Break the connection in place of an answer.",
        words=WORDS,
    ),
    form=one("Connection", "connection", "How they fail", options=("", *WORDS)),
)
