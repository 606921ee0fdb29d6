"""A program as its form is filled in, and as it is stored."""

from typing import Any

from punchcard.context import Context
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram

FORM: dict[str, Any] = {
    "name": "Coffee card",
    "card_name": "Coffee card",
    "slug": "coffee-card",
    "reward_name": "A coffee",
    "reward_description": "",
    "reward_value": "",
    "terms_text": "",
    "self_enrollment": "on",
    "stamps_target": "10",
    "welcome_stamps": "0",
    "cooldown_minutes": "15",
    "max_daily_stamps": "5",
    "pin_policy": "required",
    "pin_max_attempts": "5",
    "pin_lockout_minutes": "30",
    "void_policy": "allow_negative",
    "background_color": "#1f2937",
    "text_color": "#ffffff",
    "accent_color": "#f59e0b",
    "barcode": "qr",
}


def stored(context: Context, program_id: ProgramId) -> LoyaltyProgram:
    with context.database.read() as session:
        return session.get_one(LoyaltyProgram, program_id)
