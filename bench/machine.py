"""The machine itself, at this moment: what all absolute figures of the run must be read against."""

from time import perf_counter

from bench.figures import Figure, figure, middle
from bench.workshop import Workshop

_LOOPS_A_ROUND = 5
_ADDITIONS = 1_000_000
# The same loop in the quietest minutes of the machine this was written on.
_QUIET_MS = 38.0


def machine(workshop: Workshop) -> list[Figure]:
    """Measure a fixed loop of plain Python: neighbours and slow processors show here first."""
    took: list[float] = []
    for _ in workshop.each_round("the machine"):
        took += [_loop_ms() for _ in range(_LOOPS_A_ROUND)]
    return [
        figure(
            "machine",
            middle(took),
            "ms for a million additions",
            reference="the same on a quiet machine of this kind",
            reference_value=_QUIET_MS,
        )
    ]


def _loop_ms() -> float:
    begun, total = perf_counter(), 0
    for number in range(_ADDITIONS):
        total += number
    return (perf_counter() - begun) * 1000
