"""How far a shop has come on its way to its first stamp, told by its data alone."""

from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.accounts.models import Device, Location
from punchcard.kit.ids import ProgramId, VendorId
from punchcard.loyalty.models import DailyRollup, LoyaltyCard, LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.rules.void_rules import STAMPINGS
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import PinPolicy, ProgramStatus, ProgramType

Step = Literal["shop", "program", "reward", "pins", "terminal", "poster", "stamp"]

STEPS: Final[tuple[Step, ...]] = (
    *("shop", "program", "reward", "pins", "terminal", "poster", "stamp"),
)
"""In the order in which a shop takes them."""


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Which steps are `done`; `program_id` is the program that the way leads through."""

    done: frozenset[Step]
    program_id: ProgramId | None
    is_finished: bool

    @property
    def next(self) -> Step | None:
        """Return the first step that is not done."""
        return next((step for step in STEPS if step not in self.done), None)


def first_steps(session: Session, vendor_id: VendorId) -> FirstSteps:
    """Return which steps the vendor has behind it.

    The shop counts as told once somebody saved what it was opened with, changed or not (an address
    is nothing that every shop has), a location has its address, or a program exists; the poster
    as hanging once someone has a card. The way ends with the first stamp, or the first purchase
    that earned points, however it was made. A shop whose programs are all switched off has been
    through this before.
    """
    programs = select(LoyaltyProgram).where(
        LoyaltyProgram.vendor_id == vendor_id, LoyaltyProgram.status != ProgramStatus.INACTIVE
    )
    program = session.scalar(programs.order_by(LoyaltyProgram.id).limit(1))
    has_cards = _is_there(session, LoyaltyCard.vendor_id == vendor_id)
    has_stamped = has_cards and _has_stamped(session, vendor_id)
    is_located = _is_there(
        session,
        Location.vendor_id == vendor_id,
        Location.closed_at.is_(None),
        Location.address.is_not(None),
    )
    done: dict[Step, bool] = {
        "shop": is_located or program is not None or vendor_service.is_told(session, vendor_id),
        "program": program is not None,
        "reward": program is not None and _is_rewarding(session, program),
        "pins": _has_pins(session, vendor_id, program),
        "terminal": _is_there(session, Device.vendor_id == vendor_id, Device.revoked_at.is_(None)),
        "poster": has_cards,
        "stamp": has_stamped,
    }
    return FirstSteps(
        done=frozenset(step for step, is_done in done.items() if is_done),
        program_id=program.id if program else None,
        is_finished=has_stamped or (program is None and has_cards),
    )


def _has_stamped(session: Session, vendor_id: VendorId) -> bool:
    """Return whether a card was ever stamped or a purchase earned; welcome gifts do not count."""
    programs = select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == vendor_id)
    # Stamps by the ledger, which an index reads by type: by their cards, a shop whose cards have
    # none would be read from end to end.
    return _is_there(
        session, DailyRollup.program_id.in_(programs), DailyRollup.purchases > 0
    ) or any(
        _is_there(session, ENTRIES.c.vendor_id == vendor_id, ENTRIES.c.type == stamping)
        for stamping in STAMPINGS
    )


def _is_rewarding(session: Session, program: LoyaltyProgram) -> bool:
    """Return whether customers can earn something in the program today."""
    if program.status != ProgramStatus.ACTIVE:
        return False
    if program.type != ProgramType.POINTS:
        return bool((program.stamp_reward or {}).get("name"))
    return _is_there(session, Reward.program_id == program.id, Reward.archived_at.is_(None))


def _has_pins(session: Session, vendor_id: VendorId, program: LoyaltyProgram | None) -> bool:
    if program is not None and program.pin_policy == PinPolicy.OFF:
        return True
    return _is_there(session, StaffPin.vendor_id == vendor_id, StaffPin.retired_at.is_(None))


def _is_there(session: Session, *conditions: object) -> bool:
    return bool(session.scalar(select(exists().where(*conditions))))  # type: ignore[arg-type]
