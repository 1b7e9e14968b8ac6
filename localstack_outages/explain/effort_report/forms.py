"""The forms that a report can have, by how its file is called."""

import json
from collections.abc import Callable
from typing import Any

from localstack_outages.explain.report_forms import ReportForms, as_json
from localstack_outages.schema.effort_report import VERSION, EffortReport

from .junit import junit
from .markdown import markdown
from .page import page

FORMS: ReportForms[Callable[[EffortReport], str]] = ReportForms(
    {".html": page, ".md": markdown, ".json": as_json, ".xml": junit}
)
"""What writes a report, by the end of the file's name."""


def read_report(text: str, name: str) -> EffortReport:
    """Read a report that was kept as JSON.

    :param name: of the file, for messages
    :raises ValueError: where it is none
    """
    try:
        found: Any = json.loads(text)
    except ValueError as e:
        raise ValueError(f"'{name}' is not JSON: {e}") from None
    fields = found if isinstance(found, dict) else {}
    if "subjects" not in fields:
        raise ValueError(f"'{name}' is no report; write one with a name that ends in .json")
    if fields.get("version") != VERSION:
        raise ValueError(f"'{name}' is a report of version {fields.get('version')}, not {VERSION}")
    report: EffortReport = found
    return report
