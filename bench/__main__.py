"""`python -m bench`: run the benches and print their figures, as a table or as JSON lines."""

import argparse
import json
import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.commit_to_push import commit_to_push
from bench.day.__main__ import day
from bench.embedded import stamps_sqlite
from bench.expiry import CARDS as ENDING_CARDS
from bench.expiry import MANY_CARDS, expiry
from bench.fanout import fanout
from bench.figures import Figure
from bench.imports import imports
from bench.instructions import instructions
from bench.machine import machine
from bench.mix import memory_mix
from bench.passes import first_pass, passes
from bench.pins import pins
from bench.pushes import pushes
from bench.quotes import quotes
from bench.read_costs import read_costs
from bench.reads import reads
from bench.receipts import LARGE_SIZES, SIZES, receipts
from bench.rows import rows
from bench.server_processes import server_processes
from bench.shops import shops
from bench.stamps import memory, operations, ordinary, reference_waits, stamps
from bench.start import start
from bench.syncs import syncs
from bench.timing import timing
from bench.webhooks import webhooks
from bench.workshop import Bench, Workshop, bars

ROUNDS = 3
SECONDS = 5.0

BENCHES: dict[str, tuple[str, Bench]] = {
    "machine": ("how quick the machine is at this moment", machine),
    "stamps-16": (
        "POST /stamp on PostgreSQL, 16 connections, beside pgbench",
        stamps(16, least_ratio=0.8),
    ),
    "stamps-64": (
        "POST /stamp on PostgreSQL, 64 connections, beside pgbench",
        stamps(64, least_ratio=1.2),
    ),
    "pgbench-waits": ("the longest waits of pgbench itself, beside its average", reference_waits),
    "operations-500": ("POST /operations on PostgreSQL, 500 stamps a call", operations),
    "ordinary": ("16 connections beside a server in the ordinary style", ordinary),
    "memory": ("memory of the server under 64 connections", memory),
    "memory-mix": ("memory of the server after everything at once, twice", memory_mix),
    "stamps-sqlite": ("stamps on SQLite inside the process, 16 callers", stamps_sqlite),
    "syncs": ("waits for the disk of a stamp and of a list, by strace", syncs),
    "instructions": ("instructions of a stamp and of a list's, by callgrind", instructions),
    "pins": ("PIN checks at 1, 50 and 500 staff, beside bare bcrypt", pins),
    "start": ("from the start of the process to its first answer", start),
    "passes": ("signed Apple passes, beside openssl speed and other builders", passes),
    "first-pass": ("the first pass of a process", first_pass),
    "pushes": ("pushes to phones over one connection", pushes),
    "commit-to-push": ("from a committed stamp to the wallet, idle worker", commit_to_push),
    "fanout": ("a redesign on its way to 100,000 cards on phones", fanout),
    "timing": ("whether the time of a refusal tells what it does not say", timing),
    "imports": ("5,000 rows of an import and their undo, beside the till alone", imports),
    "webhooks": ("stamps beside ten dead receivers and 10,000 events", webhooks),
    "quotes": ("what a purchase would earn, beside the purchase itself", quotes),
    "expiry": (
        f"points of {ENDING_CARDS:,} cards end, beside stamps, on both databases",
        expiry(ENDING_CARDS),
    ),
    "expiry-1m": ("the same with a million cards, which takes long", expiry(MANY_CARDS)),
    "reads": ("reads at 10 thousand, 1 million and 10 million entries", reads),
    "read-costs": ("processor of a look-up, a card's page and figures", read_costs),
    "rows": ("bytes on disk of a card, a stamp and a purchase", rows),
    "day": ("what a day of 10,000 and of 1,000,000 shops needs, by the figures recorded", day),
    "shops": ("purchases at 1 to 1,000 shops, on both databases", shops),
    "processes": ("stamps on 1, 2 and 4 server processes", server_processes),
    "receipts": ("purchases with receipt numbers at up to 1 million of them", receipts(SIZES)),
    "receipts-10m": ("the same at 10 million, which take long to write", receipts(LARGE_SIZES)),
}
ONLY_BY_NAME = ("receipts-10m", "expiry-1m", "day")
"""Benches that run only when they are asked for: they take long, or measure nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; returns 1 when a bench could not measure, goals or not."""
    asked = _parser().parse_args(arguments)
    if asked.list:
        for name, (what, _) in BENCHES.items():
            print(f"{name:16} {what}")
        return 0
    # Images of containers often set it: then each server would compile the source as it starts.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    figures = _run(asked)
    if not asked.json:
        Console().print(_table(figures))
    return 0


def _run(asked: argparse.Namespace) -> list[Figure]:
    figures: list[Figure] = []
    with bars(is_shown=sys.stderr.isatty()) as progress:
        workshop = Workshop(rounds=asked.rounds, seconds=asked.seconds, progress=progress)
        try:
            every = [name for name in BENCHES if name not in ONLY_BY_NAME]
            for name in dict.fromkeys(asked.only or every):
                for figure in BENCHES[name][1](workshop):
                    figures.append(figure)
                    if asked.json:
                        print(json.dumps(figure.as_dict()), flush=True)
        finally:
            workshop.close()
    return figures


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object a figure")
    parser.add_argument("--list", action="store_true", help="name the benches and stop")
    parser.add_argument(
        "--only",
        nargs="+",
        action="extend",
        choices=BENCHES,
        metavar="NAME",
        help="run only these benches",
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="rounds of each (default 3)")
    parser.add_argument(
        "--seconds", type=float, default=SECONDS, help="length of a round of load (default 5)"
    )
    return parser


def _table(figures: list[Figure]) -> Table:
    table = Table(title="Punchcard, measured now")
    for column in ("Figure", "Measured", "Reference", "Ratio", "Goal"):
        table.add_column(column, justify="left" if column in ("Figure", "Reference") else "right")
    for one in figures:
        known = one.reference_value is not None
        reference = f"{one.reference_value:g} ({one.reference})" if known else one.reference
        table.add_row(
            one.name,
            f"{one.value:g} {one.unit}",
            reference or "",
            f"{one.ratio:.2f}" if one.ratio is not None else "",
            _verdict(one),
        )
    return table


def _verdict(one: Figure) -> str:
    if one.goal is None:
        return ""
    return f"[green]{one.goal}: met[/]" if one.met else f"[red]{one.goal}: missed[/]"


if __name__ == "__main__":
    sys.exit(main())
