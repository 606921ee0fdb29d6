"""The shop of the PostgreSQL benches: one shop with 100,000 cards, served by Punchcard, and a
second copy of its database in which pgbench does the same stamps.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from bench.load import Order, Report
from bench.pgbench import Pgbench
from bench.processes import cpu_seconds, parent_of
from bench.servers import (
    DURABLE,
    Server,
    bench_settings,
    create_database,
    database_address,
    serving,
)
from bench.shop import CountedIds, Progress, Shop, open_cards, open_shop
from punchcard.context import build_context
from punchcard.db import migrate
from tools.postgresql import postgresql_server

CARDS = 100_000
WARM_UP_SECONDS = 1.0
_APP, _REFERENCE = "bench_app", "bench_reference"


@dataclass(frozen=True, kw_only=True)
class Round:
    """One round of load: stamps per second, latencies of requests, cost of one stamp."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refusals: dict[str, int]
    app_us: float
    postgresql_us: float


@dataclass(frozen=True, kw_only=True)
class ReferenceRound:
    """One round of pgbench."""

    per_second: float
    latency_ms: float
    postgresql_us: float


@dataclass
class BenchShop:
    """A running server and its reference; both belong to the same PostgreSQL server."""

    server: Server
    shop: Shop
    pgbench: Pgbench
    postgresql_url: str
    postgresql_pid: int
    _prefixes: Iterator[int]

    def load(
        self, connections: int, seconds: float, *, per_call: int = 1, pin: str | None = None
    ) -> Round:
        """Stamp random cards over HTTP, with a staff token, or with the PIN typed each time."""
        order = Order(
            port=self.server.port,
            api_key=self.shop.api_key,
            staff={"staff_pin": pin} if pin else {"staff_token": self.shop.staff_token},
            cards=CARDS,
            connections=connections,
            seconds=seconds,
            warm_up_seconds=WARM_UP_SECONDS,
            per_call=per_call,
            key_prefix=f"bench-{next(self._prefixes):04d}",
        )
        app, postgresql = cpu_seconds(self.server.pid), cpu_seconds(self.postgresql_pid)
        report = run_load(order)
        stamps = max(1, report.stamps_in_all)
        return Round(
            per_second=report.stamps / report.seconds,
            p50_ms=report.p50_ms,
            p99_ms=report.p99_ms,
            refusals=report.refusals,
            app_us=(cpu_seconds(self.server.pid) - app) / stamps * 1e6,
            postgresql_us=(cpu_seconds(self.postgresql_pid) - postgresql) / stamps * 1e6,
        )

    def reference(self, clients: int, seconds: float, *, counts: bool = True) -> ReferenceRound:
        """Let pgbench do the same; without `counts` it leaves the daily rollup alone."""
        before = cpu_seconds(self.postgresql_pid)
        result = self.pgbench.run(seconds, clients, counts=counts)
        used = cpu_seconds(self.postgresql_pid) - before
        return ReferenceRound(
            per_second=result.per_second,
            latency_ms=result.latency_ms,
            postgresql_us=used / max(1, result.stamps) * 1e6,
        )

    def reference_waits_ms(self, clients: int, seconds: float) -> list[float]:
        """Return how long each stamp of a round of pgbench took."""
        return self.pgbench.waits_ms(seconds, clients)


@contextmanager
def open_bench_shop(progress: Progress) -> Iterator[BenchShop]:
    """Start PostgreSQL, open the shop and its cards through the till, copy the database, serve."""
    with TemporaryDirectory(prefix="punchcard-bench-") as folder, postgresql_server(DURABLE) as url:
        settings = bench_settings(Path(folder), create_database(url, _APP))
        migrate.upgrade(settings.database_url)
        context = build_context(settings, ids=CountedIds())
        try:
            shop = open_shop(context)
            open_cards(context, shop, CARDS, progress)
        finally:
            context.close()
        pgbench = Pgbench(create_database(url, _REFERENCE, template=_APP), shop, CARDS)
        pgbench.install()
        for name in (_APP, _REFERENCE):
            tidy(database_address(url, name))
        with psycopg.connect(url) as connection, serving(settings) as server:
            postgresql_pid = parent_of(connection.info.backend_pid)
            yield BenchShop(server, shop, pgbench, url, postgresql_pid, count(1))


def tidy(database_url: str) -> None:
    """Let PostgreSQL look at what was filled, and put it on the disk before it is measured."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE)")
        connection.execute("CHECKPOINT")


def run_load(order: Order) -> Report:
    """Let the load generator do it, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"],
        input=json.dumps(asdict(order)),
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        timeout=order.warm_up_seconds + order.seconds + 60,
    )
    return Report(**json.loads(done.stdout))
