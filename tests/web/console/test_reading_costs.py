"""What a page or a list of the ledger reads does not grow with the entries of other cards.

Counted, not timed: steps of SQLite's virtual machine, rows that PostgreSQL's plans look at.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from punchcard.accounts.models import Location
from punchcard.context import Context
from punchcard.kit.ids import LocationId
from punchcard.loyalty.ledger.card_ranges import next_span
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.operations import AddStamp, CardKey, CardRef, RedeemStamps, StaffIdentity
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import ACTOR, PagesDriver
from tests.support.filler import ENTRIES_A_CARD, fill
from tests.support.pages import Visitor
from tests.support.plans import counted_steps, engines_of, recorded, rows_looked_at

# Enough for a full page of either.
FEW, MANY = 1200 // ENTRIES_A_CARD, 5000 // ENTRIES_A_CARD
# A deeper tree of the index, another plan for a table that has grown: never the history itself.
SLACK_ROWS, SLACK_STEPS = 60, 1.2

API = "/api/v1/vendor/loyalty"


class Asked:
    """What someone asks of a shop that has been open for long."""

    def __init__(self, shop: Shop, counter: PagesDriver, owner: Visitor) -> None:
        self.shop, self.counter, self.owner = shop, counter, owner
        self.card_id = counter.open("Marie Schmit")
        self.entry_id = counter.stamp(self.card_id).entry["id"]
        full = counter.open("Zoé Weber")
        counter.stamp(full, 5)
        redeem = RedeemStamps(
            vendor_id=shop.id, actor=ACTOR, card=CardRef(CardKey.ID, full), staff=None
        )
        shop.context.loyalty.till.submit(redeem)
        pin = shelf.pin(shop, "8264")
        self.pin_id, self.place_id = pin.id, place_of(shop)
        rare = (
            {"staff": StaffIdentity(pin.id, None, pin.name, None)},
            {"location_id": self.place_id},
        )
        for told in rare:
            card = CardRef(CardKey.ID, counter.open("Anna Muller"))
            stamp = AddStamp(vendor_id=shop.id, actor=ACTOR, card=card, **told)
            shop.context.loyalty.till.submit(stamp)
        self.headers = {"Authorization": f"Bearer {shop.token()}"}

    def get(self, path: str, **query: str) -> None:
        """Open a page."""
        assert self.owner.client.get(path, params=query).status_code == 200

    def read(self, **query: str) -> None:
        """List entries by the API."""
        self.ask("/transactions", **query)

    def ask(self, path: str, **query: str) -> None:
        """Read something by the API."""
        answer = self.owner.client.get(f"{API}{path}", params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text

    def verify(self) -> None:
        """Verify one part of the ledger, as the console does."""
        with self.shop.context.database.snapshot() as connection:
            span = next_span(connection, self.shop.id, None, cards=2)
            verdict = verify_ledger(connection, vendor_id=self.shop.id, span=span)
        assert (verdict.is_sound, verdict.cards, verdict.entries) == (True, 2, 5)


def place_of(shop: Shop) -> LocationId:
    with shop.context.database.read() as session:
        return session.scalars(select(Location.id).where(Location.vendor_id == shop.id)).one()


ASKS: dict[str, Callable[[Asked], None]] = {
    "a card's page": lambda asked: asked.get(f"/console/members/{asked.card_id}"),
    "an entry's page": lambda asked: asked.get(f"/console/ledger/{asked.entry_id}"),
    "a part of a verification": Asked.verify,
    "entries of a rare type": lambda asked: asked.read(type="stamps_redeemed"),
    "entries of a person": lambda asked: asked.read(staff_pin_id=asked.pin_id),
    "entries of a person, of one type": lambda asked: asked.read(
        staff_pin_id=asked.pin_id, type="stamp_earned", program_id=asked.counter.program.id
    ),
    "entries of a place": lambda asked: asked.read(location_id=asked.place_id),
    "entries of a card": lambda asked: asked.read(card_id=asked.card_id),
    "voided entries": lambda asked: asked.read(type="voided", limit="5"),
    "the overview": lambda asked: asked.get("/console"),
    "the members": lambda asked: asked.get("/console/members"),
    "what a plan leaves": lambda asked: asked.get("/console/plan"),
    "the figures, by the API": lambda asked: asked.ask("/dashboard"),
    "a program's figures, by the API": lambda asked: asked.ask(
        f"/programs/{asked.counter.program.id}/stats"
    ),
    "what a plan leaves, by the API": lambda asked: asked.ask("/usage"),
}


@pytest.mark.parametrize("what", ASKS)
def test_what_is_read_does_not_grow_with_the_entries_of_other_cards(
    what: str, context: Context, alice: Shop, counter: PagesDriver, owner: Visitor
) -> None:
    asked = Asked(alice, counter, owner)
    _fill(asked, FEW)
    few = _cost(context, asked, what)
    _fill(asked, MANY)
    many = _cost(context, asked, what)
    assert few > 0
    assert many <= (few * SLACK_STEPS if context.database.is_sqlite else few + SLACK_ROWS)


def test_the_status_page_asks_the_database_nothing(
    context: Context, alice: Shop, counter: PagesDriver, owner: Visitor
) -> None:
    asked = Asked(alice, counter, owner)
    asked.owner.client.cookies.clear()
    asked.get("/status")
    with recorded(*engines_of(context.database)) as sent:
        asked.get("/status")
    assert sent == []


def _fill(asked: Asked, cards: int) -> None:
    context = asked.shop.context
    with context.database.write_connection() as connection:
        fill(
            connection,
            context.ids,
            context.clock.now() - timedelta(minutes=1),
            vendor_id=asked.shop.id,
            program_id=asked.counter.program.id,
            cards=cards,
        )


def _cost(context: Context, asked: Asked, what: str) -> int:
    """Return the steps or rows of asking; asked once before, so that memories are warm."""
    ASKS[what](asked)
    _, reader = engines_of(context.database)
    if context.database.is_sqlite:
        with counted_steps(reader) as steps:
            ASKS[what](asked)
        return steps[0]
    with recorded(reader) as sent:
        ASKS[what](asked)
    with context.database.read_connection() as connection:
        # A table is small here, and cheaper to scan; what is asked is whether there is another way.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        reads = [one for one in sent if one.statement.lstrip().startswith("SELECT")]
        return sum(rows_looked_at(connection, one) for one in reads)
