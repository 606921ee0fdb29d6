"""Short ways to switch automations on, to have people come, and to let the worker work."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from punchcard.context import Context
from punchcard.engage import automation_service
from punchcard.engage.automation_keeper import enqueue_automations
from punchcard.engage.models import Automation, AutomationRun
from punchcard.kit.ids import CardId, ProgramId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.operations import Actor, NewCustomer, OperationMetadata
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.till import stamp_service
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.worker.handlers import ENGAGE_LANE
from punchcard.worker.loop import Worker
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

COFFEE: dict[str, Any] = {
    **shelf.HYBRID,
    "timezone": "Europe/Luxembourg",
    "stamps_target": 10,
}


def coffee_shop(shop: Shop, **fields: Any) -> LoyaltyProgram:
    """Open a program that collects stamps and points, without PINs or pauses."""
    return shelf.program(shop, **{**COFFEE, **fields})


def automation(shop: Shop, program_id: ProgramId, **fields: Any) -> Automation:
    """Switch an automation on: five points for the birthday, nobody held out, unless told else."""
    given = {
        "trigger": "birthday",
        "action": "points",
        "points": 5,
        "hold_out_percent": 0,
        "status": "active",
        **fields,
    }
    for name in [name for name, value in given.items() if value is ...]:
        del given[name]
    with shop.context.database.write() as session:
        return automation_service.create_automation(
            session, by_operator(shop.context), shop.id, program_id, given
        )


def change(shop: Shop, row: Automation, **fields: Any) -> Automation:
    """Change an automation."""
    with shop.context.database.write() as session:
        return automation_service.update_automation(
            session, by_operator(shop.context), shop.id, row.program_id, row.id, fields=fields
        )


def end(shop: Shop, row: Automation) -> None:
    """End an automation."""
    with shop.context.database.write() as session:
        automation_service.end_automation(
            session, by_operator(shop.context), shop.id, row.program_id, row.id
        )


def by_shop(shop: Shop, **more: Any) -> OperationMetadata:
    """Say who asks."""
    metadata: Any = {"vendor_id": shop.id, "actor": Actor(ActorKind.SYSTEM, None), **more}
    asked: OperationMetadata = metadata
    return asked


def guest(shop: Shop, program: LoyaltyProgram, **told: Any) -> CardId:
    """Open a card for somebody who tells something about themselves."""
    customer = NewCustomer(**told) if told else None
    receipt = card_service.open_card(
        shop.context.loyalty.till, program.id, customer=customer, **by_shop(shop)
    )
    return receipt.card.id


def stamp(shop: Shop, card_id: CardId, **more: Any) -> Receipt:
    """Have somebody come and be stamped."""
    return stamp_service.add_stamp(shop.context.loyalty.till, card_id, **by_shop(shop, **more))


def work(context: Context) -> None:
    """Let a worker do all that waits, as its next look at the clock finds it."""
    with context.database.write() as session:
        enqueue_automations(session, context.clock.now())
    worker = Worker(context, [ENGAGE_LANE], [])
    while worker.do_work():
        pass


def runs(context: Context) -> list[AutomationRun]:
    """Return all runs, oldest first."""
    with context.database.read() as session:
        return list(session.scalars(select(AutomationRun).order_by(AutomationRun.id)))


def states(context: Context) -> list[str]:
    """Return what became of all runs."""
    return [str(run.state) for run in runs(context)]


def entries(context: Context, card_id: CardId) -> list[str]:
    """Return the types of a card's entries."""
    with context.database.read_connection() as connection:
        query = select(ENTRIES.c.type).where(ENTRIES.c.card_id == card_id)
        return [str(kind) for kind in connection.scalars(query.order_by(ENTRIES.c.sequence))]


def points(context: Context, card_id: CardId) -> int:
    """Return the points on a card."""
    with context.database.read_connection() as connection:
        return int(connection.scalar(select(CARDS.c.points).where(CARDS.c.id == card_id)) or 0)


def at(text: str) -> datetime:
    """Return a moment, told as people read it."""
    return datetime.fromisoformat(text)
