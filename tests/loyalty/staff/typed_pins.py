"""PINs as people type them, right and wrong, and how they are changed and retired."""

from typing import Any

from punchcard.loyalty.errors.staff import StaffPinExhausted, StaffPinInvalid, StaffPinLocked
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.staff import pin_service
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

RIGHT, WRONG = "4711", "9173"


def change(shop: Shop, pin: StaffPin, *, digits: str | None = None, **fields: Any) -> StaffPin:
    prepared = shop.context.loyalty.pin_verifier.prepare(shop.id, digits) if digits else None
    with shop.context.database.write() as session:
        return pin_service.update_pin(
            session, by_operator(shop.context), shop.id, pin.id, fields, prepared=prepared
        )


def retire(shop: Shop, pin: StaffPin) -> None:
    with shop.context.database.write() as session:
        pin_service.retire_pin(session, by_operator(shop.context), shop.id, pin.id)


def attempt(shop: Shop, digits: str, staff_id: str | None = None, till: int = 1) -> str:
    """Type a PIN; returns the person's name, or the code of the refusal and what is left."""
    try:
        return shop.context.loyalty.pin_verifier.verify(
            shelf.till(shop, till), digits, staff_id
        ).name
    except StaffPinInvalid as refusal:
        return f"wrong, {refusal.facts['remaining_attempts']} left"
    except StaffPinLocked:
        return "locked"
    except StaffPinExhausted:
        return "exhausted"
