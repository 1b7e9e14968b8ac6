"""The arithmetic of the results: medians with their spread, and ratios of what ran side by side."""

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from localstack_outages.evidence.percentiles import nearest_rank


class Spread(NamedTuple):
    """A median with its quartiles."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{_short(self.median)} ({_short(self.low)} to {_short(self.high)})"


def spread(values: Sequence[float]) -> Spread:
    """Give the median and the quartiles of some values.

    :raises ValueError: where there are none
    """
    if not values:
        raise ValueError("no values")
    if len(values) == 1:
        return Spread(values[0], values[0], values[0])
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def percentile(values: Sequence[float], share: float) -> float:
    """Give the least value that a share of all does not exceed; 0 where there are none."""
    return nearest_rank(sorted(values), share) or 0.0


class Row(NamedTuple):
    """What was measured of one variant."""

    name: str
    value: Spread
    ratio: Spread
    """To the first variant, repetition by repetition: what disturbs one disturbs its neighbour."""

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {"value": self.value._asdict(), "ratio": self.ratio._asdict()}

    @classmethod
    def from_json(cls, name: str, document: Mapping[str, Any]) -> "Row":
        """Read what ``as_json`` gave."""
        return cls(name, Spread(**document["value"]), Spread(**document["ratio"]))


class Table(NamedTuple):
    """Variants that ran interleaved, measured in the same unit."""

    title: str
    unit: str
    rows: tuple[Row, ...]

    def ratio(self, name: str) -> float:
        """Give the median ratio of a variant to the first.

        :raises KeyError: where there is no such variant
        """
        return self._row(name).ratio.median

    def value(self, name: str) -> float:
        """Give the median of a variant.

        :raises KeyError: where there is no such variant
        """
        return self._row(name).value.median

    def _row(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """Give it as JSON."""
        rows = {row.name: row.as_json() for row in self.rows}
        return {"title": self.title, "unit": self.unit, "rows": rows}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Table":
        """Read what ``as_json`` gave."""
        rows = tuple(Row.from_json(name, row) for name, row in document["rows"].items())
        return cls(document["title"], document["unit"], rows)


def table(title: str, unit: str, samples: Mapping[str, Sequence[float]]) -> Table:
    """Compare variants with the first of them.

    :param samples: for each variant its values, in the order of the repetitions
    """
    first = next(iter(samples.values()))
    rows = tuple(
        Row(
            name,
            spread(values),
            spread([value / base for value, base in zip(values, first, strict=True)]),
        )
        for name, values in samples.items()
    )
    return Table(title, unit, rows)


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
