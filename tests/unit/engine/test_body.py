"""The body of an answer, part by part."""

import pytest
from hypothesis import given, strategies as st

from localstack_outages.engine.body import BodyShaper
from localstack_outages.engine.hold import Hold
from localstack_outages.engine.steps import Delivery, Shape
from localstack_outages.schema.effect import Payload


def send(parts, hold=None, **payload):
    """Send a body; give what a client gets, how long it waits, and whether the body breaks off."""
    shaper = BodyShaper(Shape(Payload(**payload), hold or Hold(), Delivery(lambda: 0.0)))
    got, waited = b"", 0.0
    for part in parts:
        for seconds, piece in shaper.feed(part):
            waited += seconds
            got += piece
        if shaper.is_cut:
            break
    return got, waited, shaper.is_cut


@pytest.mark.parametrize(
    ("truncate", "expected"),
    [(0, (b"", 0, True)), (3, (b"012", 0, True)), (5, (b"01234", 0, True)),
     (6, (b"012345", 0, False)), (99, (b"012345", 0, False))],
)  # fmt: skip
def test_truncate(truncate, expected):
    """A body breaks off after so many bytes; one that is not longer is whole."""
    assert expected == send([b"0123", b"", b"45"], truncate=truncate)


def test_corrupt():
    """So many bytes at the beginning are wrong, over the ends of parts; the length stays."""
    got, _, is_cut = send([b"01", b"2345"], corrupt=3)

    assert [True, True, True, False, False, False] == [
        a != b for a, b in zip(got, b"012345", strict=True)
    ]
    assert not is_cut


def test_bandwidth():
    """A body takes as long as its bytes need."""
    assert (b"x" * 250, pytest.approx(2.5), False) == send([b"x" * 99, b"x" * 151], bandwidth=100)


def test_together():
    """All of it can happen to one body."""
    got, waited, is_cut = send([b"0123456789"], corrupt=1, truncate=4, bandwidth=2)

    assert (b"123", pytest.approx(2), True) == (got[1:], waited, is_cut)


def test_delivery():
    """The delivery tells when the last piece went out, as far as the body was asked for."""
    now = [5.0]
    delivery = Delivery(lambda: now[0])
    shaper = BodyShaper(Shape(Payload(bandwidth=10), Hold(), delivery))
    assert delivery.until < 0
    for seconds, _ in shaper.feed(b"0123"):
        assert now[0] + seconds == delivery.until
        now[0] += seconds

    assert pytest.approx(5.4) == delivery.until


def test_released():
    """Once its rule is deleted a body goes on as it is."""
    hold = Hold()
    shaper = BodyShaper(Shape(Payload(bandwidth=10, corrupt=100), hold, Delivery(lambda: 0.0)))
    pieces = shaper.feed(b"0123456789")
    assert (0.1, 1) == (lambda p: (p[0], len(p[1])))(next(pieces))
    hold.release()

    assert 9 == sum(len(piece) for _, piece in pieces)
    assert [(0, b"more")] == list(shaper.feed(b"more"))


@given(
    st.lists(st.binary(max_size=50), max_size=8),
    st.integers(0, 300),
    st.integers(1, 300),
    st.integers(1, 100),
)
def test_any_body(parts, truncate, corrupt, bandwidth):
    """However a body is cut into parts, the client gets the same bytes in the same time."""
    whole = b"".join(parts)
    changes = {"truncate": truncate, "corrupt": corrupt, "bandwidth": bandwidth}

    got, waited, is_cut = send(parts, **changes)
    expected, seconds, expected_cut = send([whole], **changes)
    assert (got, is_cut) == (expected, expected_cut)
    assert waited == pytest.approx(seconds)
    assert len(got) == min(len(whole), truncate)
