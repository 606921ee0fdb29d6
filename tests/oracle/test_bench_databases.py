"""What the benches write behind the till's back is what the till itself would have written."""

from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from bench.history import ENTRIES_A_CARD, History
from bench.pgbench import FUNCTION
from bench.servers import bench_settings
from bench.shop import CountedIds, Shop, open_cards, open_shop
from punchcard.context import Context, build_context
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.models import DailyRollup
from punchcard.loyalty.reports import stats_rebuild

CARDS, STAMPS, HISTORY = 3, 7, 100

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


def plain(database_url: str) -> str:
    """Return the address as psycopg takes it."""
    return database_url.replace("+psycopg", "")


def stamp(database_url: str, shop: Shop, *, counts: bool) -> None:
    with psycopg.connect(plain(database_url)) as connection:
        connection.execute(FUNCTION.read_bytes())
        for number in range(STAMPS):
            card = number % CARDS + 1
            connection.execute(
                "SELECT bench_stamp(%s, %s, %s, %s, %s)",
                (shop.vendor_id, shop.api_key_id, shop.pin_id, card, counts),
            )


def stamps_off(context: Context) -> dict[str, tuple[int, int]]:
    """Return what the statistics hold of stamps and cards, and what the entries come to."""
    with context.database.snapshot() as connection:
        found = stats_rebuild.compare(connection, lambda _rows: None).differences
    return {
        name: (one.kept[name], one.derived[name])
        for one in found
        for name in one.columns()
        # That of a card moves from day to day, and a test may run at midnight.
        if name != "cards_last_seen"
    }


@pytest.mark.parametrize("counts", [True, False])
def test_the_reference_of_stamps_keeps_the_books(
    database_url: str, tmp_path: Path, counts: bool
) -> None:
    """Without its count of the day it leaves out that, and nothing else."""
    settings = bench_settings(tmp_path, database_url)
    with closing(build_context(settings, ids=CountedIds())) as context:
        shop = open_shop(context)
        open_cards(context, shop, CARDS, lambda _more: None)
        stamp(database_url, shop, counts=counts)
        with context.database.snapshot() as connection:
            verdict = verify_ledger(connection)
        assert (verdict.is_sound, verdict.entries) == (True, CARDS + STAMPS)
        assert stamps_off(context) == ({} if counts else {"stamps_earned": (0, STAMPS)})


def test_a_long_history_has_the_statistics_of_its_entries(
    database_url: str, tmp_path: Path
) -> None:
    with closing(build_context(bench_settings(tmp_path, database_url))) as context:
        history = History(plain(database_url), context, open_shop(context), HISTORY)
        history.write()
        assert stamps_off(context) == {}
        with context.database.read() as session:
            counted = session.scalar(select(func.sum(DailyRollup.stamps_earned)))
    assert counted == HISTORY - HISTORY // ENTRIES_A_CARD
