"""Durations are read as people write them, and written so that they are read as the same."""

import pytest
from hypothesis import given, strategies as st

from localstack_outages.schema.durations import format_duration, format_roughly, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("0.5", 0.5),
        (".5", 0.5),
        ("90s", 90),
        ("5m", 300),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("1s500ms", 1.5),
        ("1.5h", 5400),
        ("2d", 172_800),
        ("1d2h3m4s5ms", 93_784.005),
        (" 5M ", 300),
        ("PT5M", 300),
        ("pt1h30m", 5400),
        ("PT0.5S", 0.5),
        ("P1DT2H", 93_600),
        ("P2D", 172_800),
        ("0", 0),
    ],
)
def test_it_is_read(text, seconds):
    """Units, ISO 8601 and plain seconds are read."""
    assert seconds == parse_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "s",
        "5x",
        "-5s",
        "5 m",
        "30m1h",
        "5s5s",
        "1e3",
        "inf",
        "nan",
        "P",
        "PT",
        "5M5",
        "٣s",
    ],
)
def test_what_is_none_is_refused(text):
    """The message names what was written, and how it is written right."""
    with pytest.raises(
        ValueError, match="is not a duration; write 90s, 5m, 1h30m, 500ms"
    ) as caught:
        parse_duration(text)

    assert str(caught.value).startswith(f"'{text}' ")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.5, "500ms"),
        (0.0005, "0.5ms"),
        (1.5, "1.5s"),
        (60, "1m"),
        (90, "1m30s"),
        (3600, "1h"),
        (5400, "1h30m"),
        (86_400, "1d"),
        (90_061.25, "1d1h1m1.25s"),
    ],
)
def test_it_is_written(seconds, text):
    """The shortest form is written."""
    assert text == format_duration(seconds)


@given(st.integers(0, 30 * 86_400_000).map(lambda ms: ms / 1000))
def test_what_is_written_is_read(seconds):
    """Whatever is written is read as the same."""
    assert seconds == pytest.approx(parse_duration(format_duration(seconds)), abs=1e-6)


@pytest.mark.parametrize(
    ("seconds", "text"), [(287.123, "4m47s"), (9.96, "10s"), (9.94, "9.9s"), (0.04, "0s")]
)
def test_it_is_written_roughly(seconds, text):
    """Who watches time pass sees whole seconds, and tenths at the end."""
    assert text == format_roughly(seconds)
