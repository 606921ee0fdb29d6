"""Short ways to have cards bring friends."""

from typing import Any

from sqlalchemy import select

from punchcard.context import Context
from punchcard.engage.referral_keeper import enqueue_referrals
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import NewCustomer
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.referral_models import Referral
from punchcard.worker.handlers import ENGAGE_LANE
from punchcard.worker.loop import Worker
from tests.engage.engaged import by_shop, coffee_shop
from tests.support.cast import Shop, by_operator

TERMS: dict[str, Any] = {"referrer": {"points": 50}, "friend": {"points": 20}}


def shop_with(
    shop: Shop, *, referral: dict[str, Any] | None = None, **fields: Any
) -> LoyaltyProgram:
    """Open a program that pays for friends."""
    return coffee_shop(shop, referral={**TERMS, **(referral or {})}, **fields)


def promise(shop: Shop, program: LoyaltyProgram, referral: dict[str, Any] | None) -> None:
    """Change what is promised for friends."""
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        fields = {"referral": referral}
        program_service.update_program(session, act, shop.id, program.id, fields)


def friend(
    shop: Shop, program: LoyaltyProgram, referrer: CardId, is_vouched: bool = False, **told: Any
) -> CardId:
    """Have somebody join by a card's link."""
    receipt = card_service.open_card(
        shop.context.loyalty.till,
        program.id,
        customer=NewCustomer(**told) if told else None,
        is_vouched=is_vouched,
        referrer_card_id=referrer,
        **by_shop(shop),
    )
    return receipt.card.id


def work_on_friends(context: Context) -> None:
    """Let a worker look at referrals, and pay those that are due."""
    with context.database.write() as session:
        enqueue_referrals(session, context.clock.now())
    worker = Worker(context, [ENGAGE_LANE], [])
    while worker.do_work():
        pass


def told(context: Context) -> list[tuple[str, str | None]]:
    """Return state and reason of all referrals, oldest first."""
    with context.database.read() as session:
        rows = session.scalars(select(Referral).order_by(Referral.id))
        return [(str(row.state), row.reason) for row in rows]
