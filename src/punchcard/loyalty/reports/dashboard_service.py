"""The figures of a vendor's first page, of all programs or one, from the daily rollup alone.

They cost the same however long the ledger is. What rewards were worth is what was written down when
they were given: a reward that costs something else today changes no figure of yesterday.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.kit.ids import ProgramId, VendorId
from punchcard.loyalty.models import DailyRollup, LoyaltyProgram
from punchcard.loyalty.reports.stats_service import (
    DateRange,
    Figures,
    Money,
    money_of,
    stats_of,
    total_of,
)

CHART_DAYS = 90


@dataclass(frozen=True, slots=True)
class Dashboard:
    """How a vendor's programs do together.

    `members` are all cards ever opened, `active_members` those used in the last 30 days. `month`
    begins with the first of this month. `days` are the last ones asked for, quiet ones too. The
    rewards' value in a `Money` is what was given away.
    """

    today: date
    members: int
    active_members: int
    month: Figures
    month_money: list[Money]
    all_time: Figures
    all_time_money: list[Money]
    days: list[tuple[date, Figures]]


def vendor_dashboard(
    session: Session,
    vendor_id: VendorId,
    *,
    now: datetime,
    program_id: ProgramId | None = None,
    chart_days: int = CHART_DAYS,
) -> Dashboard:
    """Return the figures of the vendor's programs, or of one; today is the vendor's, each program's
    days are those of its own time zone.
    """
    today = now.astimezone(ZoneInfo(session.get_one(Vendor, vendor_id).timezone)).date()
    programs = select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == vendor_id)
    if program_id is not None:
        programs = programs.where(LoyaltyProgram.id == program_id)
    ours = DailyRollup.program_id.in_(programs)
    # A program east of the vendor may be a day ahead already.
    this_month = DailyRollup.day >= today.replace(day=1)
    chart = DateRange(today - timedelta(days=chart_days - 1), today)
    stats = stats_of(session, ours, today=today, days=chart)
    return Dashboard(
        today=today,
        members=stats.cards,
        active_members=stats.active_cards,
        month=total_of(session, ours, this_month),
        month_money=money_of(session, ours, this_month),
        all_time=stats.all_time,
        all_time_money=money_of(session, ours),
        days=stats.days,
    )


def members_by_program(session: Session, vendor_id: VendorId) -> dict[str, int]:
    """Return how many cards each of the vendor's programs ever opened, by the program's id."""
    query = (
        select(DailyRollup.program_id, func.sum(DailyRollup.cards_opened))
        .join(LoyaltyProgram, LoyaltyProgram.id == DailyRollup.program_id)
        .where(LoyaltyProgram.vendor_id == vendor_id)
        .group_by(DailyRollup.program_id)
    )
    return {program_id: int(cards) for program_id, cards in session.execute(query)}
