"""The exceptions: their tree, their codes and what they carry."""

import inspect

import pytest

from localstack_outages.schema import errors
from localstack_outages.schema.errors import (
    BodyTooLarge,
    ControlError,
    ForeignHost,
    ForeignPage,
    InvalidBody,
    InvalidQuery,
    InvalidRules,
    InvalidScenario,
    KeyReused,
    MethodNotAllowed,
    NotShared,
    OutagesError,
    PreconditionFailed,
    RulesFileError,
    TooManyReaders,
    Unauthorized,
    UnknownMark,
    UnknownOwner,
    UnknownPath,
    UnknownRule,
    UnknownScenario,
)

ALL = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]

CODES = {
    ControlError: ("InvalidRequest", 400),
    InvalidRules: ("InvalidRules", 400),
    InvalidScenario: ("InvalidScenario", 400),
    InvalidBody: ("InvalidBody", 400),
    InvalidQuery: ("InvalidQuery", 400),
    BodyTooLarge: ("BodyTooLarge", 413),
    Unauthorized: ("Unauthorized", 401),
    ForeignPage: ("ForeignPage", 403),
    ForeignHost: ("ForeignHost", 403),
    UnknownPath: ("UnknownPath", 404),
    UnknownRule: ("UnknownRule", 404),
    UnknownScenario: ("UnknownScenario", 404),
    UnknownMark: ("UnknownMark", 404),
    UnknownOwner: ("UnknownOwner", 404),
    MethodNotAllowed: ("MethodNotAllowed", 405),
    PreconditionFailed: ("PreconditionFailed", 412),
    KeyReused: ("KeyReused", 422),
    NotShared: ("NotShared", 503),
    TooManyReaders: ("TooManyReaders", 503),
}


@pytest.mark.parametrize("kind", ALL)
def test_one_root(kind):
    """Every exception of the package can be caught as one."""
    assert issubclass(kind, OutagesError)


@pytest.mark.parametrize("kind", ALL)
def test_tree(kind):
    """Every exception stands in the tree that the module draws."""
    assert f" {kind.__name__} " in errors.__doc__.replace("\n", " ")


@pytest.mark.parametrize(("kind", "expected"), CODES.items())
def test_codes(kind, expected):
    """The code and the HTTP status of each refusal are part of the control API."""
    assert expected == (kind.code, kind.status)


def test_all_codes_are_known():
    """Every refusal of a control request has a code of its own."""
    refusals = {kind for kind in ALL if issubclass(kind, ControlError)}

    assert set(CODES) == refusals
    assert len(refusals) == len({kind.code for kind in refusals})


def test_rules_file_error_is_no_refusal():
    """What is wrong with the rules given at start is no answer to a control request."""
    assert not issubclass(RulesFileError, ControlError)


@pytest.mark.parametrize(
    ("path", "expected"), [("", "it is wrong"), ("[2].times", "[2].times: it is wrong")]
)
def test_text(path, expected):
    """The text of a refusal says where it is wrong, if that is not everywhere."""
    error = InvalidRules("it is wrong", path)

    assert expected == str(error)
    assert ("it is wrong", path) == (error.message, error.path)


def test_other_faults():
    """Refused rules carry the further faults, which are none unless given."""
    other = {"message": "it is wrong too", "path": "[3]"}

    assert () == InvalidRules("it is wrong").others
    assert (other,) == InvalidRules("it is wrong", "[2]", (other,)).others


def test_allowed_methods():
    """A refused method carries those that are allowed."""
    assert ("GET", "POST") == MethodNotAllowed("no PUT here", ("GET", "POST")).allowed
