"""Moments with a name."""

import pytest

from localstack_outages.evidence import marks as module
from localstack_outages.evidence.marks import Marks
from localstack_outages.schema.errors import UnknownMark


def test_a_mark_is_moved():
    """One of the same name is set anew, and comes last."""
    now = [1795427040.0]
    marks = Marks(lambda: now[0])
    marks.set("drill")
    marks.set("other")
    now[0] += 1
    again = marks.set("drill")

    assert {"name": "drill", "time": "2026-11-23T09:44:01.000Z"} == again
    assert ["other", "drill"] == [mark["name"] for mark in marks.all()]
    assert now[0] == marks.find("drill")


def test_an_unknown_mark_is_refused():
    """The message names one that is alike, or how to set one."""
    marks = Marks()
    with pytest.raises(UnknownMark, match=r"there is no mark 'a'; POST /outages/marks sets one"):
        marks.find("a")
    marks.set("nightly")
    with pytest.raises(UnknownMark, match="did you mean 'nightly'"):
        marks.find("nightyl")


def test_marks_are_bounded(monkeypatch):
    """The one that was set first is forgotten."""
    monkeypatch.setattr(module, "MAX_MARKS", 2)
    marks = Marks()
    for name in ("a", "b", "c"):
        marks.set(name)

    assert ["b", "c"] == [mark["name"] for mark in marks.all()]
