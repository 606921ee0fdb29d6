"""Short ways to put programs, rewards and PINs on the shelf of a shop."""

from typing import Any

from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.context import Context
from punchcard.kit.ids import CardId, ProgramId, StaffPinId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.programs import program_service, promotion_service, reward_service
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.vocabulary import ActorKind
from tests.support.cast import Shop, by_operator

STAMPS = {"name": "Coffee card", "type": "stamps", "stamp_reward": {"name": "A coffee"}}
POINTS = {"name": "Bread points", "type": "points"}
HYBRID: dict[str, Any] = {
    "type": "hybrid",
    "status": "active",
    "pin_policy": "off",
    "cooldown_minutes": 0,
    "max_daily_stamps": 50,
    "stamps_target": 3,
    "stamp_reward": {"name": "A coffee", "value_minor": 350},
}
"""Stamps and points without PINs or pauses: three stamps make a coffee."""

DOUBLE = {"kind": "multiply", "factor": "2.000"}
MORE_STAMPS: dict[str, Any] = {
    "name": "A stamp more",
    "effect": {"kind": "add_stamps", "stamps": 1},
}


def program(shop: Shop, **fields: Any) -> LoyaltyProgram:
    """Create a program of the shop: an ordinary stamp card unless `fields` say otherwise."""
    with shop.context.database.write() as session:
        return program_service.create_program(
            session, by_operator(shop.context), shop.id, {**STAMPS, **fields}
        )


def reward(shop: Shop, program_id: ProgramId, **fields: Any) -> Reward:
    """Create a reward of 100 points."""
    given = {"name": "A cake", "points_required": 100, **fields}
    with shop.context.database.write() as session:
        return reward_service.create_reward(
            session, by_operator(shop.context), shop.id, program_id, given
        )


def promotion(shop: Shop, program_id: ProgramId, **fields: Any) -> Promotion:
    """Create an active promotion that doubles points, unless `fields` say otherwise."""
    given = {"name": "Double points", "effect": DOUBLE, "status": "active", **fields}
    with shop.context.database.write() as session:
        return promotion_service.create_promotion(
            session, by_operator(shop.context), shop.id, program_id, given
        )


def pin(shop: Shop, digits: str = "4711", name: str = "Anna", **fields: Any) -> StaffPin:
    """Give someone a PIN."""
    context = shop.context
    prepared = context.loyalty.pin_verifier.prepare(shop.id, digits)
    with context.database.write() as session:
        return pin_service.create_pin(
            session, by_operator(context), shop.id, {"name": name, **fields}, prepared
        )


def card(shop: Shop, program: LoyaltyProgram) -> LoyaltyCard:
    """Put a bare card into the program, behind the till's back: there are cards now."""
    context = shop.context
    row = LoyaltyCard(
        id=context.ids.new_id(),
        vendor_id=shop.id,
        program_id=program.id,
        number=context.ids.new_card_number(),
        token_hash=context.ids.new_token(24).encode(),
        token_sealed=b"sealed",
        head_hash=bytes(32),
        enrolled_at=context.clock.now(),
        last_activity_at=context.clock.now(),
        updated_at=context.clock.now(),
    )
    with context.database.write() as session:
        session.add(row)
    return row


def opened_card(shop: Shop, program: LoyaltyProgram) -> CardId:
    """Open a card through the till; returns its id."""
    opened = card_service.open_card(
        shop.context.loyalty.till,
        program.id,
        vendor_id=shop.id,
        actor=Actor(ActorKind.SYSTEM, None),
    )
    return opened.card.id


def till(shop: Shop, number: int = 1) -> Subject:
    """Return the subject of one paired till of the shop."""
    return Subject(kind=SubjectKind.DEVICE, id=f"till-{number}", vendor_id=shop.id)


def stored_pin(context: Context, pin_id: StaffPinId) -> StaffPin:
    """Read a staff PIN as it is now."""
    with context.database.read() as session:
        return session.get_one(StaffPin, pin_id)
