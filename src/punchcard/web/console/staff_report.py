"""The console's staff report: what each person did, and where a second look is worth it."""

from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import location_service, vendor_service
from punchcard.connect.claims import claim_service
from punchcard.kit.ids import CardId, ProgramId, as_id
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.reports.staff_report_service import (
    REPORT_DAYS_LIMIT,
    StaffReport,
    staff_report,
)
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.console.list_filters import Asked, as_day
from punchcard.web.pages.page_request import PageRequest, PageRequestDep

router = APIRouter(prefix="/console/staff-report")

PERIODS: Final = (7, 30, 90)
"""The periods that a link offers: so many days up to today."""
_PROGRAMS_SHOWN: Final = 200


@router.get("")
def open_staff_report(request: PageRequestDep, program_id: ProgramId | None = None) -> Response:
    """Show stamps, points, redemptions, voids and concentration per person in a period."""
    query = request.http.query_params
    first, last = as_day(query.get("from", "")), as_day(query.get("to", ""))
    now = request.context.clock.now()
    report, cards = None, {}
    receipts: list[tuple[str | None, int]] = []
    with request.context.database.read_replica() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        programs = program_service.list_programs(session, request.vendor_id, limit=_PROGRAMS_SHOWN)
        named = [(row.id, row.name) for row in programs]
        wanted = as_id(program_id) if program_id else None
        wanted = wanted if wanted in dict(named) else None
        form = request.form({"program_id": wanted, "from": first, "to": last})
        with form.refusals():
            report = staff_report(
                session, request.vendor_id, now=now, first=first, last=last, program_id=wanted
            )
            cards = card_service.card_labels(session, _top_cards(report))
            receipts = _receipts(session, request, report, wanted)
    if report is not None:
        form.initial |= {"from": report.range.first, "to": report.range.last}
    asked = _asked(form.initial)
    today = now.astimezone(ZoneInfo(report.timezone if report else vendor.timezone)).date()
    return request.render(
        "console/staff_report.html",
        status=200 if report is not None else 422,
        form=form,
        report=report,
        cards=cards,
        receipts=receipts,
        programs=named,
        has_points=any(row.type != ProgramType.STAMPS for row in programs),
        days_limit=REPORT_DAYS_LIMIT,
        periods=[
            (days, _period(asked, today - timedelta(days=days - 1), today)) for days in PERIODS
        ],
        here=asked.address("/console/staff-report"),
        ledger_url=asked.address("/console/ledger"),
        export_urls=asked.files("staff-report"),
    )


def _top_cards(report: StaffReport) -> set[CardId]:
    return {line.top_cards[0].card_id for line in report.lines if line.flags and line.top_cards}


def _receipts(
    session: Session, request: PageRequest, report: StaffReport, program_id: ProgramId | None
) -> list[tuple[str | None, int]]:
    """Return how many receipts were put on cards in the period, by the names of locations."""
    zone = ZoneInfo(report.timezone)
    found = claim_service.claimed_by_place(
        session,
        request.vendor_id,
        since=datetime.combine(report.range.first, time(), zone),
        until=datetime.combine(report.range.last + timedelta(days=1), time(), zone),
        program_id=program_id,
    )
    names = location_service.location_names(session, request.vendor_id) if found else {}
    told = [(names.get(place) if place else None, number) for place, number in found.items()]
    return sorted(told, key=lambda one: (-one[1], one[0] or ""))


def _asked(fields: dict[str, Any]) -> Asked:
    return Asked({name: str(value) for name, value in fields.items() if value})


def _period(asked: Asked, first: Any, last: Any) -> str:
    days = {"from": str(first), "to": str(last)}
    return Asked({**asked.fields, **days}).address("/console/staff-report")
