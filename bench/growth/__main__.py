"""`python -m bench.growth`: the same purchases with dates, tiers and a promotion, compared.

Lives through the purchases of bench/data/CDNOW_master.txt day by day in a program whose points end
after a year, with three tiers, rewards taken, and a month that counts double, and beside it in one
without that month. Compares every card (balance, dates of points, tier), what is owed every
half year, and the simulation of the promotion with what it gave; exits with 1 unless all agree
exactly.

Opens a fresh SQLite database, then one on a fresh PostgreSQL; with --database-url only that one.
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console

from bench.growth.replay import differences, first_moment, open_counters
from bench.purchases import Purchases, first_customers, read_purchases
from bench.replay import progress_bar
from bench.servers import DURABLE, bench_settings, create_database
from punchcard.context import build_context
from punchcard.db import migrate
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from tools.postgresql import postgresql_server

_SHOWN = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay on each database, compare, and return 0 only if everything agrees."""
    asked = _parser().parse_args(arguments)
    purchases = read_purchases()
    if asked.cards:
        purchases = first_customers(purchases, asked.cards)
    if asked.database_url is not None:
        return _replay(asked.database_url, purchases)
    with postgresql_server(DURABLE) as server:
        urls = ("", create_database(server, "growth"))
        return max(_replay(url, purchases) for url in urls)


def _replay(database_url: str, purchases: Purchases) -> int:
    console, clock = Console(stderr=True), ManualClock(first_moment(purchases))
    begun = perf_counter()
    with TemporaryDirectory(prefix="punchcard-growth-") as folder, progress_bar(console) as bar:
        settings = replace(
            bench_settings(Path(folder), database_url),
            # Nobody waits for what it holds, and a busy machine may hold it up anywhere.
            till_idle_transaction_timeout_seconds=0,
            request_idle_transaction_timeout_seconds=0,
            worker_idle_transaction_timeout_seconds=0,
        )
        migrate.upgrade(settings.database_url)
        task = bar.add_task("Living through it", total=None)
        with closing(build_context(settings, clock=clock, ids=SystemIds(clock))) as context:
            counters = open_counters(context, purchases)
            found = list(differences(clock, *counters, lambda n: bar.advance(task, n)))
    for difference in found[:_SHOWN]:
        console.print(f"[red]Differs:[/] {difference}")
    where = "SQLite" if settings.is_embedded else "PostgreSQL"
    verdict = (
        f"[red]{len(found):,} differences.[/]"
        if found
        else "[green]Every balance, date and tier, what is owed and the simulation agree.[/]"
    )
    console.print(
        f"{where}: {len(purchases.first_days):,} customers and {len(purchases.bought):,} purchases,"
        f" twice, in {perf_counter() - begun:.0f} s.\n{verdict}"
    )
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.growth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--database-url", help="use this scratch database; empty for SQLite")
    parser.add_argument("--cards", type=int, help="only the first so many customers")
    return parser


if __name__ == "__main__":
    sys.exit(main())
