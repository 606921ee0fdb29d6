"""`python -m bench.day --shops 10000`: what a day of so many shops asks for, and what that costs.

Nothing is measured: a day is made up, by a seed, and reckoned by the figures of docs/benchmarks.md.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date

from bench.day import report
from bench.day.costs import costs_of, recorded
from bench.day.gaps import read_gaps
from bench.day.simulation import SAMPLE, Day, simulate
from bench.day.sizing import Prices, Size, size_of
from bench.figures import Figure, figure
from bench.workshop import Workshop

SHOPS = (10_000, 1_000_000)
FRIDAY = date(2026, 11, 27)
SEED = 15


def day(_workshop: Workshop) -> list[Figure]:
    """Reckon the day of ten thousand and of a million shops."""
    found = []
    for one, size in days(SHOPS, FRIDAY, SEED, SAMPLE, Prices()):
        for name in ("operations", "reads", "pushes", "processes", "p99_ms", "machines"):
            label = f"day-{one.shops}-{name.replace('_', '-')}"
            found.append(figure(label, getattr(size, name), _UNITS.get(name, "")))
        found.append(figure(f"day-{one.shops}-euros", size.euros_a_month, "euros a month"))
    return found


def days(
    shops: Sequence[int], on: date, seed: int, sample: int, prices: Prices
) -> list[tuple[Day, Size]]:
    """Return the days of so many shops each, and what they need; a sample is lived through once."""
    gaps, costs = read_gaps(), costs_of(recorded())
    lived: dict[int, Day] = {}
    found = []
    for number in shops:
        sampled = min(number, sample)
        if sampled not in lived:
            lived[sampled] = simulate(sampled, gaps, on=on, seed=seed, sample=sample)
        one = replace(lived[sampled], shops=number)
        found.append((one, size_of(one, gaps, costs, prices)))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table of the days that were asked for, or write them into docs/."""
    asked = _parser().parse_args(arguments)
    given = {one.name: getattr(asked, one.name) for one in fields(Prices) if one.name != "on"}
    prices = Prices(**given, on=asked.prices_of)
    found = days(asked.shops or SHOPS, asked.on, asked.seed, asked.sample, prices)
    if asked.document:
        report.document(found, prices)
    else:
        print("\n".join(report.lines_of(found, prices)))
    return 0


_UNITS = {
    "operations": "operations a second in the busiest minute",
    "reads": "reads a second in the busiest minute",
    "pushes": "pushes a second in the busiest minute",
    "processes": "server processes",
    "p99_ms": "ms, by the model, in the busiest minute",
    "machines": "machines",
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.day", description=__doc__)
    parser.add_argument("--shops", type=int, nargs="+", help="how many (default 10000 1000000)")
    parser.add_argument("--on", type=date.fromisoformat, default=FRIDAY, help="which day it is")
    parser.add_argument("--seed", type=int, default=SEED, help="another seed is another day")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="shops lived through at most")
    parser.add_argument("--document", action="store_true", help="write docs/scale.md and plots")
    usual = Prices()
    for one in fields(Prices):
        if one.name != "on":
            name = f"--price-{one.name.replace('_', '-')}"
            default = getattr(usual, one.name)
            parser.add_argument(
                name, dest=one.name, type=float, default=default, help="euros a month"
            )
    parser.add_argument("--prices-of", default=usual.on, help="the day they were asked for")
    return parser


if __name__ == "__main__":
    sys.exit(main())
