"""In which form a report is written: the end of its file's name says so, for every kind of report."""

import json
from collections.abc import Mapping
from pathlib import PurePath
from typing import Generic, TypeVar

F = TypeVar("F")


class ReportForms(Generic[F]):
    """The forms of one kind of report.

    :param forms: what writes each, by the end of the file's name, such as ``.html``
    :param hint: what else a user may write, for messages
    """

    def __init__(self, forms: Mapping[str, F], hint: str = "") -> None:
        self._forms = forms
        self._hint = hint

    def of(self, path: str) -> F:
        """Give what writes a report into a file.

        :raises ValueError: where its name does not say which form it is to have
        """
        suffix = PurePath(path).suffix
        if suffix not in self._forms:
            raise ValueError(
                f"'{path}' has no form; let it end in {', '.join(self._forms)}{self._hint}"
            )
        return self._forms[suffix]


def as_json(report: object, *_: object) -> str:
    """Write a report as JSON."""
    return json.dumps(report, indent=1) + "\n"
