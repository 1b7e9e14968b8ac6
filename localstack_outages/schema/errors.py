"""Every exception that this package raises.

The tree::

    OutagesError
    ├── ControlError            a control request that cannot be carried out
    │   ├── InvalidRules        the rules in it are not valid
    │   │   └── InvalidScenario the scenario in it is not valid
    │   ├── InvalidBody         its body is not the JSON that was expected
    │   ├── InvalidQuery        the parameters in its URL are not valid
    │   ├── BodyTooLarge        its body is over the size limit
    │   ├── Unauthorized        it does not carry the token that is asked for
    │   ├── ForeignPage         it was sent by a web page of another origin
    │   ├── ForeignHost         a browser sent it to a host name that anybody can point here
    │   ├── UnknownPath         there is nothing at its path
    │   ├── UnknownRule         no rule in the list has the id
    │   ├── UnknownOwner        nothing is known of the owner that it names
    │   ├── UnknownMark         no mark has the name in it
    │   ├── MethodNotAllowed    its path exists, but not with its method
    │   ├── PreconditionFailed  the list is not the one that it was made for
    │   ├── KeyReused           its Idempotency-Key came with another request before
    │   ├── NotShared           the other hosts of the fleet cannot be told of the change
    │   ├── UnknownScenario     no scenario has the name in it, or it does not run
    │   └── TooManyReaders      as many streams are open as the server holds
    ├── Unreachable             LocalStack does not answer
    ├── NoControlApi            something answers there, but not this extension
    ├── CannotKnow              an assertion cannot tell whether it holds
    ├── UnsafeFolder            somebody else could change the files of this process
    └── RulesFileError          the rules of a file cannot be read
        └── ScenarioFileError   the scenario of a file cannot be read
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

    :param others: the further problems, each with ``message`` and ``path``
    """

    code = "InvalidRules"

    def __init__(
        self, message: str, path: str = "", others: tuple[dict[str, str], ...] = ()
    ) -> None:
        super().__init__(message, path)
        self.others = others


class InvalidScenario(InvalidRules):
    """The scenario of a request is not valid, or cannot be run as asked."""

    code = "InvalidScenario"


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


class Unauthorized(ControlError):
    """The request does not carry the token that is asked for."""

    code = "Unauthorized"
    status = 401


class ForeignPage(ControlError):
    """A web page of another origin tried to change something, or to hold a connection."""

    code = "ForeignPage"
    status = 403


class ForeignHost(ControlError):
    """A browser sent the request to a host name that anybody can point at this machine."""

    code = "ForeignHost"
    status = 403


class UnknownPath(ControlError):
    """There is nothing at the path of the request."""

    code = "UnknownPath"
    status = 404


class UnknownRule(ControlError):
    """No rule in the list has the id."""

    code = "UnknownRule"
    status = 404


class PreconditionFailed(ControlError):
    """The list is not the one that the change was made for."""

    code = "PreconditionFailed"
    status = 412


class KeyReused(ControlError):
    """The ``Idempotency-Key`` of the request came with another request before."""

    code = "KeyReused"
    status = 422


class TooManyReaders(ControlError):
    """As many streams are open as the server holds."""

    code = "TooManyReaders"
    status = 503


class NotShared(ControlError):
    """The rules are shared with other hosts, which cannot be told."""

    code = "NotShared"
    status = 503


class UnknownScenario(ControlError):
    """No scenario has the name that was given, or it does not run."""

    code = "UnknownScenario"
    status = 404


class UnknownOwner(ControlError):
    """Nothing is known of an owner: it has no rules, and had none in the last minutes."""

    code = "UnknownOwner"
    status = 404


class UnknownMark(ControlError):
    """No mark has the name that was given."""

    code = "UnknownMark"
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


class CannotKnow(OutagesError):
    """An assertion cannot tell whether it holds, since something that it needs was not kept.

    It has neither passed nor failed.

    :param question: what was to be known, such as ``whether the application has recovered``
    :param reason: why it is not: the bound that was reached, and what it is
    """

    def __init__(self, question: str, reason: str) -> None:
        super().__init__(f"cannot know {question}: {reason}")
        self.reason = reason


class UnsafeFolder(OutagesError):
    """A folder for files of this process belongs to somebody else, or others may write to it."""


class RulesFileError(OutagesError):
    """The rules of a file, or those given at start (``OUTAGES_RULES``), cannot be read or are not
    valid.

    :param message: one line that says why
    :param problems: where the rules are not valid, each with ``message`` and ``path``
    """

    code = "InvalidRules"
    """What kind of error the problems are, for programs."""

    def __init__(self, message: str, problems: tuple[dict[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems


class ScenarioFileError(RulesFileError):
    """The scenario of a file cannot be read or is not valid."""

    code = "InvalidScenario"
