"""Whether the time of an answer tells what the answer does not: secrets compared, people known.

After dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", 2017): two kinds of
questions in random turns, the slowest tenth left out, and Welch's t between them. The same class
stands against itself in the same turns; what that comes to is the noise of this run.
"""

import logging
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from math import sqrt
from pathlib import Path
from statistics import fmean, median, variance
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import Final

from bench.figures import Figure, Goal, figure
from bench.servers import bench_settings
from bench.shop import Shop, open_shop
from bench.timing_cases import Case, cases
from bench.workshop import Workshop
from punchcard.context import build_context
from punchcard.db import migrate
from punchcard.kit.errors import DomainError

LEAK: Final = 4.5
"""From here on dudect holds that two classes differ: by chance one in 100,000 runs does."""
KEPT_SHARE: Final = 0.9
"""Of each class, from the quickest: what is slower was held up by something else."""
_CHEAPEST_BCRYPT: Final = 4
_WARM_UP: Final = 20


@dataclass(frozen=True)
class Times:
    """What each class took, in nanoseconds; each is asked twice a turn, so that none is warmer."""

    first: list[int] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    second_again: list[int] = field(default_factory=list)


def timing(workshop: Workshop) -> list[Figure]:
    """Measure every pair of questions whose answers look alike.

    Inside the process, on SQLite, and with the cheapest hashes: nobody who asks from outside sees
    as much, and no bcrypt hides what is done beside it.
    """
    figures: list[Figure] = []
    # Each refusal writes a line for the operator's log.
    logging.getLogger().addHandler(logging.NullHandler())
    with TemporaryDirectory(prefix="punchcard-bench-") as folder:
        settings = with_changes(
            bench_settings(Path(folder)),
            password_bcrypt_cost=_CHEAPEST_BCRYPT,
            pin_bcrypt_cost=_CHEAPEST_BCRYPT,
            sign_ins_per_minute=10**9,
        )
        migrate.upgrade(settings.database_url)
        context = build_context(settings)
        try:
            shop: Shop = open_shop(context)
            for case in cases(context, shop, workshop.rounds):
                figures.append(_figure(case, _measured(workshop, case)))
        finally:
            context.close()
    return figures


def welch_t(one: Sequence[float], other: Sequence[float]) -> float:
    """Return Welch's t of two samples: their means' difference in standard errors."""
    error = sqrt(variance(one) / len(one) + variance(other) / len(other))
    return (fmean(one) - fmean(other)) / error if error else 0.0


def quickest(times: Sequence[int]) -> list[int]:
    """Return the share of a sample that is kept."""
    return sorted(times)[: max(2, int(len(times) * KEPT_SHARE))]


def _measured(workshop: Workshop, case: Case) -> Times:
    times = Times()
    kept: list[tuple[Callable[[int], object], list[int]]] = [
        (case.first, times.first),
        (case.first, times.again),
        (case.second, times.second),
        (case.second, times.second_again),
    ]
    draw = random.Random(case.name)
    number = 0
    with workshop.counting(case.name, case.trials) as advance:
        for trial in range(case.trials + _WARM_UP):
            draw.shuffle(kept)
            for ask, found in kept:
                number += 1
                took = _took(ask, number)
                if trial >= _WARM_UP:
                    found.append(took)
            advance(1)
    return times


def _took(ask: Callable[[int], object], number: int) -> int:
    begun = perf_counter_ns()
    with suppress(DomainError):
        ask(number)
    return perf_counter_ns() - begun


def _figure(case: Case, times: Times) -> Figure:
    first, again = quickest(times.first), quickest(times.again)
    one = quickest([*times.first, *times.again])
    other = quickest([*times.second, *times.second_again])
    apart = (median(other) - median(one)) / 1000
    noise = abs(median(first) - median(again)) / 1000
    return figure(
        f"timing-{case.name}",
        abs(welch_t(one, other)),
        f"|t| of {case.trials} turns; medians {apart:+.1f} us apart, {noise:.1f} by chance",
        reference=f"{case.what}; beside it the first against itself",
        reference_value=abs(welch_t(first, again)),
        goal=Goal("value", "<", LEAK) if case.is_secret else None,
    )
