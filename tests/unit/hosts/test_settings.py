"""Settings of the hosts: what they mean, and that a bad one does not count."""

import pytest

from localstack_outages.hosts.settings import read_fis_speed


@pytest.mark.parametrize(("given", "expected"), [("", 1), ("60", 60), (" 0.5 ", 0.5)])
def test_fis_speed(monkeypatch, given, expected):
    """The speed of FIS is a number."""
    monkeypatch.setenv("OUTAGES_FIS_SPEED", given)

    assert expected == read_fis_speed()


@pytest.mark.parametrize("given", ["0", "-1", "fast", "nan", "inf", "1e9"])
def test_bad_fis_speed(monkeypatch, caplog, given):
    """A speed that is none counts as 1, and the log says so."""
    monkeypatch.setenv("OUTAGES_FIS_SPEED", given)

    assert 1 == read_fis_speed()
    assert f"OUTAGES_FIS_SPEED: '{given}' is not a number above 0" in caplog.text
