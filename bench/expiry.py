"""Points of very many cards that end in one night, booked while somebody stamps, on both databases.

The cards are made by the database itself. They are booked by the worker's own keeper, in one thread
beside the till's; one person stamps cards of the same program, before that and all the while.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

import orjson
from sqlalchemy import func, select

from bench.embedded import Callers
from bench.figures import Figure, Goal, figure, percentile
from bench.filling import fill
from bench.servers import DURABLE, bench_settings, create_database
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Bench, Workshop
from punchcard.cli.serve import settle_in
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.loyalty.jobs.parts import CARDS_AT_ONCE
from punchcard.loyalty.tables import CARDS as CARD_TABLE
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import EntryType
from tools.postgresql import postgresql_server

CARDS: Final = 50_000
MANY_CARDS: Final = 1_000_000
DATABASES: Final = ("postgresql", "sqlite")

_STAMPED: Final = 5_000
_STAMPS_BEFORE: Final = 600
_AGO: Final = timedelta(days=10)
"""When it ended: longer ago than tills may be without a line."""
_YEAR: Final = timedelta(days=365)
_PROGRAM: Final = {
    "type": "hybrid",
    "points_expiry": {"kind": "fixed", "months": 12},
    "max_daily_stamps": 50,
}


def expiry(cards: int) -> Bench:
    """Return the bench of so many cards."""

    def run(workshop: Workshop) -> list[Figure]:
        return [one for name in DATABASES for one in _on(name, workshop, cards)]

    return run


def _on(name: str, workshop: Workshop, cards: int) -> Iterator[Figure]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="punchcard-bench-")))
        url = ""
        if name == "postgresql":
            url = create_database(stack.enter_context(postgresql_server(DURABLE)), "expiry")
        with workshop.counting(f"writing cards, {name}", cards) as advance:
            night = stack.enter_context(_night(folder, url, cards))
            advance(cards)
        settle_in()
        before = [night.stamp() for _ in range(_STAMPS_BEFORE)]
        with workshop.counting(f"points end, {name}", cards) as advance:
            seconds, beside = night.pass_by(advance)
        night.check()
        yield from _figures(name, cards / seconds, before, beside)


@dataclass
class _Night:
    """A shop of which the points of many cards ended, and one person who stamps others."""

    context: Context
    shop: Shop
    cards: int
    _stamps: int = field(default=0)

    def stamp(self) -> float:
        """Return how long a stamp took, in milliseconds."""
        self._stamps += 1
        callers = Callers(self.context, self.shop, 0, 0)
        operation = callers.operation(self._stamps % _STAMPED + 1, f"night {self._stamps}")
        begun = perf_counter()
        self.context.loyalty.till.submit(operation)
        return (perf_counter() - begun) * 1000

    def pass_by(self, advance: Callable[[int], None]) -> tuple[float, list[float]]:
        """Book what ended, stamping meanwhile; returns the seconds it took, and each stamp's ms."""
        beside: list[float] = []
        with ThreadPoolExecutor(1) as pool:
            begun = perf_counter()
            booked = pool.submit(self._book, advance)
            while not booked.done():
                beside.append(self.stamp())
            return booked.result() - begun, beside

    def _book(self, advance: Callable[[int], None]) -> float:
        def goes_on() -> bool:
            advance(CARDS_AT_ONCE)
            return True

        self.context.loyalty.due_keeper.book(self.context.clock.now(), goes_on=goes_on)
        return perf_counter()

    def check(self) -> None:
        """Raise if a card of them was left, or booked twice."""
        ended = ENTRIES.c.type == EntryType.POINTS_EXPIRED
        with self.context.database.read_connection() as connection:
            booked = connection.scalar(select(func.count()).select_from(ENTRIES).where(ended))
            owed = connection.scalar(select(func.sum(CARD_TABLE.c.points)))
        if (booked, owed) != (self.cards, 0):
            raise RuntimeError(f"{booked} of {self.cards} cards were booked, {owed} points left")


@contextmanager
def _night(folder: Path, database_url: str, cards: int) -> Iterator[_Night]:
    settings = bench_settings(folder, database_url)
    migrate.upgrade(settings.database_url)
    with closing(build_context(settings, ids=CountedIds())) as context:
        shop = open_shop(context, **_PROGRAM)
        open_cards(context, shop, _STAMPED, lambda _more: None)
        values = _values(shop, cards, context.clock.now())
    fill(settings, "expiry", values)
    with closing(build_context(settings)) as context:
        yield _Night(context, shop, cards)


def _values(shop: Shop, cards: int, now: datetime) -> dict[str, object]:
    last_day = (now - _AGO).date()
    return {
        "vendor": shop.vendor_id,
        "program": shop.program_id,
        "cards": cards,
        "first_ms": int((now - _YEAR).timestamp() * 1000),
        "now": f"{now - _YEAR:%Y-%m-%d %H:%M:%S.%f}",
        "standing": orjson.dumps({"lots": [[last_day.isoformat(), 10]]}).decode(),
        "due_on": (last_day + timedelta(days=1)).isoformat(),
    }


def _figures(name: str, rate: float, before: list[float], beside: list[float]) -> Iterator[Figure]:
    yield figure(f"expiry-{name}", rate, "cards/s booked, while somebody stamps")
    for percent, goal in ((50, None), (99, Goal("ratio", "<=", 3))):
        yield figure(
            f"expiry-{name}-stamp-p{percent}",
            percentile(sorted(beside), percent),
            "ms a stamp beside it",
            reference="the same before",
            reference_value=percentile(sorted(before), percent),
            goal=goal,
        )
