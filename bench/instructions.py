"""Processor instructions of one stamp and of one operation of a list, counted by callgrind.

Unlike seconds they do not depend on what else the machine does: two counts of the same code differ
by a ten-thousandth, so that a change of one hundredth shows.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from bench.counted import CARDS, DONE, LIST_SIZE, MARK
from bench.counted_shops import make_shop
from bench.figures import Figure, Goal, figure
from bench.workshop import Workshop
from tools.debian import install

# What was counted before the growth engine (f31189bc^), on CPython 3.11.7 (x86_64): the same
# on every machine with that, and otherwise with another Python.
_BEFORE = {
    "stamp": 2_362_970,
    "operation": 670_814,
    "purchase": 2_332_118,
    "purchases": 655_356,
}
_GOAL = Goal("ratio", "<=", 1.03)
_RICH_GOAL = Goal("ratio", "<=", 1.25)
_THEN: Final = "before the growth engine"
_RICH: Final = "with expiry, a promotion and tiers"
_SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)
_COUNTED: Final = {
    "stamps": ("stamp", "operation"),
    "rich-stamps": ("stamp", "operation"),
    "points": ("purchase", "purchases"),
    "rich-points": ("purchase", "purchases"),
}
"""What is counted in which shop."""
_HELP = """\
Instructions are counted by valgrind, and it was not found. Install it:
    Debian, Ubuntu:  sudo apt install valgrind
    Fedora:          sudo dnf install valgrind"""


def instructions(workshop: Workshop) -> list[Figure]:
    """Count the instructions of one more stamp, and of one more operation of a list, on SQLite.

    Then those of stamps and purchases in shops that use much, beside what they cost before there
    was anything to use, and beside shops that use nothing of it today.
    """
    valgrind = _valgrind()
    counted: dict[tuple[str, str], float] = {}
    with (
        TemporaryDirectory(prefix="punchcard-bench-") as folder,
        workshop.counting("counting instructions", len(_COUNTED)) as advance,
    ):
        for name, kinds in _COUNTED.items():
            shop = _Counting(valgrind, Path(folder) / name, name)
            counted |= {(name, what): count for what, count in shop.count(kinds).items()}
            advance(1)
    plain = [(name, what) for name in ("stamps", "points") for what in _COUNTED[name]]
    return [
        *(_figure(what, counted[name, what]) for name, what in plain),
        *(_rich_figure(what, counted[f"rich-{name}", what]) for name, what in plain),
        *(
            _beside_figure(what, counted[f"rich-{name}", what], counted[name, what])
            for name, what in plain
        ),
    ]


class _Counting:
    """A shop whose operations are counted."""

    def __init__(self, valgrind: str, folder: Path, name: str) -> None:
        self._valgrind = valgrind
        self._folder = folder
        self._shop = make_shop(folder, name, CARDS)

    def count(self, kinds: Sequence[str]) -> dict[str, float]:
        """Return the instructions of one more operation of each of `kinds`.

        Each works on a copy of the shop, so that every count begins with the same file.
        """
        self._run(kinds)  # compiles the modules
        counts = self._folder / "callgrind.out"
        options = [
            "--tool=callgrind",
            "--fair-sched=yes",
            f"--dump-before={MARK}",
            f"--callgrind-out-file={counts}",
        ]
        self._run(kinds, [*_same_addresses(), self._valgrind, *options])
        # Parts are numbered from 1: what is before the first mark, what is between, and so on.
        parts = [counts.with_name(f"{counts.name}.{2 * n}") for n in range(1, len(kinds) + 1)]
        return {
            what: _sum_of(part) / DONE[what].counted
            for what, part in zip(kinds, parts, strict=True)
        }

    def _run(self, kinds: Sequence[str], below: Sequence[str] = ()) -> None:
        """Do all of `kinds` in a process of its own, run by the command `below`.

        Modules are compiled into a folder of this bench, so that no count pays for what another
        process has compiled, or not, in the meantime.
        """
        for what in kinds:
            for left in self._folder.glob(f"{what}.db*"):
                left.unlink()
            shutil.copyfile(self._folder / "punchcard.db", self._folder / f"{what}.db")
        shop = [self._shop.vendor_id, self._shop.api_key_id, self._shop.pin_id]
        fixed = {"PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(self._folder / "compiled")}
        environment = {**os.environ, **fixed}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "bench.counted", str(self._folder), " ".join(kinds), *shop]
        done = subprocess.run(
            [*below, *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"counting instructions failed:\n{done.stderr}")


def _sum_of(part: Path) -> int:
    found = _SUMMARY.search(part.read_text(encoding="utf-8"))
    assert found is not None
    return int(found[1])


def _same_addresses() -> list[str]:
    """Return a command that puts a process at the same addresses each time, where that is allowed.

    Python hashes many things by where they lie.
    """
    command = ["setarch", "--addr-no-randomize"]
    is_allowed = shutil.which("setarch") and not subprocess.call(
        [*command, "true"], stderr=subprocess.DEVNULL
    )
    return command if is_allowed else []


def _figure(what: str, value: float) -> Figure:
    return figure(
        f"instructions-{what}",
        value / 1000,
        f"thousand instructions of {_told(what)}",
        reference=_THEN,
        reference_value=_BEFORE[what] / 1000,
        goal=_GOAL,
        digits=6,
    )


def _rich_figure(what: str, value: float) -> Figure:
    return figure(
        f"instructions-rich-{what}",
        value / 1000,
        f"thousand instructions of {_told(what)}, {_RICH}",
        reference=f"{_THEN}, without any of it",
        reference_value=_BEFORE[what] / 1000,
        goal=_RICH_GOAL,
        digits=6,
    )


def _beside_figure(what: str, value: float, plain: float) -> Figure:
    """Return what being rich costs beside what the same code does for a plain shop: no goal."""
    return figure(
        f"instructions-rich-{what}-beside",
        value / 1000,
        f"thousand instructions of {_told(what)}, {_RICH}",
        reference="today without any of it",
        reference_value=plain / 1000,
        digits=6,
    )


def _told(what: str) -> str:
    thing = "a stamp" if what in _COUNTED["stamps"] else "a purchase"
    return (
        f"{thing} alone in its batch"
        if DONE[what].size == 1
        else f"{thing} of a list of {LIST_SIZE}"
    )


def _valgrind() -> str:
    if shutil.which("valgrind") is None:
        install(["valgrind", "libc6-dbg"], "Installing Debian's valgrind to count instructions")
    found = shutil.which("valgrind")
    if found is None:
        raise SystemExit(_HELP)
    return found
