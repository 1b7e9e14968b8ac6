"""The forms that a report of failure coverage can have, by how its file is called."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

from localstack_outages.schema.failure_coverage import FailureCoverage

from .cobertura import cobertura
from .page import page

Form = Callable[[FailureCoverage, Mapping[str, Sequence[str]]], str]
"""Writes a report; it is given the lines of the files in it, as far as they can be read."""


def _json(report: FailureCoverage, _: Mapping[str, Sequence[str]]) -> str:
    return json.dumps(report, indent=1) + "\n"


_FORMS: dict[str, Form] = {".html": page, ".json": _json, ".xml": cobertura}
_USUAL = {
    "html": "htmlcov-outages/index.html",
    "json": "coverage-outages.json",
    "xml": "coverage-outages.xml",
}
"""The files of a form that is named alone, beside those of coverage.py: ``htmlcov``, ``coverage.json``
and ``coverage.xml``."""


def file_of(wanted: str) -> str:
    """Give the file that is meant by a file, or by a form alone.

    :raises ValueError: where its name does not say which form it is to have
    """
    file = _USUAL.get(wanted, wanted)
    form_of(file)
    return file


def form_of(file: str) -> Form:
    """Give what writes a report into a file.

    :raises ValueError: where its name does not say which form it is to have
    """
    suffix = PurePath(file).suffix
    if suffix not in _FORMS:
        raise ValueError(
            f"'{file}' has no form; let it end in {', '.join(_FORMS)}, or write {', '.join(_USUAL)}"
        )
    return _FORMS[suffix]
