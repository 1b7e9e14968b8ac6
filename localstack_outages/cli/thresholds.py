"""What a run of a scenario may come to: ``amplification>3,recovery>60s,metastable``."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from localstack_outages.aws.retryable import OPEN_SECONDS
from localstack_outages.schema.durations import format_duration, parse_duration

if TYPE_CHECKING:
    from localstack_outages.schema.load_documents import ScenarioReport

EXAMPLES = "amplification>3, recovery>60s, goodput<0.9, lost>0 or metastable"

_SETTLING_SECONDS = 15
"""After its time so long a threshold may still be open: what is judged are means of five seconds."""


class Threshold(NamedTuple):
    """A figure of a report, and what is too much or too little of it."""

    figure: str
    bound: float = 0

    def __str__(self) -> str:
        if self.figure == "metastable":
            return self.figure
        bound = format_duration(self.bound) if self.figure == "recovery" else f"{self.bound:g}"
        return f"{self.figure}{_SIGNS[self.figure]}{bound}"

    def is_crossed(self, report: "ScenarioReport") -> bool | None:
        """Say whether a run has crossed it.

        :return: False where it cannot do so any more, None while that is open
        """
        return _JUDGES[self.figure](report, self.bound)

    def is_overdue(self, report: "ScenarioReport") -> bool:
        """Whether there is no use in waiting longer to know."""
        wait = {"recovery": self.bound, "lost": OPEN_SECONDS}.get(self.figure, 0)
        wait = max(wait, report["triggerSeconds"])
        return report["isOver"] and report["secondsSince"] > wait + _SETTLING_SECONDS

    def tell(self, report: "ScenarioReport") -> str:
        """Say what a run came to that has crossed it."""
        if self.figure == "metastable":
            return "metastable"
        value = report[self.figure]  # type: ignore[literal-required]  # one of _JUDGES
        if value is None:
            return f"recovery>{format_duration(self.bound)} (not recovered yet)"
        return f"{self} (it is {value:g})"


def _over(report: "ScenarioReport", value: float | None, *, is_crossed: bool) -> bool | None:
    """Say what is known of a figure that changes until the run is over."""
    if value is None or is_crossed:
        return None if value is None else True
    return False if report["isOver"] else None


def _amplification(report: "ScenarioReport", bound: float) -> bool | None:
    value = report["amplification"]
    return _over(report, value, is_crossed=(value or 0) > bound)


def _goodput(report: "ScenarioReport", bound: float) -> bool | None:
    value = report["goodput"]
    return _over(report, value, is_crossed=value is not None and value < bound)


def _lost(report: "ScenarioReport", bound: float) -> bool | None:
    if (report["lost"] or 0) > bound:
        return True
    return False if report["isOver"] and report["open"] == 0 else None


def _recovery(report: "ScenarioReport", bound: float) -> bool | None:
    value = report["recovery"]
    if value is not None:
        return value > bound
    is_late = report["goodputBefore"] is not None and report["secondsSince"] > bound + 5
    return True if is_late and _is_called_after(report) else None


def _is_called_after(report: "ScenarioReport") -> bool:
    """Whether clients call after the trigger. Whether they would get answers is not known else."""
    ended = max(phase["end"] for phase in report["phases"] if phase["isTrigger"])
    return any(second["attempts"] for second in report["seconds"] if second["at"] >= ended)


def _metastable(report: "ScenarioReport", _: float) -> bool | None:
    return report["metastable"]


_JUDGES: dict[str, Callable[["ScenarioReport", float], bool | None]] = {
    "amplification": _amplification,
    "recovery": _recovery,
    "goodput": _goodput,
    "lost": _lost,
    "metastable": _metastable,
}
_SIGNS = {"amplification": ">", "recovery": ">", "goodput": "<", "lost": ">"}


def read_thresholds(text: str) -> list[Threshold]:
    """Read thresholds with commas between them.

    :raises ValueError: where one is not valid
    """
    return [_read(part.strip()) for part in text.split(",")]


def _read(text: str) -> Threshold:
    if text == "metastable":
        return Threshold(text)
    for figure, sign in _SIGNS.items():
        name, found, bound = text.partition(sign)
        if found and name.strip() == figure:
            return Threshold(figure, _bound(text, figure, bound.strip()))
    raise ValueError(f"'{text}' is no threshold; write {EXAMPLES}, several with commas")


def _bound(text: str, figure: str, bound: str) -> float:
    try:
        value = parse_duration(bound) if figure == "recovery" else float(bound)
    except ValueError as e:
        reason = e if figure == "recovery" else f"'{bound}' is not a number"
        raise ValueError(f"'{text}': {reason}") from None
    if not 0 <= value <= (1 if figure == "goodput" else 1e9):
        share = "a share of the calls, from 0 to 1" if figure == "goodput" else "0 or more"
        raise ValueError(f"'{text}': {bound} is out of range: {share}")
    return value
