"""The fault ``payload``: the body of an answer breaks off, has wrong bytes, or comes slowly."""

from typing import Annotated, Any, get_args

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from localstack_outages.schema.effect import Payload, PayloadFault
from localstack_outages.schema.fault import CommandOption, Done, ErrorOf, Fault, Labels, Steady
from localstack_outages.schema.forms import NONE, Form, an_object
from localstack_outages.schema.short_forms import read_json, shown, write_number

WORDS: tuple[PayloadFault, ...] = get_args(PayloadFault)

_ANSWERS = "it is about the answer of a call that is carried out"


def _not_empty(payload: Payload) -> Payload:
    if not payload.model_dump(exclude_none=True):
        raise PydanticCustomError(
            "empty_payload",
            "'payload' says nothing: give it 'truncate', 'corrupt' or 'bandwidth'",
        )
    return payload


def read_payload(text: str) -> Any:
    """Read ``truncate:1000``, several with commas, or JSON.

    :raises ValueError: where it is none of these
    """
    if text.startswith("{"):
        return read_json(text)
    payload: dict[str, int] = {}
    for part in text.split(","):
        word, _, number = part.strip().partition(":")
        if word not in WORDS or not number.isdecimal() or len(number) > 15:
            raise ValueError(
                f"{shown(text)} is not a payload; write truncate:BYTES, corrupt:BYTES, "
                "bandwidth:BYTES A SECOND, several with commas, or JSON"
            )
        payload[word] = int(number)
    return payload


def _tell(payload: Payload, so_far: list[str], _: ErrorOf) -> list[str]:
    words = list(so_far)
    if payload.corrupt is not None:
        words.append(f"{payload.corrupt} bytes of the answer wrong")
    if payload.truncate is not None:
        words.append(f"answer broken off after {payload.truncate} bytes")
    if payload.bandwidth is not None:
        words.append(f"answer at {write_number(payload.bandwidth)} bytes a second")
    return words


def _label(done: Done) -> str | None:
    return None if done.payload is None else "payload"


FAULT = Fault(
    name="payload",
    place=55,
    annotation=Annotated[Payload, AfterValidator(_not_empty)],
    description="what happens to the body of the answer",
    act=lambda payload: Steady(payload=payload),
    tell=_tell,
    excludes={"error": _ANSWERS, "throttle": _ANSWERS, "connection": _ANSWERS},
    in_sequence=True,
    labels=Labels(("payload",), _label),
    option=CommandOption(
        metavar="WORD:BYTES",
        help="What happens to the body of the answer: truncate:1000, corrupt:8, "
        "bandwidth:50000 (bytes a second), several with commas; or JSON.",
        read=read_payload,
        words=tuple(f"{word}:" for word in WORDS),
    ),
    form=Form(
        label="Payload",
        group="How they fail",
        hint="bytes; bytes a second",
        shapes=(NONE, an_object("payload", "of the answer", Payload)),
    ),
)
