"""Promotions by their dates: where one stands, what follows when one begins or ends."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.program_service import touch_program
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rules.promotions.promotion_form import LATE_ENDS_DAYS, status_on
from punchcard.loyalty.vendor_events import Happened, tell
from punchcard.loyalty.vocabulary import PromotionStatus, VendorEventType

LIVE: Final = (PromotionStatus.ACTIVE, PromotionStatus.PAUSED)
"""Where a promotion stands that a purchase may find on, or on again."""


def status_at(promotion: Promotion, program: LoyaltyProgram, now: datetime) -> PromotionStatus:
    """Return where a promotion stands at `now`, by its dates in the program's zone."""
    day = now.astimezone(ZoneInfo(program.timezone)).date()
    return status_on(promotion.status, promotion.starts_on, promotion.ends_on, day)


def touch_dated(session: Session, act: Act, *, limit: int) -> int:
    """Let up to `limit` programs follow promotions that began or ended by their dates.

    Raises the version of each program with one whose date has come since the program's last
    change, and ends those that are over so long that no purchase of their days can come any more.
    Returns how many programs.
    """
    # In no zone is it another day earlier than this, or later.
    around = (act.now - timedelta(days=2)).date(), (act.now + timedelta(days=2)).date()
    near = or_(Promotion.starts_on.between(*around), Promotion.ends_on.between(*around))
    over = Promotion.ends_on < (act.now - timedelta(days=LATE_ENDS_DAYS)).date()
    rows = session.execute(
        select(Promotion, LoyaltyProgram)
        .join(LoyaltyProgram, LoyaltyProgram.id == Promotion.program_id)
        .where(Promotion.status.in_(LIVE), or_(near, over))
        .order_by(LoyaltyProgram.id, Promotion.id)
    ).all()
    due = [program.id for promotion, program in rows if _has_turned(promotion, program, act.now)]
    touched = sorted(set(due))[:limit]
    for program_id in touched:
        _touch_dated(session, act, program_id)
    return len(touched)


def _has_turned(promotion: Promotion, program: LoyaltyProgram, now: datetime) -> bool:
    """Return whether it stands elsewhere than when its program last changed, or is over."""
    is_over = promotion.ends_on is not None and promotion.ends_on < _last_late_day(now)
    stood = status_at(promotion, program, program.updated_at)
    return is_over or status_at(promotion, program, now) != stood


def _touch_dated(session: Session, act: Act, program_id: ProgramId) -> None:
    program = session.scalar(
        select(LoyaltyProgram)
        .where(LoyaltyProgram.id == program_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if program is None:
        return
    live = and_(Promotion.program_id == program_id, Promotion.status.in_(LIVE))
    for promotion in session.scalars(select(Promotion).where(live).order_by(Promotion.id)):
        stood = status_at(promotion, program, program.updated_at)
        tell_turn(session, act, program, promotion, stood=stood)
    over = and_(Promotion.status.in_(LIVE), Promotion.ends_on < _last_late_day(act.now))
    for promotion in session.scalars(
        select(Promotion)
        .where(Promotion.program_id == program_id, over)
        .order_by(Promotion.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        promotion.status = PromotionStatus.ENDED
        promotion.updated_at = act.now
    touch_program(session, act, program)


def tell_turn(
    session: Session,
    act: Act,
    program: LoyaltyProgram,
    promotion: Promotion,
    *,
    stood: PromotionStatus,
) -> None:
    """Let the shop's own software know of a promotion that has begun or ended since it `stood`."""
    stands = status_at(promotion, program, act.now)
    is_over = stood in (PromotionStatus.ACTIVE, PromotionStatus.PAUSED)
    if stands == PromotionStatus.ACTIVE and stood != stands:
        kind = VendorEventType.PROMOTION_STARTED
    elif stands == PromotionStatus.ENDED and is_over:
        kind = VendorEventType.PROMOTION_ENDED
    else:
        return
    data = {"promotion_id": promotion.id, "program_id": program.id, "name": promotion.name}
    tell(session, act, program.vendor_id, Happened(kind, data))


def _last_late_day(now: datetime) -> date:
    return (now - timedelta(days=LATE_ENDS_DAYS)).date()
