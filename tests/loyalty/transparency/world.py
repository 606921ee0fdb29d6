"""Two shops with cards and purchases, and an hour later a checkpoint that somebody keeps."""

from dataclasses import dataclass
from typing import Any

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.ledger.ledger_verify import verify_ledger
from punchcard.loyalty.operations import CardKey, CardRef, EarnPoints, OpenCard
from punchcard.loyalty.transparency.log_verdict import LogVerdict
from punchcard.loyalty.transparency.log_verify import verify_log
from punchcard.loyalty.transparency.signing.checkpoint_text import Checkpoint
from tests.loyalty import shelf
from tests.loyalty.story import ACTOR, submit
from tests.support.cast import Shop

CARDS = 3
PURCHASES = 3


@dataclass(frozen=True)
class World:
    """What is there before a forger comes."""

    context: Context
    clock: ManualClock
    on: dict[str, Any]
    cards: list[str]

    def buy(self, card_id: str, amount_minor: int = 1000, note: str | None = "a note") -> str:
        """Record a purchase; return the entry's id."""
        card = CardRef(CardKey.ID, card_id)
        earned = EarnPoints(amount_minor=amount_minor, card=card, note=note, **self.on)
        entry_id: str = submit(self.context, earned).entry["id"]
        return entry_id

    def open_card(self, program_id: str) -> str:
        return submit(self.context, OpenCard(program_id=program_id, **self.on)).card.id  # type: ignore[arg-type]

    def checkpoint(self) -> Checkpoint:
        return self.context.loyalty.checkpoint_maker.make().checkpoint

    def verify(self, *against: Checkpoint, kept: tuple[Checkpoint, ...] = ()) -> LogVerdict:
        with self.context.database.snapshot() as connection:
            return verify_log(connection, against=against, kept=kept)

    def chains_are_sound(self) -> bool:
        with self.context.database.snapshot() as connection:
            return verify_ledger(connection).is_sound


def open_world(context: Context, alice: Shop, bob: Shop, clock: ManualClock) -> World:
    """Open three cards at Alice's with three purchases each; Ann and Ben stand at the till."""
    for digits, name in (("4711", "Ann"), ("8213", "Ben")):
        shelf.pin(alice, digits, name)
    program = shelf.program(alice, type="points", status="active", pin_policy="off")
    shelf.program(bob, type="points", status="active", pin_policy="off")
    world = World(context, clock, {"vendor_id": alice.id, "actor": ACTOR}, [])
    for _ in range(CARDS):
        world.cards.append(world.open_card(program.id))
    for card_id in world.cards:
        for number in range(PURCHASES):
            world.buy(card_id, 1000 * (number + 1))
    return world
