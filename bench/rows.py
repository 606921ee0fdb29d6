"""What an operation leaves on PostgreSQL's disk: its rows, their indexes, and its place in the log.

Cards are opened, stamped and earn for purchases through the till inside the process, in lists.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, text

from bench.figures import Figure, figure
from bench.servers import bench_settings, create_database
from bench.shop import CountedIds, Shop, open_cards, open_shop
from bench.workshop import Workshop
from punchcard.context import Context, build_context
from punchcard.db import migrate
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    CardKey,
    CardOperation,
    CardRef,
    EarnPoints,
    OperationMetadata,
)
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind
from tools.postgresql import THROWAWAY, postgresql_server

_CARDS = 5000
_EACH = 4
"""Stamps, and purchases, of each card."""
_GOING = {"outbox"}
"""Rows that go again."""
_CHANGED = {"loyalty_cards"}
"""Rows that operations write anew, in the room that what they replaced leaves."""


def rows(workshop: Workshop) -> list[Figure]:
    """Measure the bytes that a card, a stamp and a purchase with a receipt number leave."""
    with (
        TemporaryDirectory(prefix="punchcard-bench-") as folder,
        postgresql_server({**THROWAWAY, "jit": "off"}) as server,
    ):
        settings = bench_settings(Path(folder), create_database(server, "rows"))
        migrate.upgrade(settings.database_url)
        with (
            closing(build_context(settings, ids=CountedIds())) as context,
            workshop.counting("rows of cards, stamps and purchases", 3) as advance,
        ):
            return list(_measured(context, advance))


def _measured(context: Context, advance: Callable[[int], None]) -> Iterator[Figure]:
    shop = open_shop(context, type="hybrid", pin_policy="off")
    sizes = _settled_bytes(context)
    for name, what, do, operations, passing in (
        ("rows-card", "a card that is opened, with its first entry", _open, _CARDS, _GOING),
        ("rows-stamp", "a stamp", _stamp, _CARDS * _EACH, _GOING | _CHANGED),
        (
            "rows-purchase",
            "a purchase with a receipt number",
            _buy,
            _CARDS * _EACH,
            _GOING | _CHANGED,
        ),
    ):
        do(context, shop)
        before, sizes = sizes, _settled_bytes(context)
        advance(1)
        more = sum(sizes[table] - before[table] for table in sizes if table not in passing)
        yield figure(name, more / operations, f"bytes on PostgreSQL of {what}")


def _open(context: Context, shop: Shop) -> None:
    open_cards(context, shop, _CARDS, lambda _more: None)


def _stamp(context: Context, shop: Shop) -> None:
    _do(context, [AddStamp(**_named(shop, card, f"s{n}-{card}")) for n, card in _visits(context)])


def _buy(context: Context, shop: Shop) -> None:
    purchases = [
        EarnPoints(**_named(shop, card, f"p{n}-{card}"), amount_minor=1250, reference=f"{n}{card}")
        for n, card in _visits(context)
    ]
    _do(context, purchases)


def _visits(context: Context) -> list[tuple[int, str]]:
    with context.database.read_connection() as connection:
        cards = list(connection.scalars(select(CARDS.c.id)))
    return [(visit, card) for visit in range(_EACH) for card in cards]


def _named(shop: Shop, card: Any, key: str) -> dict[str, Any]:
    told: OperationMetadata = {
        "vendor_id": shop.vendor_id,
        "actor": Actor(ActorKind.API_KEY, shop.api_key_id),
        "idempotency_key": key,
        "fingerprint": key.encode().ljust(32)[:32],
    }
    return {"card": CardRef(CardKey.ID, card), **told}


def _do(context: Context, operations: Sequence[CardOperation]) -> None:
    for outcome in context.loyalty.till.submit_all(operations):
        if not isinstance(outcome, Receipt):
            raise RuntimeError(f"refused: {outcome!r}")


def _settled_bytes(context: Context) -> dict[str, int]:
    """Let the log take up what was written; return what each table takes with its indexes."""
    context.loyalty.log_keeper.take_turn()
    with context.database.read_connection() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.execute(text("VACUUM (ANALYZE)"))
        query = text("SELECT relname, pg_total_relation_size(relid) FROM pg_stat_user_tables")
        return {table: int(size) for table, size in connection.execute(query)}
