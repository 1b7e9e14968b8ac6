"""How a system came through a disturbance: judged from its load before, meanwhile and afterwards.

Everything here is pure. Bronson et al., "Metastable Failures in Distributed Systems" (HotOS 2021), is
where the words come from: a trigger puts a system into a bad state, and where that state goes on
after the trigger is gone, its retries sustain it, and it is metastable.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from .load import MEASURED_SECONDS, Figures, mean_from_first, total

WINDOW = 5
"""Figures are of so many seconds: one second of a slow client says nothing."""

RECOVERED = 0.95
"""This share of the goodput before is as good as before."""

BROKEN = 0.5
"""Below this share of the goodput before a system does not do its work."""

Seconds = Mapping[int, Figures]
"""The load of each second, since 1970 (UTC); one that is not there had none."""

_Window = list[Figures]


class Judged(NamedTuple):
    """What the load says of a run. Times are in seconds; shares are of the goodput before."""

    goodput_before: float | None
    lowest_goodput: float | None
    goodput: float | None
    first_good: float | None
    recovery: float | None
    amplification: float | None
    metastable: bool | None


class Span(NamedTuple):
    """When a run was, in seconds since 1970 (UTC)."""

    start: float
    trigger_start: float
    trigger_end: float
    """When the trigger ended, or will end."""
    until: float
    """What comes later is not of the run. The seconds before this one are complete."""


def judge_run(load: Seconds, span: Span, before: float | None) -> Judged:
    """Judge a run.

    :param load: as far as it is kept, from the second on that ``load`` begins with
    :param before: the goodput before, as ``goodput_before`` gives it
    """
    last = int(span.until) - 1
    kept = max(int(span.start), min(load, default=int(span.start)))
    meanwhile = list(_windows(load, kept, last))
    is_after = span.until > span.trigger_end >= kept
    afterwards = list(_windows(load, int(span.trigger_end), last)) if is_after else []
    whole = total(load.get(second, Figures()) for second in range(kept, last + 1))
    return Judged(
        goodput_before=before,
        lowest_goodput=_share(min(map(_good_rate, meanwhile), default=None), before),
        goodput=_share(min(whole.good, whole.calls), whole.calls),
        first_good=_first_good(load, int(span.trigger_end), last) if is_after else None,
        recovery=_recovery(afterwards, before),
        amplification=max(filter(None, map(_amplification, meanwhile)), default=None),
        metastable=_is_metastable(afterwards, span.trigger_end - span.trigger_start, before),
    )


def goodput_before(load: Seconds, start: float) -> float | None:
    """Give the good answers a second in the minute before a run, from the first call in it on.

    :return: None where there were none
    """
    minute = range(int(start) - MEASURED_SECONDS, int(start))
    return mean_from_first([int(load.get(second, Figures()).good) for second in minute]) or None


def _amplification(window: _Window) -> float | None:
    whole = total(window)
    return round(whole.attempts / whole.calls, 3) if whole.calls else None


def _windows(load: Seconds, first: int, last: int) -> Iterator[_Window]:
    """Give every run of ``WINDOW`` seconds from the first to the last."""
    for begin in range(first, last - WINDOW + 2):
        yield [load.get(second, Figures()) for second in range(begin, begin + WINDOW)]


def _good_rate(window: _Window) -> float:
    return total(window).good / len(window)


def _share(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else round(part / whole, 3)


def _first_good(load: Seconds, ended: int, last: int) -> float | None:
    good = (s for s in range(ended, last + 1) if load.get(s, Figures()).good)
    return next((float(second - ended) for second in good), None)


def _recovery(afterwards: Sequence[_Window], before: float | None) -> float | None:
    if before is None:
        return None
    for number, window in enumerate(afterwards):
        if _good_rate(window) >= RECOVERED * before:
            return float(number)
    return None


def _is_metastable(
    afterwards: Sequence[_Window], lasted: float, before: float | None
) -> bool | None:
    """Say whether a system stays broken, though its clients call. Whether it would do its work is not
    known while they do not.
    """
    if before is None:
        return None
    for number, window in enumerate(afterwards):
        if not total(window).attempts:
            continue
        if _good_rate(window) >= BROKEN * before:
            return False
        if number > lasted:
            return True
    return None
