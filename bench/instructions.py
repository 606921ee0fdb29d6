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
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.counted import DONE, LIST_SIZE
from bench.counted_shops import make_shop
from bench.figures import Figure, Goal, figure
from bench.shop import Shop
from bench.workshop import Workshop
from tools.debian import install

FEW, MANY = 100, 1_100
_FEW_LISTS, _MANY_LISTS = 1, 5
CARDS = max(MANY, LIST_SIZE * _MANY_LISTS)
# What was counted before the modules were moved to where they stand now, on CPython 3.11.7
# (x86_64); another Python counts otherwise.
_BEFORE = {"stamp": 2_312_150, "operation": 712_135}
_GOAL = Goal("ratio", "<=", 1.03)
_RICH_GOAL = Goal("ratio", "<=", 1.25)
_SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)
_HELP = """\
Instructions are counted by valgrind, and it was not found. Install it:
    Debian, Ubuntu:  sudo apt install valgrind
    Fedora:          sudo dnf install valgrind"""


def instructions(workshop: Workshop) -> list[Figure]:
    """Count the instructions of one more stamp, and of one more operation of a list, on SQLite.

    Then those of stamps and purchases in shops that use much, beside shops that use nothing of it.
    """
    with TemporaryDirectory(prefix="punchcard-bench-") as folder:
        shops = _Shops(_valgrind(), Path(folder), workshop)
        stamp, operation = shops.count("stamps", "stamp"), shops.count("stamps", "operation")
        of_list = f"an operation of a list of {LIST_SIZE}"
        return [
            _figure("instructions-stamp", stamp, "a stamp alone in its batch", "stamp"),
            _figure("instructions-operation", operation, of_list, "operation"),
            *(
                _rich_figure(what, shops.count(f"rich-{kind}", what), plain)
                for kind, what, plain in (
                    ("stamps", "stamp", stamp),
                    ("stamps", "operation", operation),
                    ("points", "purchase", shops.count("points", "purchase")),
                    ("points", "purchases", shops.count("points", "purchases")),
                )
            ),
        ]


@dataclass(frozen=True)
class _Shops:
    """The shops of a run, each made when something is first counted in it."""

    valgrind: str
    folder: Path
    workshop: Workshop
    made: dict[str, "_Counting"] = field(default_factory=dict)

    def count(self, name: str, what: str) -> float:
        """Return the instructions of one more operation of `what` in the shop of that name."""
        if name not in self.made:
            folder = self.folder / name
            self.made[name] = _Counting(self.valgrind, folder, make_shop(folder, name, CARDS))
            self.made[name].run(what, 1)  # compiles the modules
        size = DONE[what].size
        few, many = (FEW, MANY) if size == 1 else (_FEW_LISTS, _MANY_LISTS)
        with self.workshop.counting(f"counting instructions: {name}, {what}", 2) as advance:
            totals = []
            for times in (few, many):
                totals.append(self.made[name].count(what, times))
                advance(1)
        return (totals[1] - totals[0]) / ((many - few) * size)


@dataclass(frozen=True)
class _Counting:
    valgrind: str
    folder: Path
    shop: Shop

    def count(self, what: str, times: int) -> int:
        """Return the instructions of a process that does `what` so many times.

        It works on a copy of the shop, so that every count begins with the same file.
        """
        counts = self.folder / "callgrind.out"
        options = ["--tool=callgrind", "--fair-sched=yes", f"--callgrind-out-file={counts}"]
        self.run(what, times, [*_same_addresses(), self.valgrind, *options])
        found = _SUMMARY.search(counts.read_text(encoding="utf-8"))
        assert found is not None
        return int(found[1])

    def run(self, what: str, times: int, below: Sequence[str] = ()) -> None:
        """Do `what` so many times in a process of its own, run by the command `below`.

        Modules are compiled into a folder of this bench, so that no count pays for what another
        process has compiled, or not, in the meantime.
        """
        database = self.folder / "counted.db"
        shutil.copyfile(self.folder / "punchcard.db", database)
        shop = [self.shop.vendor_id, self.shop.api_key_id, self.shop.pin_id]
        fixed = {"PYTHONHASHSEED": "0", "PYTHONPYCACHEPREFIX": str(self.folder / "compiled")}
        environment = {**os.environ, **fixed}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "bench.counted", str(database), what, str(times), *shop]
        done = subprocess.run(
            [*below, *command], env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"counting instructions failed:\n{done.stderr}")
        for left in self.folder.glob("counted.db*"):
            left.unlink()


def _same_addresses() -> list[str]:
    """Return a command that puts a process at the same addresses each time, where that is allowed.

    Python hashes many things by where they lie.
    """
    command = ["setarch", "--addr-no-randomize"]
    is_allowed = shutil.which("setarch") and not subprocess.call(
        [*command, "true"], stderr=subprocess.DEVNULL
    )
    return command if is_allowed else []


def _figure(name: str, value: float, what: str, before: str) -> Figure:
    return figure(
        name,
        value / 1000,
        f"thousand instructions of {what}",
        reference="before the modules were moved",
        reference_value=_BEFORE[before] / 1000,
        goal=_GOAL,
        digits=6,
    )


def _rich_figure(what: str, value: float, plain: float) -> Figure:
    alone = "alone" if DONE[what].size == 1 else f"of a list of {LIST_SIZE}"
    thing = "a stamp" if what in ("stamp", "operation") else "a purchase"
    return figure(
        f"instructions-rich-{what}",
        value / 1000,
        f"thousand instructions of {thing} {alone}, with expiry, a promotion and tiers",
        reference="the same without any of it",
        reference_value=plain / 1000,
        goal=_RICH_GOAL,
        digits=6,
    )


def _valgrind() -> str:
    if shutil.which("valgrind") is None:
        install(["valgrind", "libc6-dbg"], "Installing Debian's valgrind to count instructions")
    found = shutil.which("valgrind")
    if found is None:
        raise SystemExit(_HELP)
    return found
