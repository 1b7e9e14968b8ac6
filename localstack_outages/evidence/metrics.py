"""Prometheus metrics, in a registry of their own.

Calls are counted in plain dictionaries, and made into Prometheus' terms when someone scrapes:
``prometheus_client`` takes a tenth of a second to import, which a start without a scraper saves.
"""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from localstack_outages.engine.finished import Injected
from localstack_outages.schema.fault import Labels
from localstack_outages.schema.faults import all_faults
from localstack_outages.schema.vocabulary import OUTCOMES

from .place_numbers import MAX_PLACES, Places
from .record import Observed

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.metrics_core import (
        CounterMetricFamily,
        GaugeMetricFamily,
        HistogramMetricFamily,
        Metric,
    )

PREFIX = "localstack_outages_"

DELAY_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
"""Upper bounds, seconds."""

DECISION_BUCKETS = (5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 5e-3, 2.5e-2, 0.1)
"""Upper bounds, seconds."""

_OUTCOME_NUMBER = {outcome: number for number, outcome in enumerate(OUTCOMES)}


@cache
def _labels() -> tuple[Labels, ...]:
    """Give those of all faults. Nobody asks before there is a rule, or who scrapes."""
    return tuple(fault.labels for fault in all_faults() if fault.labels is not None)


def fault_kinds() -> tuple[str, ...]:
    """Give the values of the label ``kind``. A call that is delayed and then fails counts under both."""
    return tuple(value for labels in _labels() for value in labels.values)


class Histogram:
    """Counts values by upper bounds. The caller holds a lock of its own around it.

    :param bounds: the upper bounds, in order, without infinity
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def copy(self) -> "Histogram":
        """Give what was counted until now."""
        copy = Histogram(self._bounds)
        copy._counts, copy._sum = self._counts[:], self._sum
        return copy

    def family(self, name: str, documentation: str) -> "HistogramMetricFamily":
        """Write it in Prometheus' terms, in which each bucket holds all below it."""
        from prometheus_client.metrics_core import HistogramMetricFamily

        so_far = 0
        buckets = []
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            so_far += count
            buckets.append(("+Inf" if bound == float("inf") else repr(float(bound)), so_far))
        family = HistogramMetricFamily(name, documentation)
        family.add_metric([], buckets=buckets, sum_value=self._sum)
        return family


class Metrics:
    """Counts calls for Prometheus.

    :param rules: gives how many rules are in each state, when someone scrapes
    :param places: how many pairs of service and region are told apart; the others are counted as
        the service and region ``other``
    :param waiting: gives how many calls rules make wait, when someone scrapes
    """

    def __init__(
        self,
        rules: Callable[[], Mapping[str, int]],
        places: int = MAX_PLACES,
        waiting: Callable[[], int] = lambda: 0,
    ) -> None:
        self._rules = rules
        self._waiting = waiting
        self._places = Places(places)
        self._lock = threading.Lock()
        self._calls: dict[int, int] = {}
        self._retries: dict[int, int] = {}
        self._faults: dict[str, int] = {}
        self._delays = Histogram(DELAY_BUCKETS)
        self._decisions = Histogram(DECISION_BUCKETS)

    def record(self, observed: Observed) -> None:
        """Count a call."""
        outcome = _OUTCOME_NUMBER[observed.outcome]
        fault, decision_ms = observed.injected, observed.decision_ms
        with self._lock:
            place = self._places.number(observed.service, observed.region)
            key = place * len(OUTCOMES) + outcome
            self._calls[key] = self._calls.get(key, 0) + 1
            if (observed.attempt or 1) > 1:
                self._retries[place] = self._retries.get(place, 0) + 1
            if decision_ms is not None:
                self._decisions.observe(decision_ms / 1000)
            if fault is not None:
                self._count_fault(fault)

    def _count_fault(self, fault: Injected) -> None:
        if fault.delay_ms:
            self._delays.observe(fault.delay_ms / 1000)
        for labels in _labels():
            kind = labels.of(fault)
            if kind is not None:
                self._faults[kind] = self._faults.get(kind, 0) + 1

    def render(self, accept: str = "") -> tuple[bytes, str]:
        """Give the metrics as Prometheus reads them.

        :param accept: the ``Accept`` header of who scrapes
        :return: the text and its content type
        """
        from prometheus_client.exposition import choose_encoder

        encoder, content_type = choose_encoder(accept)
        return encoder(self._registry), content_type

    def collect(self) -> Iterator["Metric"]:
        """Give the metrics in Prometheus' terms; called by the registry."""
        from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

        with self._lock:
            calls, faults = dict(self._calls), dict(self._faults)
            retries = dict(self._retries)
            delays, decisions = self._delays.copy(), self._decisions.copy()
            names = tuple(self._places.names)

        yield _filled(
            GaugeMetricFamily(PREFIX + "rules", "Rules by state.", labels=["state"]),
            (([state], count) for state, count in self._rules().items()),
        )
        yield _filled(
            CounterMetricFamily(
                PREFIX + "calls",
                "AWS calls that ended, by service, region and outcome.",
                labels=["service", "region", "outcome"],
            ),
            (
                ([*names[key // len(OUTCOMES)], OUTCOMES[key % len(OUTCOMES)]], count)
                for key, count in calls.items()
            ),
        )
        yield _filled(
            CounterMetricFamily(
                PREFIX + "retries",
                "AWS calls that ended and were not a first attempt, by service and region.",
                labels=["service", "region"],
            ),
            (([*names[place]], count) for place, count in retries.items()),
        )
        yield _filled(
            GaugeMetricFamily(PREFIX + "waiting_calls", "AWS calls that rules make wait."),
            [([], self._waiting())],
        )
        yield _filled(
            CounterMetricFamily(
                PREFIX + "faults", "Faults injected into AWS calls, by kind.", labels=["kind"]
            ),
            (([kind], faults.get(kind, 0)) for kind in fault_kinds()),
        )
        yield delays.family(
            PREFIX + "injected_delay_seconds", "How long calls were made to wait, seconds."
        )
        yield decisions.family(
            PREFIX + "decision_seconds", "How long it took to decide about a call, seconds."
        )

    @cached_property
    def _registry(self) -> "CollectorRegistry":
        from prometheus_client import CollectorRegistry

        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return registry


def _filled(
    family: "CounterMetricFamily | GaugeMetricFamily", rows: Iterable[tuple[list[str], float]]
) -> "Metric":
    """Add to a metric its values, each with its labels."""
    for labels, value in rows:
        family.add_metric(labels, value)
    return family
