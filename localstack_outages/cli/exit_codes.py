"""Turns what goes wrong into an exit code and a message, for people or as JSON. Never a traceback."""

import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import Any

import click

from localstack_outages.schema.errors import (
    ControlError,
    InvalidQuery,
    NoControlApi,
    OutagesError,
    RulesFileError,
    Unreachable,
)

DONE, NOT_AS_ASKED, USAGE, UNREACHABLE = range(4)
"""The exit codes. Part of the command line, as the names of options are."""


class NotAsAsked(click.ClickException):
    """What was asked for was not done, or is not true.

    :param code: what kind of failure it is, for programs
    :param message: what is wrong, and what would be right
    """

    exit_code = NOT_AS_ASKED

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def run_guarded(command: Callable[[], None], *, as_json: bool) -> int:
    """Run a command; give the exit code.

    :param as_json: whether to tell of a failure in JSON
    """
    try:
        code = _run(command, as_json=as_json)
        # A closed pipe must show here, where it can be handled.
        for stream in (sys.stdout, sys.stderr):
            if stream is not None:
                stream.flush()
    except BrokenPipeError:
        _abandon_output()
        return DONE  # the reader has read enough
    except OSError as e:  # such as a full disk
        _abandon_output()
        return _tell(_document("SystemError", f"the system refused: {e.strerror or e}"), as_json)
    return code


def _run(command: Callable[[], None], *, as_json: bool) -> int:
    try:
        command()
    except OSError:
        raise
    except click.exceptions.Exit as e:
        return e.exit_code
    except (KeyboardInterrupt, click.Abort):
        return _tell(_document("Interrupted", "interrupted"), as_json)
    except click.UsageError as e:
        return _tell_usage(e, as_json)
    except NotAsAsked as e:
        return _tell(_document(e.code, e.message), as_json)
    except OutagesError as e:
        return _tell(error_document(e), as_json, exit_code(e), _hint(e))
    except Exception as e:  # noqa: BLE001 - our defect: all a user can do is report it
        message = f"this is a defect of localstack-outages: {type(e).__name__}: {e}"
        return _tell(_document("Defect", message), as_json)
    return DONE


def exit_code(error: OutagesError) -> int:
    """Give the exit code for an exception of the package."""
    if isinstance(error, Unreachable | NoControlApi):
        return UNREACHABLE
    return USAGE if isinstance(error, InvalidQuery) else NOT_AS_ASKED


def error_document(error: OutagesError) -> dict[str, Any]:
    """Write an exception as the control API writes its errors."""
    if isinstance(error, ControlError):
        others = getattr(error, "others", ())
        return _document(error.code, error.message, _place(error), others)
    if isinstance(error, RulesFileError) and error.problems:
        first, *others = error.problems
        return _document(error.code, first["message"], first["path"], others)
    return _document(type(error).__name__, str(error))


def _place(error: ControlError) -> str:
    """Say where an error is in the user's words: options become parameters of a URL."""
    return f"--{error.path[1:]}" if isinstance(error, InvalidQuery) else error.path


def _hint(error: OutagesError) -> str:
    """Give what to say after the message of an exception."""
    if isinstance(error, Unreachable):
        return "Is it running, and does --endpoint or OUTAGES_ENDPOINT point to it?"
    if isinstance(error, RulesFileError) and error.problems:
        return str(error).partition(": ")[0] + " is not valid; nothing has changed."
    return ""


def _document(
    code: str, message: str, path: str = "", others: Iterable[dict[str, str]] = ()
) -> dict[str, Any]:
    body: dict[str, Any] = {"code": code, "message": message, "path": path}
    further = list(others)
    return {"error": {**body, "others": further} if further else body}


def _tell_usage(error: click.UsageError, as_json: bool) -> int:
    message = error.format_message()
    if as_json:
        param = getattr(error, "param", None)
        hint = getattr(error, "param_hint", None) or (param and param.opts[0]) or ""
        return _tell(_document("Usage", message, str(hint).strip("'")), as_json, USAGE)
    if error.ctx is not None:
        click.echo(f"{error.ctx.get_usage()}\nTry '{error.ctx.command_path} --help'.\n", err=True)
    click.echo(f"error: {message}", err=True)
    return USAGE


def _tell(document: dict[str, Any], as_json: bool, code: int = NOT_AS_ASKED, hint: str = "") -> int:
    if as_json:
        click.echo(json.dumps(document), err=True)
        return code
    error = document["error"]
    for fault in (error, *error.get("others", ())):
        place = f"{fault['path']}: " if fault["path"] else ""
        click.echo(f"error: {place}{fault['message']}", err=True)
    if hint:
        click.echo(hint, err=True)
    return code


def _abandon_output() -> None:
    """Let nothing more be written, not even by Python when it exits."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if sys.stdout is not None:
        os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
