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
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.counted import LIST_SIZE, NOON, FixedIds
from bench.figures import Figure, Goal, figure
from bench.servers import bench_settings
from bench.shop import Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.context import build_context
from punchcard.db import migrate
from punchcard.kit.clock import ManualClock
from tools.debian import install

FEW, MANY = 100, 1_100
_FEW_LISTS, _MANY_LISTS = 1, 5
CARDS = max(MANY, LIST_SIZE * _MANY_LISTS)
# What was counted before the modules were moved to where they stand now, on CPython 3.11.7
# (x86_64); another Python counts otherwise.
_BEFORE = {"stamp": 2_312_150, "operation": 712_135}
_GOAL = Goal("ratio", "<=", 1.03)
_SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)
_HELP = """\
Instructions are counted by valgrind, and it was not found. Install it:
    Debian, Ubuntu:  sudo apt install valgrind
    Fedora:          sudo dnf install valgrind"""


def instructions(workshop: Workshop) -> list[Figure]:
    """Count the instructions of one more stamp, and of one more operation of a list, on SQLite."""
    valgrind = _valgrind()
    with TemporaryDirectory(prefix="punchcard-bench-") as folder:
        counting = _Counting(valgrind, Path(folder), _make_shop(Path(folder)))
        counting.run("stamp", 1)  # compiles the modules
        with workshop.counting("counting instructions", 4) as advance:
            counted = {}
            for what, few, many, size in (
                ("stamp", FEW, MANY, 1),
                ("operation", _FEW_LISTS, _MANY_LISTS, LIST_SIZE),
            ):
                totals = []
                for times in (few, many):
                    totals.append(counting.count(what, times))
                    advance(1)
                counted[what] = (totals[1] - totals[0]) / ((many - few) * size)
    return [
        _figure("instructions-stamp", counted["stamp"], "a stamp alone in its batch", "stamp"),
        _figure(
            "instructions-operation",
            counted["operation"],
            f"an operation of a list of {LIST_SIZE}",
            "operation",
        ),
    ]


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


def _make_shop(folder: Path) -> Shop:
    settings = bench_settings(folder)
    migrate.upgrade(settings.database_url)
    ids = FixedIds(0)
    context = build_context(settings, clock=ManualClock(NOON), ids=ids)
    try:
        shop = open_shop(context)
        ids.begin_cards()
        open_cards(context, shop, CARDS, lambda _: None)
    finally:
        context.close()
    return shop


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


def _valgrind() -> str:
    if shutil.which("valgrind") is None:
        install(["valgrind", "libc6-dbg"], "Installing Debian's valgrind to count instructions")
    found = shutil.which("valgrind")
    if found is None:
        raise SystemExit(_HELP)
    return found
