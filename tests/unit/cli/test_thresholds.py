"""Thresholds: how they are written, and when a run has crossed one."""

import pytest

from localstack_outages.cli.thresholds import read_thresholds

OVER = {
    "isOver": True,
    "goodputBefore": 10.0,
    "amplification": 3.0,
    "recovery": 5.0,
    "goodput": 0.9,
    "lost": 0,
    "open": 0,
    "metastable": False,
    "triggerSeconds": 20.0,
    "secondsSince": 40.0,
    "phases": [{"end": 20.0, "isTrigger": True}, {"end": 90.0, "isTrigger": False}],
    "seconds": [{"at": 21.0, "attempts": 3}],
}
RUNNING = {**OVER, "isOver": False, "recovery": None, "metastable": None, "secondsSince": 0.0}


def threshold(text):
    """Read one threshold."""
    (found,) = read_thresholds(text)
    return found


def test_several():
    """Thresholds are separated by commas, spaces do not matter, and they are written as they are read."""
    text = "amplification > 3, recovery>1m30s,goodput<0.95,lost>0,metastable"

    assert ["amplification>3", "recovery>1m30s", "goodput<0.95", "lost>0", "metastable"] == [
        str(found) for found in read_thresholds(text)
    ]


EXAMPLES = (
    "write amplification>3, recovery>60s, goodput<0.9, lost>0 or metastable, several with commas"
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("amplification", f"'amplification' is no threshold; {EXAMPLES}"),
        ("goodput>0.9", f"'goodput>0.9' is no threshold; {EXAMPLES}"),
        ("metastable,", f"'' is no threshold; {EXAMPLES}"),
        ("speed>3", f"'speed>3' is no threshold; {EXAMPLES}"),
        ("amplification>x", "'amplification>x': 'x' is not a number"),
        ("lost>-1", "'lost>-1': -1 is out of range: 0 or more"),
        ("lost>nan", "'lost>nan': nan is out of range: 0 or more"),
        ("goodput<90", "'goodput<90': 90 is out of range: a share of the calls, from 0 to 1"),
        ("recovery>soon", "'recovery>soon': 'soon' is not a duration; write 90s, 5m, 1h30m, 500ms, "
         "PT5M, or a number of seconds"),
    ],
)  # fmt: skip
def test_what_is_refused(text, message):
    """A threshold that is not valid is refused, with what would be right."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole message is compared
        read_thresholds(text)

    assert message == str(caught.value)


@pytest.mark.parametrize(
    ("text", "report", "expected"),
    [
        ("amplification>2.9", OVER, True),
        ("amplification>3", OVER, False),
        ("amplification>3", RUNNING, None),
        ("amplification>2", RUNNING, True),
        ("amplification>3", {**OVER, "amplification": None}, None),
        ("goodput<0.9", OVER, False),
        ("goodput<0.91", OVER, True),
        ("goodput<0.5", RUNNING, None),
        ("lost>0", OVER, False),
        ("lost>0", {**OVER, "lost": 1}, True),
        ("lost>0", {**OVER, "open": 1}, None),
        ("lost>0", {**OVER, "lost": None, "open": None}, None),
        ("metastable", OVER, False),
        ("metastable", RUNNING, None),
        ("metastable", {**OVER, "metastable": True}, True),
        ("recovery>4s", OVER, True),
        ("recovery>5s", OVER, False),
        ("recovery>60s", RUNNING, None),
        ("recovery>60s", {**OVER, "recovery": None, "secondsSince": 64.0}, None),
        ("recovery>60s", {**OVER, "recovery": None, "secondsSince": 66.0}, True),
        (
            "recovery>60s",
            {**OVER, "recovery": None, "secondsSince": 66.0, "goodputBefore": None},
            None,
        ),
        ("recovery>60s", {**OVER, "recovery": None, "secondsSince": 66.0, "seconds": []}, None),
    ],
)
def test_whether_a_run_has_crossed_it(text, report, expected):
    """It is crossed, not crossed, or still open: also where clients are gone, for then nothing is known."""
    assert expected is threshold(text).is_crossed(report)


@pytest.mark.parametrize(
    ("text", "report", "expected"),
    [
        ("metastable", {**OVER, "secondsSince": 34.0}, False),
        ("metastable", {**OVER, "secondsSince": 36.0}, True),
        ("metastable", {**RUNNING, "secondsSince": 36.0}, False),
        ("recovery>60s", {**OVER, "secondsSince": 74.0}, False),
        ("recovery>60s", {**OVER, "secondsSince": 76.0}, True),
        ("lost>0", {**OVER, "secondsSince": 44.0}, False),
    ],
)
def test_how_long_to_wait(text, report, expected):
    """After its time nobody waits for what stays open."""
    assert expected is threshold(text).is_overdue(report)


@pytest.mark.parametrize(
    ("text", "report", "words"),
    [
        ("amplification>2", OVER, "amplification>2 (it is 3)"),
        ("recovery>2s", {**OVER, "recovery": None}, "recovery>2s (not recovered yet)"),
        ("metastable", OVER, "metastable"),
    ],
)
def test_how_it_is_told(text, report, words):
    """What was crossed is told with the figure of the run."""
    assert words == threshold(text).tell(report)
