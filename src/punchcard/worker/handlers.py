"""What the worker does about each topic of the outbox."""

from collections.abc import Mapping
from typing import Final

from punchcard.context import Context
from punchcard.loyalty.batch_writes import CARD_CHANGED
from punchcard.loyalty.program_service import PROGRAM_CHANGED
from punchcard.worker.loop import Handler


def refresh_card(context: Context, card_id: str) -> None:
    """Bring the passes of a card that changed up to date."""
    context.wallets.refresh(card_id)


def refresh_program(context: Context, program_id: str) -> None:
    """Bring the passes of all cards of a program that changed up to date, turn by turn."""
    context.wallets.refresh_program(program_id)


# A redesign is long work: it has a lane of its own, beside that of single cards.
LANES: Final[list[Mapping[str, Handler]]] = [
    {CARD_CHANGED: refresh_card},
    {PROGRAM_CHANGED: refresh_program},
]
