"""One card's whole life in the ledger, and ways to damage it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import CardId, VendorId
from punchcard.loyalty.ledger.ledger_verify import Verdict, verify_ledger
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    AdjustPoints,
    CardKey,
    CardRef,
    EarnPoints,
    OpenCard,
    Operation,
    RedeemPoints,
    RedeemReward,
    RedeemStamps,
    VoidEntry,
)
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.damage import behind_the_triggers

ACTOR = Actor(ActorKind.API_KEY, "a key")


@dataclass(frozen=True)
class Story:
    """A card that has seen everything, and one that has only been opened."""

    context: Context
    url: str
    card_id: CardId
    quiet_card_id: str

    def verify(self, vendor_id: VendorId | None = None) -> Verdict:
        with self.context.database.snapshot() as connection:
            return verify_ledger(connection, vendor_id=vendor_id)

    def found(self) -> list[tuple[int | None, str]]:
        """Return what is found: the number of the entry (None: the card) and what it is."""
        numbers = self.numbers()
        return [(numbers.get(d.entry_id or ""), d.what) for d in self.verify().damages]

    def numbers(self) -> dict[str, int]:
        with self.context.database.read_connection() as connection:
            rows = connection.execute(select(ENTRIES.c.id, ENTRIES.c.sequence))
            return {row.id: row.sequence for row in rows}

    def change(self, sequence: int, **values: Any) -> None:
        with behind_the_triggers(self.url) as connection:
            connection.execute(
                update(ENTRIES)
                .where(ENTRIES.c.card_id == self.card_id, ENTRIES.c.sequence == sequence)
                .values(**values)
            )


def submit(context: Context, operation: Operation) -> Receipt:
    return context.loyalty.till.submit(operation)


def tell_story(context: Context, alice: Shop, url: str, clock: ManualClock) -> Story:
    """Let a card live: welcome, stamps, rewards, purchases, a correction, and voids of each."""
    program = shelf.program(
        alice,
        type="hybrid",
        status="active",
        pin_policy="off",
        cooldown_minutes=0,
        max_daily_stamps=50,
        stamps_target=3,
        welcome_stamps=1,
        welcome_points=5,
        stamp_reward={"name": "Ein «Café» \U0001f950", "value_minor": 350},
    )
    cake = shelf.reward(alice, program.id, points_required=10, name='Kuchen "Großmutter"')
    on: dict[str, Any] = {"vendor_id": alice.id, "actor": ACTOR}
    opened = submit(context, OpenCard(program_id=program.id, **on))
    clock.advance(hours=1)
    quiet = submit(context, OpenCard(program_id=program.id, **on))
    card = CardRef(CardKey.ID, opened.card.id)
    on["card"] = card

    def at(minutes: int) -> Any:
        return clock.now() - timedelta(minutes=minutes)

    void: dict[str, Any] = {"vendor_id": alice.id, "actor": Actor(ActorKind.MEMBER, "m")}
    stamped = submit(context, AddStamp(quantity=2, occurred_at=at(30), **on))
    eaten = submit(context, RedeemStamps(note="Für Anna", **on))
    bought = submit(context, EarnPoints(amount_minor=1999, reference='Bon №7 "é"', **on))
    submit(context, EarnPoints(amount_minor=1999, idempotency_key="k", fingerprint=b"f" * 32, **on))
    caked = submit(context, RedeemReward(reward_id=cake.id, **on))
    spent = submit(context, RedeemPoints(points=7, **on))
    submit(context, AdjustPoints(points_delta=40, note="sorry", **on))
    for receipt in (stamped, eaten, bought, caked, spent):
        submit(context, VoidEntry(transaction_id=receipt.entry["id"], note="oops", **void))
    return Story(context, url, opened.card.id, quiet.card.id)
