"""The console's report of a month: one page of figures to read, and one of A4 to print."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response

from punchcard.accounts import location_service, vendor_service
from punchcard.kit.ids import ProgramId, as_id
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports.month_report_service import month_report
from punchcard.loyalty.reports.period_service import first_day
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.pages.drawings import bars_of
from punchcard.web.pages.page_request import PageRequestDep
from punchcard.web.pages.reward_names import names_of

router = APIRouter(prefix="/console/month-report")

MONTHS_OFFERED: Final = 36
_PROGRAMS_SHOWN: Final = 200


@router.get("")
def open_month_report(
    request: PageRequestDep, month: str = "", program_id: ProgramId | None = None
) -> Response:
    """Show what a month (2026-10) came to; of the last one that is over, if none is named."""
    now = request.context.clock.now()
    with request.context.database.read_replica() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        today = now.astimezone(ZoneInfo(vendor.timezone)).date()
        months = _months(first_day(session, vendor.id) or today, today)
        first = _chosen(month, months)
        programs = program_service.list_programs(session, vendor.id, limit=_PROGRAMS_SHOWN)
        named = [(row.id, row.name) for row in programs]
        wanted = as_id(program_id) if program_id else None
        wanted = wanted if wanted in dict(named) else None
        report = month_report(session, vendor.id, first, now=now, program_id=wanted)
        names = names_of(session, [one.reward for one in report.rewards], request.language)
        locations = location_service.location_names(session, vendor.id)
    types = {row.type for row in report.programs}
    has_points = bool(types - {ProgramType.STAMPS})
    has_stamps = bool(types - {ProgramType.POINTS})
    drawn = "stamps_earned" if has_stamps else "points_earned"
    return request.render(
        "console/month_report.html",
        vendor=vendor,
        report=report,
        reward_names=names,
        currencies={row.id: row.currency for row in report.programs},
        program_names=dict(named),
        programs=named,
        locations=locations,
        months=months,
        form=request.form(
            {"month": f"{first:%Y-%m}", "program_id": wanted, "lang": request.language}
        ),
        has_points=has_points,
        has_stamps=has_stamps,
        bars=bars_of([(day, sums[drawn]) for day, sums in report.figures.period.days]),
        today=today,
    )


def _months(first: date, today: date) -> list[date]:
    """Return the months in which the shop was open, newest first."""
    months = [today.replace(day=1)]
    while months[-1] > first and len(months) < MONTHS_OFFERED:
        before = months[-1]
        december = before.month == 1
        months.append(date(before.year - december, 12 if december else before.month - 1, 1))
    return months


def _chosen(month: str, months: Sequence[date]) -> date:
    """Return the month that is asked for, else the newest that is over, else this one."""
    asked = {f"{one:%Y-%m}": one for one in months}
    return asked.get(month) or (months[1] if len(months) > 1 else months[0])
