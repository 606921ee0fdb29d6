"""Purchases with receipt numbers, at ledgers of ten thousand to ten million of them.

Each is handed to the till inside the process and answered after its commit; one at a time, the
ledgers of all sizes in turn.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from sqlalchemy import select

from bench.figures import Figure, Goal, figure, middle
from bench.filling import fill
from bench.servers import bench_settings, create_database
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Bench, Workshop
from punchcard.cli.serve import settle_in
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.till import points_service
from punchcard.loyalty.vocabulary import ActorKind, PinPolicy, ProgramType
from tools.postgresql import THROWAWAY, postgresql_server

SIZES = {"10k": 10_000, "100k": 100_000, "1m": 1_000_000}
LARGE_SIZES = {"10k": 10_000, "10m": 10_000_000}
DATABASES = ("postgresql", "sqlite")

_CARDS = 50
_ASKED_A_ROUND = 40
_WARM_UP = 20
# Differences under a quarter mean nothing on a machine that others use too.
_FLAT = Goal("ratio", "<=", 1.25)
_HISTORY_MS = 730 * 86_400_000


def receipts(sizes: dict[str, int]) -> Bench:
    """Return the bench of purchases at ledgers of these sizes, each beside the first."""

    def run(workshop: Workshop) -> list[Figure]:
        return [one for name in DATABASES for one in _on(name, workshop, sizes)]

    return run


def _on(name: str, workshop: Workshop, sizes: dict[str, int]) -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="punchcard-bench-")))
        server = ""
        if name == "postgresql":
            settings = {**THROWAWAY, "shared_buffers": "2GB", "max_wal_size": "4GB", "jit": "off"}
            server = stack.enter_context(postgresql_server(settings))
        tills: dict[str, _Buyer] = {}
        with workshop.counting(f"writing receipts, {name}", sum(sizes.values())) as advance:
            for size, entries in sizes.items():
                url = create_database(server, f"receipts_{size}") if server else ""
                tills[size] = stack.enter_context(_buyer(folder / size, url, entries))
                advance(entries)
        settle_in()
        yield from _figures(name, sizes, _measure(workshop, name, tills))


@dataclass
class _Buyer:
    """Someone who buys at a shop with a long history, a new receipt each time."""

    context: Context
    shop: Shop
    cards: Sequence[str]
    bought: int = field(default=0)

    def buy(self) -> None:
        """Hand in a purchase and wait for its receipt."""
        self.bought += 1
        key = f"new-{self.bought}"
        points_service.earn_points(
            self.context.loyalty.till,
            self.cards[self.bought % len(self.cards)],
            amount_minor=1250,
            reference=key,
            vendor_id=self.shop.vendor_id,
            actor=Actor(ActorKind.API_KEY, self.shop.api_key_id),
            idempotency_key=key,
            fingerprint=key.encode().ljust(32)[:32],
        )


@contextmanager
def _buyer(folder: Path, database_url: str, entries: int) -> Iterator[_Buyer]:
    folder.mkdir()
    settings = bench_settings(folder, database_url)
    migrate.upgrade(settings.database_url)
    with closing(build_context(settings)) as context:
        shop = open_shop(context)
        with context.database.write() as session:
            program = program_service.get_program(session, shop.vendor_id, shop.program_id)
            program.type, program.pin_policy = ProgramType.POINTS, PinPolicy.OFF
        values = _values(context, shop, entries)
    fill(settings, "receipts", values)
    with closing(build_context(settings, ids=CountedIds())) as context:
        open_cards(context, shop, _CARDS, lambda _more: None)
        yield _Buyer(context, shop, _own_cards(context))


def _own_cards(context: Context) -> list[str]:
    """Return the cards that the till opened: the others have numbers that begin with a letter."""
    query = select(CARDS.c.id).where(CARDS.c.number.not_like("F%"))
    with context.database.read_connection() as connection:
        return list(connection.execute(query).scalars())


def _values(context: Context, shop: Shop, entries: int) -> dict[str, object]:
    now = context.clock.now()
    return {
        "vendor": shop.vendor_id,
        "program": shop.program_id,
        "api_key": shop.api_key_id,
        "entries": entries,
        "first_ms": int(now.timestamp() * 1000) - _HISTORY_MS,
        "now": f"{now:%Y-%m-%d %H:%M:%S.%f}",
    }


def _measure(workshop: Workshop, name: str, tills: dict[str, _Buyer]) -> dict[str, list[float]]:
    """Return the milliseconds each purchase took at each size, bought in turn."""
    took: dict[str, list[float]] = {size: [] for size in tills}
    for buyer in tills.values():
        for _ in range(_WARM_UP):
            buyer.buy()
    for _ in workshop.each_round(f"purchases with receipts, {name}"):
        for _ in range(_ASKED_A_ROUND):
            for size, buyer in tills.items():
                begun = perf_counter()
                buyer.buy()
                took[size].append((perf_counter() - begun) * 1000)
    return took


def _figures(name: str, sizes: dict[str, int], took: dict[str, list[float]]) -> Iterator[Figure]:
    least, *larger = sizes
    for size in larger:
        yield figure(
            f"receipts-{name}-{size}",
            middle(took[size]),
            "ms a purchase with a receipt number",
            reference=f"the same at {sizes[least]:,} entries",
            reference_value=middle(took[least]),
            goal=_FLAT,
        )
