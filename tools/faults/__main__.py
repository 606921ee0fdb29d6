"""`python -m tools.faults`: see `make faults`."""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tools.faults.breaking import Fault
from tools.faults.soak import Course, keep, soak
from tools.postgresql import postgresql_server

_BUILD: Final = Path(__file__).parents[2] / "build" / "faults"


def main() -> int:
    """Soak both databases for so many minutes each; returns 1 when anything was lost or wrong."""
    parser = argparse.ArgumentParser(prog="tools.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    asked = parser.parse_args()
    wrong = 0
    print(f"Faults drawn by SEED={asked.seed}, {asked.minutes:g} minutes a database")
    for name in (asked.only,) if asked.only else ("sqlite", "postgresql"):
        begun = time.monotonic()
        course = _soak(name, asked.seed, asked.minutes)
        keep(course, name, _BUILD)
        _tell(name, course, time.monotonic() - begun)
        wrong += len(course.faults)
    print(f"Tables and plots: {_BUILD}")
    return 1 if wrong else 0


def _soak(name: str, seed: str, minutes: float) -> Course:
    def draw(possible: dict[str, Fault]) -> Iterator[str]:
        drawn, ends_at = random.Random(seed), time.monotonic() + minutes * 60  # noqa: S311 no secret
        while time.monotonic() < ends_at:
            yield from _shuffled(drawn, possible)

    with tempfile.TemporaryDirectory(prefix="punchcard-faults-") as folder:
        if name == "sqlite":
            return soak(f"sqlite:///{folder}/punchcard.db", Path(folder), draw)
        # As a shop's: what is acknowledged has reached the disk.
        with postgresql_server({}) as url:
            return soak(url, Path(folder), draw)


def _shuffled(drawn: random.Random, names: Iterable[str]) -> list[str]:
    """Return each once, so that a short run meets all."""
    order = sorted(names)
    drawn.shuffle(order)
    return order


def _tell(name: str, course: Course, seconds: float) -> None:
    memory = [one.memory_mib for one in course.samples]
    late = [one.memory_mib for one in course.samples[-len(course.samples) // 4 :]]
    descriptors = [one.descriptors for one in course.samples]
    print(
        f"{name}: {len(course.marks)} faults, {course.answered:,} operations answered,"
        f" {course.again} of them after another attempt, in {seconds:.0f} s;"
        f" memory {max(memory, default=0):.0f} MiB at most, {max(late, default=0):.0f} in the last"
        f" quarter; {max(descriptors, default=0)} descriptors at most.\n"
        f"  Lost, doubled or wrong: {len(course.faults)}"
    )
    for fault in course.faults:
        print(f"  {fault}")


if __name__ == "__main__":
    sys.exit(main())
