"""What a bench finds out: a figure beside its reference, and whether it reaches its goal."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Literal


@dataclass(frozen=True)
class Goal:
    """What a figure should reach: at least or at most a number."""

    of: Literal["value", "ratio", "difference"]
    bound: Literal[">=", "<=", "<"]
    number: float

    def __str__(self) -> str:
        return f"{self.of} {self.bound} {self.number:g}"

    def is_met(self, found: float) -> bool:
        """Return whether `found` reaches the goal."""
        if self.bound == ">=":
            return found >= self.number
        return found <= self.number if self.bound == "<=" else found < self.number


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number, in the shape of `--json`."""

    name: str
    value: float
    unit: str
    reference: str | None
    reference_value: float | None
    ratio: float | None
    goal: str | None
    met: bool | None

    def as_dict(self) -> dict[str, Any]:
        """Return the figure as a line of `--json` holds it."""
        return asdict(self)


def figure(
    name: str,
    value: float,
    unit: str,
    *,
    reference: str | None = None,
    reference_value: float | None = None,
    goal: Goal | None = None,
    digits: int = 4,
) -> Figure:
    """Return the figure, its ratio to the reference, and whether `goal` is met.

    Four significant digits are more than a shared machine can promise; a count may have more.
    """
    ratio = value / reference_value if reference_value else None
    return Figure(
        name=name,
        value=_short(value, digits),
        unit=unit,
        reference=reference,
        reference_value=None if reference_value is None else _short(reference_value, digits),
        ratio=None if ratio is None else round(ratio, 3),
        goal=str(goal) if goal else None,
        met=_is_met(goal, value, ratio, reference_value) if goal else None,
    )


def middle(values: Sequence[float]) -> float:
    """Return the median of one figure's rounds."""
    return float(median(values))


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of the ordered ones do not exceed (nearest rank)."""
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _is_met(goal: Goal, value: float, ratio: float | None, reference: float | None) -> bool:
    found = {
        "value": value,
        "ratio": ratio,
        "difference": None if reference is None else value - reference,
    }[goal.of]
    return found is not None and goal.is_met(found)


def _short(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")
