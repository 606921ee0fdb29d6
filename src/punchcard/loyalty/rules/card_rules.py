"""Opening a card and its welcome bonus."""

from datetime import datetime
from typing import Final

from punchcard.kit.ids import ProgramId
from punchcard.loyalty.errors.programs import ProgramInactive
from punchcard.loyalty.errors.staff import StaffPinNotForProgram, StaffPinRequired
from punchcard.loyalty.operations import OpenCard, StaffIdentity
from punchcard.loyalty.rules.dated.dated_points import credit, joined
from punchcard.loyalty.rules.stamps.dated_stamps import credit_stamps
from punchcard.loyalty.rules.values import CardState, Decision, EntryDraft, ProgramRules, Steps
from punchcard.loyalty.vocabulary import EntryType, PinPolicy, ProgramStatus

# Looked up once: before Python 3.12 an enum gives its words slowly, and this is asked always.
_REQUIRED: Final = PinPolicy.REQUIRED


def open_card(
    operation: OpenCard, program: ProgramRules, card: CardState, at: datetime
) -> Decision:
    """Open `card`; an enrolment that somebody answers for credits the welcome bonus at once."""
    if program.status != ProgramStatus.ACTIVE:
        raise ProgramInactive
    check_staff(operation.staff, program.id, program.pin_policy, is_asked=operation.is_by_till)
    opened = card._replace(
        last_activity_at=at,
        enrolled_at=at,
        is_welcome_due=operation.has_welcome and _has_welcome(program),
    )
    steps = Steps(opened, at)
    steps.take(EntryDraft(type=EntryType.CARD_OPENED), steps.card)
    if operation.is_vouched and (operation.staff is not None or operation.is_trusted):
        credit_due_welcome(program, steps)
    return steps.decision()


def check_staff(
    staff: StaffIdentity | None, program_id: ProgramId, policy: PinPolicy, *, is_asked: bool
) -> None:
    """Let pass what a person at the till stands for, as the program's `policy` wants it.

    `is_asked`: the policy binds whoever asks. Raises StaffPinRequired, StaffPinNotForProgram.
    """
    if staff is None:
        if is_asked and policy == _REQUIRED:
            raise StaffPinRequired
    elif staff.program_id not in (None, program_id):
        raise StaffPinNotForProgram


def credit_due_welcome(program: ProgramRules, steps: Steps) -> None:
    """Credit the welcome bonus if the card still waits for it."""
    card = steps.card
    if not card.is_welcome_due:
        return
    stamps = program.welcome_stamps if program.has_stamps else 0
    points = program.welcome_points if program.has_points else 0
    day = program.day_of(steps.at)
    lifetime = card.lifetime_points + points
    card = card._replace(is_welcome_due=False, lifetime_points=lifetime)
    card, stamped = credit_stamps(program, card, stamps, day)
    card, details = credit(program, card, points, day)
    if stamps or points:
        entry = EntryDraft(
            type=EntryType.WELCOME_BONUS,
            stamps_delta=stamps,
            points_delta=points,
            details=joined(stamped, details),
        )
        steps.take(entry, card)
    steps.card = card


def _has_welcome(program: ProgramRules) -> bool:
    return bool(
        (program.has_stamps and program.welcome_stamps)
        or (program.has_points and program.welcome_points)
    )
