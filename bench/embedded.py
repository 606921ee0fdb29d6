"""Stamps on the embedded database, inside the process, beside plain SQLite on the same disk."""

import random
import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from time import perf_counter

from bench.codes import card_token
from bench.figures import Figure, Goal, figure, middle, percentile
from bench.servers import bench_settings
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.cli.serve import settle_in
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.kit.errors import DomainError
from punchcard.loyalty.operations import Actor, AddStamp, CardKey, CardRef, StaffIdentity
from punchcard.loyalty.vocabulary import ActorKind

CALLERS = 16
CARDS = 20_000


def stamps_sqlite(workshop: Workshop) -> list[Figure]:
    """Measure stamps through the till with 16 callers and `synchronous=FULL`."""
    rates: list[float] = []
    plain: list[float] = []
    p99: list[float] = []
    refusals: Counter[str] = Counter()
    with TemporaryDirectory(prefix="punchcard-bench-") as folder:
        path = Path(folder)
        context = _context(path)
        try:
            shop = open_shop(context)
            with workshop.counting("opening cards on SQLite", CARDS) as advance:
                open_cards(context, shop, CARDS, advance)
            settle_in()
            for number in workshop.each_round("SQLite, 16 callers"):
                plain.append(_plain_commits(path / "plain.db", workshop.seconds))
                callers = Callers(context, shop, workshop.seconds, number)
                rates.append(callers.run())
                p99.append(percentile(sorted(callers.latencies), 99) * 1000)
                refusals.update(callers.refusals)
        finally:
            context.close()
    reference = {
        "reference": "plain sqlite3, one row a commit, FULL, same disk",
        "reference_value": middle(plain),
    }
    told = ", ".join(sorted(refusals))
    return [
        figure(
            "stamps-sqlite",
            middle(rates),
            "stamps/s",
            **reference,  # type: ignore[arg-type]
            goal=Goal("ratio", ">=", 0.5),
        ),
        figure("stamps-sqlite-p99", middle(p99), "ms"),
        figure(
            "stamps-sqlite-refusals",
            refusals.total(),
            f"stamps ({told})" if told else "stamps, locked or refused",
            goal=Goal("value", "<=", 0),
        ),
    ]


def _context(folder: Path) -> Context:
    settings = bench_settings(folder)
    migrate.upgrade(settings.database_url)
    return build_context(settings, ids=CountedIds())


class Callers:
    """Sixteen threads that stamp random cards, each waiting for its receipt."""

    def __init__(self, context: Context, shop: Shop, seconds: float, round_number: int) -> None:
        self.latencies: list[float] = []
        self.refusals: Counter[str] = Counter()
        self._context = context
        self._shop = shop
        self._seconds = seconds
        self._round = round_number
        self._start = Barrier(CALLERS + 1)

    def run(self) -> float:
        """Return the stamps accepted per second."""
        with ThreadPoolExecutor(CALLERS) as pool:
            done = [pool.submit(self._call, number) for number in range(CALLERS)]
            self._start.wait()
            begun = perf_counter()
            accepted = sum(one.result() for one in done)
            return accepted / (perf_counter() - begun)

    def _call(self, caller: int) -> int:
        randrange = random.Random(f"{self._round} {caller}").randrange
        accepted, latencies = 0, []
        self._start.wait()
        end = perf_counter() + self._seconds
        while (sent := perf_counter()) < end:
            operation = self.operation(randrange(CARDS) + 1, f"{self._round}-{caller}-{sent}")
            try:
                self._context.loyalty.till.submit(operation)
                accepted += 1
            except DomainError as refusal:
                self.refusals[refusal.code] += 1
            latencies.append(perf_counter() - sent)
        self.latencies += latencies
        return accepted

    def operation(self, card: int, key: str) -> AddStamp:
        """Return a stamp for the card with this number."""
        shop = self._shop
        return AddStamp(
            vendor_id=shop.vendor_id,
            actor=Actor(ActorKind.API_KEY, shop.api_key_id),
            staff=StaffIdentity(shop.pin_id, None, "Bob", None),
            idempotency_key=key,
            fingerprint=key.encode().ljust(32)[:32],
            card=CardRef(CardKey.TOKEN, card_token(card)),
        )


def _plain_commits(path: Path, seconds: float) -> float:
    """Return how many rows a second plain sqlite3 commits, each in a transaction of its own."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE IF NOT EXISTS stamps (id INTEGER PRIMARY KEY, card TEXT)")
    rows, begun = 0, perf_counter()
    while (passed := perf_counter() - begun) < seconds:
        connection.execute("INSERT INTO stamps (card) VALUES (?)", (card_token(rows),))
        rows += 1
    connection.close()
    return rows / passed
