"""Reads over HTTP at ten thousand, one million and ten million entries of one shop's ledger."""

import base64
import random
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from bench.client import Client
from bench.codes import card_number, card_token
from bench.figures import Figure, Goal, figure, middle
from bench.history import History
from bench.servers import bench_settings, create_database, serving
from bench.shop import Shop, open_shop
from bench.workshop import Workshop
from punchcard.context import build_context
from punchcard.db import migrate
from tools.postgresql import THROWAWAY, postgresql_server

SIZES = {"10k": 10_000, "1m": 1_000_000, "10m": 10_000_000}
_ASKED_A_ROUND = 40
_WARM_UP = 20
# Differences under a quarter mean nothing on a machine that others use too.
_FLAT = Goal("ratio", "<=", 1.25)

Ask = Callable[[], bytes]


@dataclass(frozen=True)
class Place:
    """One server over one ledger, and what is asked of it."""

    asks: dict[str, Ask]


def reads(workshop: Workshop) -> list[Figure]:
    """Measure each read at all sizes in turn, one request at a time.

    The entries are made by the database, behind the till's back; the rollup fits them.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="punchcard-bench-"))
        settings = {**THROWAWAY, "shared_buffers": "2GB", "max_wal_size": "4GB", "jit": "off"}
        postgresql = stack.enter_context(postgresql_server(settings))
        places: dict[str, Place] = {}
        with workshop.counting("writing ledgers for the reads", sum(SIZES.values())) as advance:
            for size, entries in SIZES.items():
                made = _place(postgresql, Path(folder), size, entries)
                places[size] = stack.enter_context(made)
                advance(entries)
        return _figures(_measure(workshop, places))


@contextmanager
def _place(postgresql: str, folder: Path, size: str, entries: int) -> Iterator[Place]:
    settings = bench_settings(folder, create_database(postgresql, f"bench_{size}"))
    migrate.upgrade(settings.database_url)
    context = build_context(settings)
    try:
        shop = open_shop(context)
        history = History(settings.database_url, context, shop, entries)
        history.write()
    finally:
        context.close()
    with serving(settings) as server:
        client = Client(f"http://127.0.0.1:{server.port}", shop.api_key)
        try:
            yield Place(_asks(client, shop, history))
        finally:
            client.close()


def _asks(client: Client, shop: Shop, history: History) -> dict[str, Ask]:
    chance = random.Random(1)

    def number() -> int:
        return chance.randint(1, history.cards)

    # A cursor is opaque to clients; this one is made as the server makes it.
    deep = base64.urlsafe_b64encode(history.card_id(history.cards // 20).encode()).decode()
    # A client of the server may send it without its padding, and so does the server.
    page = {"cursor": deep.rstrip("=")}
    return {
        "statistics": lambda: client.get_bytes(f"/programs/{shop.program_id}/stats"),
        "lookup-token": lambda: client.get_bytes("/cards/lookup", {"code": card_token(number())}),
        "lookup-number": lambda: client.get_bytes("/cards/lookup", {"code": card_number(number())}),
        "cards-first": lambda: client.get_bytes("/cards"),
        "cards-deep": lambda: client.get_bytes("/cards", page),
        "transactions": lambda: client.get_bytes(
            f"/cards/{history.card_id(number())}/transactions"
        ),
    }


def _measure(workshop: Workshop, places: dict[str, Place]) -> dict[tuple[str, str], list[float]]:
    """Return the milliseconds each read took at each size, asked in turn."""
    names = list(next(iter(places.values())).asks)
    took: dict[tuple[str, str], list[float]] = {(n, size): [] for n in names for size in places}
    for place in places.values():
        for ask in place.asks.values():
            for _ in range(_WARM_UP):
                ask()
    for _ in workshop.each_round("reads at three sizes"):
        for name in names:
            for _ in range(_ASKED_A_ROUND):
                for size, place in places.items():
                    begun = perf_counter()
                    place.asks[name]()
                    took[name, size].append((perf_counter() - begun) * 1000)
    return took


def _figures(took: dict[tuple[str, str], list[float]]) -> list[Figure]:
    least, *larger = SIZES
    return [
        figure(
            f"reads-{name}-{size}",
            middle(took[name, size]),
            "ms",
            reference=f"the same at {SIZES[least]:,} entries",
            reference_value=middle(took[name, least]),
            goal=_FLAT,
        )
        for name in dict.fromkeys(name for name, _ in took)
        for size in larger
    ]
