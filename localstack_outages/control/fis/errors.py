"""The errors that FIS answers, and why an action cannot do its work."""

from collections.abc import Sequence


class FisError(Exception):
    """A request to FIS that is refused. Nothing has changed when it is raised.

    :param message: what is wrong
    """

    code = "InternalServerException"
    status = 500

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ValidationError(FisError):
    """The request is not valid."""

    code = "ValidationException"
    status = 400


class NotFound(FisError):
    """There is no such template, experiment, action or the like."""

    code = "ResourceNotFoundException"
    status = 404


class Conflict(FisError):
    """The request does not go with what there is."""

    code = "ConflictException"
    status = 409


class QuotaExceeded(FisError):
    """There would be more than FIS allows."""

    code = "ServiceQuotaExceededException"
    status = 402


class NotIncluded(FisError):
    """FIS has learned the operation after this was written."""

    code = "InternalFailure"
    status = 501


class ActionFailed(Exception):
    """An action cannot do its work.

    :param reason: why; the state of the action tells it
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TargetsNotResolved(Exception):
    """The targets of an experiment cannot be resolved.

    :param reason: why
    :param target: the name of the target
    :param account: the account in which it was looked for
    """

    def __init__(self, reason: str, target: str, account: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.target = target
        self.account = account


def one_line(problems: Sequence[str]) -> str:
    """Join what is wrong with a request as AWS does."""
    count = len(problems)
    noun = "error" if count == 1 else "errors"
    return f"{count} validation {noun} detected: {'; '.join(problems)}"
