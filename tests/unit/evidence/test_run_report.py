"""How a run is judged by the load before, meanwhile and afterwards."""

import pytest

from localstack_outages.evidence.load import Figures
from localstack_outages.evidence.run_report import Span, goodput_before, judge_run

START = 1000
STABLE = {second: Figures(10, 10, 10) for second in range(START - 60, START)}


def load(*spells):
    """Make the load of a run: each spell is how many seconds, calls, attempts and good answers."""
    found, second = dict(STABLE), START
    for seconds, *figures in spells:
        for _ in range(seconds):
            found[second] = Figures(*figures)
            second += 1
    return found


def judged(*spells, trigger=20):
    """Judge a run at its end."""
    found = load(*spells)
    span = Span(START, START, START + trigger, max(found) + 1)
    return judge_run(found, span, goodput_before(found, START))


def test_a_system_that_recovers_at_once():
    """Goodput is back in the second in which the trigger ends."""
    run = judged((20, 10, 30, 0), (40, 10, 10, 10))

    assert 10 == run.goodput_before
    assert 0 == run.lowest_goodput
    assert (0, 0) == (run.first_good, run.recovery)
    assert 3 == run.amplification
    assert run.metastable is False


def test_a_system_that_recovers_slowly():
    """Recovery is counted until goodput is at 95 % of that before, not until the first answer."""
    run = judged((20, 10, 10, 0), (3, 10, 10, 0), (10, 10, 20, 6), (20, 10, 10, 10))

    assert (3, 13) == (run.first_good, run.recovery)
    assert run.metastable is False


@pytest.mark.parametrize(("seconds", "expected"), [(15, None), (24, None), (26, True), (60, True)])
def test_a_system_that_does_not_recover(seconds, expected):
    """It is metastable once it was broken for longer than the trigger lasted, and not before."""
    run = judged((20, 10, 10, 0), (seconds, 300, 300, 1))

    assert expected is run.metastable
    assert run.recovery is None


def test_half_a_recovery():
    """Above half of the goodput before a system is not metastable, though it has not recovered."""
    run = judged((20, 10, 10, 0), (60, 10, 10, 6))

    assert run.metastable is False
    assert (0.0, None) == (run.first_good, run.recovery)


def test_while_the_trigger_lasts():
    """Nothing is said of what comes after it."""
    run = judged((10, 10, 30, 2))

    assert 0.2 == run.lowest_goodput
    assert (None, None, None) == (run.first_good, run.recovery, run.metastable)


def test_without_calls_before():
    """Without a stable state there is nothing to compare with."""
    found = {START: Figures(5, 5, 0)}
    run = judge_run(found, Span(START, START, START + 20, START + 60), goodput_before(found, START))

    assert (None, None) == (run.goodput_before, run.lowest_goodput)
    assert (None, None) == (run.recovery, run.metastable)


def test_clients_that_are_gone():
    """Where nobody calls after the trigger it is not known how the system does."""
    run = judged((20, 10, 10, 0), (60, 0, 0, 0))

    assert (None, None, None) == (run.first_good, run.recovery, run.metastable)


def test_the_goodput_of_all():
    """The goodput of a run is the share of its logical calls that were answered well."""
    assert 0.75 == judged((20, 10, 30, 0), (60, 10, 10, 10)).goodput


def test_a_trigger_before_what_is_kept():
    """Where the trigger's end is not kept, what came after it is not known."""
    found = {second: Figures(10, 10, 10) for second in range(START + 100, START + 200)}
    run = judge_run(found, Span(START, START, START + 20, START + 200), 10)

    assert (None, None, None) == (run.first_good, run.recovery, run.metastable)


def test_traffic_that_began_shortly_before():
    """The stable state counts from the first second that was counted in whole: a test does not wait
    for a minute.
    """
    found = {second: Figures(10, 10, 10) for second in range(START - 5, START)}
    found[START - 6] = Figures(2, 2, 2)

    assert 10 == goodput_before(found, START)


def test_traffic_of_one_second():
    """Where calls came in one second alone, the mean is from that one on."""
    assert 4 == goodput_before({START - 2: Figures(8, 8, 8)}, START)
