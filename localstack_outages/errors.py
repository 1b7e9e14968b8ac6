"""Every exception that this package raises.

The tree::

    OutagesError
    ├── ControlError            a control request that cannot be carried out
    │   ├── InvalidRules        the rules in it are not valid
    │   ├── InvalidBody         its body is not the JSON that was expected
    │   ├── InvalidQuery        the parameters in its URL are not valid
    │   ├── BodyTooLarge        its body is over the size limit
    │   ├── ForeignPage         it was sent by a web page of another origin
    │   ├── UnknownPath         there is nothing at its path
    │   └── MethodNotAllowed    its path exists, but not with its method
    ├── Unreachable             LocalStack does not answer
    ├── NoControlApi            something answers there, but not this extension
    └── RulesFileError          the rules of a file cannot be read
"""


class OutagesError(Exception):
    """The root of all exceptions of this package."""


class ControlError(OutagesError):
    """A control request that is refused; nothing has changed when it is raised.

    :param message: what is wrong, with the offending value, and what would be right
    :param path: where in the request body it is wrong, for example ``[2].error.statusCode``;
        empty where the request as a whole is meant
    """

    code = "InvalidRequest"
    """What kind of error it is, for programs. Part of the control API."""

    status = 400
    """The HTTP status that it is answered with."""

    def __init__(self, message: str, path: str = "") -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.message = message
        self.path = path


class InvalidRules(ControlError):
    """The rules of a request are not valid.

    :param others: the further faults, each with ``message`` and ``path``
    """

    code = "InvalidRules"

    def __init__(
        self, message: str, path: str = "", others: tuple[dict[str, str], ...] = ()
    ) -> None:
        super().__init__(message, path)
        self.others = others


class InvalidBody(ControlError):
    """The body of a request is not the JSON that was expected."""

    code = "InvalidBody"


class InvalidQuery(ControlError):
    """The parameters in the URL of a request are not valid."""

    code = "InvalidQuery"


class BodyTooLarge(ControlError):
    """The body of a request is over the size limit."""

    code = "BodyTooLarge"
    status = 413


class ForeignPage(ControlError):
    """A web page of another origin tried to change something."""

    code = "ForeignPage"
    status = 403


class UnknownPath(ControlError):
    """There is nothing at the path of the request."""

    code = "UnknownPath"
    status = 404


class MethodNotAllowed(ControlError):
    """The path of the request does not take its method.

    :param allowed: the methods that the path takes
    """

    code = "MethodNotAllowed"
    status = 405

    def __init__(self, message: str, allowed: tuple[str, ...]) -> None:
        super().__init__(message)
        self.allowed = allowed


class Unreachable(OutagesError):
    """LocalStack does not answer.

    :param endpoint: where it was looked for
    :param reason: why there was no answer
    :param is_gone: whether nobody listens there; where it is false, it may only be slow
    """

    def __init__(self, endpoint: str, reason: str, *, is_gone: bool = True) -> None:
        super().__init__(f"cannot reach LocalStack at {endpoint}: {reason}")
        self.endpoint = endpoint
        self.reason = reason
        self.is_gone = is_gone


class NoControlApi(OutagesError):
    """Something answers at the endpoint, but this extension is not loaded there.

    :param endpoint: where it was looked for
    :param status: the HTTP status that was answered
    """

    def __init__(self, endpoint: str, status: int) -> None:
        super().__init__(
            f"{endpoint} answers, but not as the outages extension (HTTP {status}): "
            "is it LocalStack, and is the extension installed there?"
        )
        self.endpoint = endpoint
        self.status = status


class RulesFileError(OutagesError):
    """The rules of a file, or those given at start (``OUTAGES_RULES``), cannot be read or are not
    valid.

    :param message: one line that says why
    :param faults: where the rules are not valid, each fault with ``message`` and ``path``
    """

    def __init__(self, message: str, faults: tuple[dict[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults
