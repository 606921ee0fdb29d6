"""The figures of a vendor's first page, all programs together, from the daily rollup alone.

They cost the same however long the ledger is. What rewards were worth is what was written down when
they were given: a reward that costs something else today changes no figure of yesterday.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.models import Vendor
from punchcard.loyalty.models import DailyRollup, LoyaltyProgram
from punchcard.loyalty.stats_service import (
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
    begins with the first of this month. `days` are the last 90, quiet ones too. The rewards' value
    in a `Money` is what was given away.
    """

    today: date
    members: int
    active_members: int
    month: Figures
    month_money: list[Money]
    all_time: Figures
    all_time_money: list[Money]
    days: list[tuple[date, Figures]]


def vendor_dashboard(session: Session, vendor_id: str, *, now: datetime) -> Dashboard:
    """Return the figures of the vendor's programs; today is the vendor's, each program's days are
    those of its own time zone.
    """
    today = now.astimezone(ZoneInfo(session.get_one(Vendor, vendor_id).timezone)).date()
    programs = select(LoyaltyProgram.id).where(LoyaltyProgram.vendor_id == vendor_id)
    ours = DailyRollup.program_id.in_(programs)
    # A program east of the vendor may be a day ahead already.
    this_month = DailyRollup.day >= today.replace(day=1)
    chart = DateRange(today - timedelta(days=CHART_DAYS - 1), today)
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
