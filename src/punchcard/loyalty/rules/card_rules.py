"""Opening a card and its welcome bonus."""

from datetime import datetime

from punchcard.loyalty.errors import ProgramInactive
from punchcard.loyalty.operations import OpenCard
from punchcard.loyalty.rules.values import CardState, Decision, EntryDraft, ProgramRules, Steps
from punchcard.loyalty.vocabulary import EntryType, ProgramStatus


def open_card(
    operation: OpenCard, program: ProgramRules, card: CardState, at: datetime
) -> Decision:
    """Open `card`; the vendor's own enrolment credits the welcome bonus at once."""
    if program.status != ProgramStatus.ACTIVE:
        raise ProgramInactive
    opened = card._replace(
        last_activity_at=at, enrolled_at=at, is_welcome_due=_has_welcome(program)
    )
    steps = Steps(opened, at)
    steps.take(EntryDraft(type=EntryType.CARD_OPENED), steps.card)
    if operation.is_vouched:
        credit_due_welcome(program, steps)
    return steps.decision()


def credit_due_welcome(program: ProgramRules, steps: Steps) -> None:
    """Credit the welcome bonus if the card still waits for it."""
    card = steps.card
    if not card.is_welcome_due:
        return
    stamps = program.welcome_stamps if program.has_stamps else 0
    points = program.welcome_points if program.has_points else 0
    card = card._replace(
        is_welcome_due=False,
        stamps=card.stamps + stamps,
        points=card.points + points,
        lifetime_stamps=card.lifetime_stamps + stamps,
        lifetime_points=card.lifetime_points + points,
    )
    if stamps or points:
        entry = EntryDraft(type=EntryType.WELCOME_BONUS, stamps_delta=stamps, points_delta=points)
        steps.take(entry, card)
    steps.card = card


def _has_welcome(program: ProgramRules) -> bool:
    return bool(
        (program.has_stamps and program.welcome_stamps)
        or (program.has_points and program.welcome_points)
    )
