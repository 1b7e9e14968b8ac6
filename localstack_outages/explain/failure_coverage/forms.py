"""The forms that a report of failure coverage can have, by how its file is called."""

from collections.abc import Callable, Mapping, Sequence

from localstack_outages.explain.report_forms import ReportForms, as_json
from localstack_outages.schema.failure_coverage import FailureCoverage

from .cobertura import cobertura
from .page import page

Form = Callable[[FailureCoverage, Mapping[str, Sequence[str]]], str]
"""Writes a report; it is given the lines of the files in it, as far as they can be read."""


_USUAL = {
    "html": "htmlcov-outages/index.html",
    "json": "coverage-outages.json",
    "xml": "coverage-outages.xml",
}
"""The files of a form that is named alone, beside those of coverage.py: ``htmlcov``, ``coverage.json``
and ``coverage.xml``."""


FORMS: ReportForms[Form] = ReportForms(
    {".html": page, ".json": as_json, ".xml": cobertura}, f", or write {', '.join(_USUAL)}"
)


def file_of(wanted: str) -> str:
    """Give the file that is meant by a file, or by a form alone.

    :raises ValueError: where its name does not say which form it is to have
    """
    file = _USUAL.get(wanted, wanted)
    FORMS.of(file)
    return file
