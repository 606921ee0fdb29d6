"""The console's first page: the way to the first customer, figures, what needs attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.accounts.subjects import LOYALTY_MANAGE
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.ledger_reader import EntryFilter
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import onboarding, program_service
from punchcard.loyalty.reports import attention_service
from punchcard.loyalty.reports.dashboard_service import CHART_DAYS, Dashboard, vendor_dashboard
from punchcard.loyalty.reports.stats_service import Figures
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.console.guide.guide_steps import GUIDE_PAGES, page_paths
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.page_request import PageRequest, PageRequestDep

router = APIRouter(prefix="/console")

PERIODS: Final = (30, CHART_DAYS, 365)
"""The days that the charts can show; a year is shown by weeks."""
_BY_WEEKS_FROM: Final = 180
_PROGRAMS_SHOWN: Final = 200
_ENTRIES_SHOWN: Final = 8
_SERIES: Final = ("stamps_earned", "points_earned", "cards_opened", "rewards_redeemed")


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of the charts: a day, or the week that begins on it."""

    first: date
    figures: Figures


@router.get("")
def open_overview(
    request: PageRequestDep, days: int = CHART_DAYS, program: ProgramId | None = None
) -> Response:
    """Show the figures of all programs or one; the guide, until the shop has its first customer."""
    days = days if days in PERIODS else CHART_DAYS
    context = request.context
    now = context.clock.now()
    with context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        programs = program_service.list_programs(session, vendor.id, limit=_PROGRAMS_SHOWN)
        chosen = program_service.get_program(session, vendor.id, program) if program else None
        found = vendor_dashboard(
            session,
            vendor.id,
            now=now,
            program_id=chosen.id if chosen else None,
            chart_days=days,
        )
        entries = ledger_reader.list_entries(
            session,
            vendor.id,
            EntryFilter(program_id=chosen.id if chosen else None),
            limit=_ENTRIES_SHOWN,
        )
        values = {**_for_managers(session, request, programs), "vendor": vendor}
    buckets = _buckets(found, days)
    types = {row.type for row in ([chosen] if chosen else programs)}
    return request.render(
        "console/overview.html",
        dashboard=found,
        buckets=buckets,
        chart=_chart(buckets, Wording(request.language)),
        days=days,
        periods=PERIODS,
        programs=programs,
        chosen=chosen,
        has_stamps=bool(types - {ProgramType.POINTS}),
        has_points=bool(types - {ProgramType.STAMPS}),
        entries=entries,
        **values,
    )


def _for_managers(
    session: Session, request: PageRequest, programs: Sequence[LoyaltyProgram]
) -> dict[str, Any]:
    """Return the guide and what needs attention, for those who can do something about it."""
    if not request.may(LOYALTY_MANAGE):
        return {"steps": None, "guide_pages": (), "attention": None, "stuck": []}
    now = request.context.clock.now()
    steps = onboarding.first_steps(session, request.vendor_id)
    redesigns = (
        (row, request.context.wallets.service.progress(session, row.id)) for row in programs
    )
    return {
        "steps": None if steps.is_finished else steps,
        "guide_pages": GUIDE_PAGES,
        "guide_paths": page_paths(steps),
        "attention": attention_service.what_needs_attention(session, request.vendor_id, now=now),
        "stuck": [(row, found) for row, found in redesigns if found and found.cards_failed],
    }


def _buckets(found: Dashboard, days: int) -> list[Bucket]:
    """Return the days, or for a long time the weeks, the last of which may be going on."""
    if days < _BY_WEEKS_FROM:
        return [Bucket(day, figures) for day, figures in found.days]
    weeks: dict[date, dict[str, int]] = {}
    for day, figures in found.days:
        monday = date.fromordinal(day.toordinal() - day.weekday())
        week = weeks.setdefault(monday, dict.fromkeys(_SERIES, 0))
        for name in _SERIES:
            week[name] += figures[name]
    return [Bucket(monday, figures) for monday, figures in weeks.items()]


def _chart(buckets: list[Bucket], wording: Wording) -> dict[str, list[Any]]:
    """Return the series as the page's script draws them, beside the days and their names.

    No browser knows how Luxembourgish writes a day.
    """
    return {
        "days": [bucket.first.isoformat() for bucket in buckets],
        "labels": [wording.short_day(bucket.first) for bucket in buckets],
        **{name: [bucket.figures[name] for bucket in buckets] for name in _SERIES},
    }
