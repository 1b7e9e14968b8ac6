"""What can be done to one call: the words in which faults, the engine and its hosts speak of it."""

from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field

from .model import Model

OUTAGE_CODE = "ServiceUnavailableException"
OUTAGE_STATUS = 503

# XML 1.0 cannot carry these characters, escaped or not, and half of AWS's protocols are XML.
XmlText = Annotated[str, Field(pattern="^[^\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]*$")]

MAX_BYTES = 10**12
"""More than a client reads of one answer."""

ErrorKind = Literal[
    "unavailable",
    "throttling",
    "internal",
    "timeout",
    "denied",
    "invalidCredentials",
    "expired",
    "skewed",
    "conflict",
    "notFound",
    "expiredCursor",
]
"""What AWS itself answers for the service, see ``aws.errors.aws_error``."""

KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)

FAILURE_KINDS: tuple[ErrorKind, ...] = ("unavailable", "throttling", "internal", "timeout")
"""Those with which the service fails, so that another attempt is worth it."""

MODELLED_KINDS: tuple[ErrorKind, ...] = ("conflict", "notFound", "expiredCursor")
"""Those that mean an error of the service's model."""

ConnectionFault = Literal["reset", "close", "hang", "truncate"]
"""How a connection breaks in place of an answer."""


FaultPhase = Literal["before", "after"]
"""Whether a fault takes the place of the operation, or comes after it was carried out."""
ListingFault = Literal["empty", "short"]
"""How the pages of listings are changed."""
PayloadFault = Literal["truncate", "corrupt", "bandwidth"]
"""What happens to the body of an answer."""


class Payload(Model):
    """What happens to the body of an answer; the length that it promises stays as it is."""

    truncate: int | None = Field(
        None, ge=0, le=MAX_BYTES, description="it breaks off after so many bytes"
    )
    corrupt: int | None = Field(
        None, ge=1, le=MAX_BYTES, description="so many bytes at its beginning are wrong"
    )
    bandwidth: float | None = Field(
        None, ge=1, le=MAX_BYTES, description="it comes at so many bytes a second"
    )

    @property
    def worst(self) -> PayloadFault:
        """The one of them that matters most to a client."""
        if self.truncate is not None:
            return "truncate"
        return "bandwidth" if self.corrupt is None else "corrupt"


class PartialFailure(NamedTuple):
    """How many entries of a batch failed, and which."""

    failed: int
    of: int
    """How many entries the batch has."""
    entries: tuple[str, ...] = ()
    """The fingerprints of those that failed, in order: see ``engine.entries``."""


class ErrorSpec(Model):
    """An AWS error, given in full. What is left out is that of an outage."""

    status_code: int = Field(
        OUTAGE_STATUS, alias="statusCode", ge=400, le=599, description="HTTP status"
    )
    code: str = Field(OUTAGE_CODE, max_length=128, pattern=r"^[A-Za-z0-9]+(\.[A-Za-z0-9]+)*$")
    message: XmlText | None = Field(
        None, max_length=8192, description="text of the error; that of an outage where left out"
    )


class AwsError(NamedTuple):
    """An error as an AWS API answers it."""

    code: str
    status: int
    message: str


def outage_message(service: str, region: str) -> str:
    """Give the text of an outage."""
    return f"Service '{service}' not accessible in '{region}' region due to an outage"


class Effect(NamedTuple):
    """What happens to one call, after all chances are drawn."""

    delay_ms: float = 0
    error: ErrorSpec | ErrorKind | None = None
    connection: ConnectionFault | None = None
    phase: FaultPhase = "before"
    retry_after: float | None = None
    """After how many seconds the answer asks the client to try again."""
    skew: float = 0
    """How far the clock of the answer is ahead, seconds; negative where it is behind."""
    payload: Payload | None = None
    entries: tuple[int, ...] | None = None
    """The entries of a batch that fail, by their places from 0; then ``error`` is what happens to each of
    them. None where the call is hit as a whole."""
    listing: ListingFault | None = None
    """How the page is changed that the call asks for."""


OUTAGE = Effect(error=ErrorSpec.model_construct())  # its defaults, without making a validator
"""What a rule does that names no fault."""
