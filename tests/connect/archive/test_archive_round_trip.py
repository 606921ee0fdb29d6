"""A shop leaves one server and arrives at another, on either database: everything is the same."""

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import orjson
from sqlalchemy import func, select

from punchcard.accounts.models import AuditEvent, User, Vendor
from punchcard.connect.archive.contents import travelling_tables
from punchcard.connect.archive.rows import Lines, rows_of
from punchcard.connect.models import WebhookEndpoint
from punchcard.connect.usage import month_service
from punchcard.db.base import Base
from punchcard.db.database import Database
from punchcard.db.migrate import upgrade
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Sealer, hash_token
from punchcard.loyalty.models import LoyaltyCard
from punchcard.wallets.models import AppleUpdateTag
from tests.connect.archive.conftest import NOBODYS_HASH, TAG, Home, Town
from tests.support.books import audited


def told(home: Home, vendor_id: VendorId) -> dict[str, list[bytes]]:
    """Return every travelling row of a shop as its line, by table, without word of its moves."""
    lines = Lines(home.keys)
    found = {}
    with home.database.snapshot() as connection:
        for table in travelling_tables():
            rows = sorted(lines.of(connection, table, vendor_id))
            found[table.name] = [row for row in rows if b'"vendor.moved_in"' not in row]
    return found


def test_shops_are_the_same_elsewhere_and_when_they_come_back(
    town: Town, archive: bytes, elsewhere: Home, tmp_path: Path
) -> None:
    cafe, _ = town.home.leaves(town.cafe_id)
    third = f"sqlite:///{tmp_path / 'third.db'}"
    upgrade(third)
    with closing(Database(third)) as database:
        back = Home(database, town.home.keys)
        for shop_id, content in ((town.bakery_id, archive), (town.cafe_id, cafe)):
            before = told(town.home, shop_id)
            elsewhere.takes_in(content)
            assert told(elsewhere, shop_id) == before
            again, _ = elsewhere.leaves(shop_id)
            back.takes_in(again)
            assert told(back, shop_id) == before
        assert audited(database).keys() == audited(elsewhere.database).keys()


def test_what_shops_grow_by_is_in_their_archives(town: Town) -> None:
    shops = [told(town.home, shop_id) for shop_id in (town.bakery_id, town.cafe_id)]
    held = {name for shop in shops for name, rows in shop.items() if rows}

    assert held >= {
        *("promotions", "automations", "grants", "referrals", "card_imports"),
        *("card_import_parts", "webhook_endpoints", "apple_passes", "apple_device_registrations"),
        *("loyalty_transactions", "loyalty_daily_rollup", "customers", "staff_pins"),
        *("rewards", "audit_events", "api_keys", "locations", "members"),
    }


def test_links_open_the_same_cards_under_the_other_key(
    town: Town, archive: bytes, elsewhere: Home
) -> None:
    elsewhere.takes_in(archive)

    sealer = Sealer(elsewhere.keys, "card token")
    with elsewhere.database.read() as session:
        cards = session.scalars(select(LoyaltyCard)).all()
        endpoint = session.scalars(select(WebhookEndpoint)).one()
        tokens = [sealer.open(card.token_sealed, card.id) for card in cards]
    assert len(cards) > 10
    assert all(
        token is not None and hash_token(token.decode()) == card.token_hash
        for token, card in zip(tokens, cards, strict=True)
    )
    assert Sealer(elsewhere.keys, "webhook secret").open(endpoint.secret_sealed, endpoint.id)
    assert (
        Sealer(town.home.keys, "webhook secret").open(endpoint.secret_sealed, endpoint.id) is None
    )


def test_phones_hear_of_what_changes_after_the_last_they_know(
    archive: bytes, elsewhere: Home
) -> None:
    elsewhere.takes_in(archive)

    with elsewhere.database.read() as session:
        assert session.scalar(select(AppleUpdateTag.value)) == TAG


def test_passwords_stay_and_the_neighbours_do_not_come_along(
    town: Town, archive: bytes, elsewhere: Home
) -> None:
    elsewhere.takes_in(archive)

    with elsewhere.database.read() as session:
        hashes = set(session.scalars(select(User.password_hash)))
        vendors = session.scalars(select(Vendor.id)).all()
        events = session.scalar(
            select(func.count())
            .select_from(AuditEvent)
            .where(AuditEvent.action == "vendor.moved_in")
        )
    assert hashes == {NOBODYS_HASH}
    assert (vendors, events) == ([town.bakery_id], 1)
    with town.home.database.read() as session:
        kept = set(session.scalars(select(User.password_hash)))
    assert not [one for one in kept if one.encode() in archive]


def test_what_a_shop_used_elsewhere_is_on_no_bill_here(
    town: Town, archive: bytes, elsewhere: Home
) -> None:
    elsewhere.takes_in(archive)

    may, june, after = date(2026, 5, 1), date(2026, 6, 1), datetime(2026, 7, 1, 3, tzinfo=UTC)
    with town.home.database.read() as session:
        there = month_service.figures_of(session, [town.bakery_id], june)[town.bakery_id]
        assert town.bakery_id in {
            one.vendor.id for one in month_service.billed_vendors(session, may, limit=9)
        }
    with elsewhere.database.write() as session:
        assert month_service.billed_vendors(session, may, limit=9) == []
        assert month_service.close_months(session, after, limit=9) == 1
        here = month_service.figures_of(session, [town.bakery_id], june)[town.bakery_id]
    assert (here.entries, here.new_cards, here.active_cards) == (0, 0, 0)
    assert here.open_cards == there.open_cards > 0
    assert there.entries > 0


def test_a_line_holds_what_is_hashed_to_the_letter(town: Town) -> None:
    table = Base.metadata.tables["loyalty_transactions"]
    lines = Lines(town.home.keys)
    with town.home.database.snapshot() as connection:
        rows = [row for row in rows_of(connection, table, town.bakery_id) if row["details"]]
    assert rows
    assert all(orjson.loads(lines.line(table, row))["details"] == row["details"] for row in rows)
