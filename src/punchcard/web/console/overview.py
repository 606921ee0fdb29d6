"""The console's first page: the way to the first customer, figures, what needs attention."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import api_key_service, location_service, vendor_service
from punchcard.accounts.models import ApiKey
from punchcard.accounts.subjects import LOYALTY_MANAGE, VENDOR_OWN
from punchcard.accounts.words import LIMIT_NAMES
from punchcard.connect.usage import usage_service
from punchcard.kit.ids import LocationId, ProgramId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.ledger import ledger_reader
from punchcard.loyalty.ledger.ledger_reader import EntryFilter
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs import onboarding, program_service
from punchcard.loyalty.reports import attention_service
from punchcard.loyalty.reports.dashboard_service import vendor_dashboard
from punchcard.loyalty.reports.period_service import PeriodComparison, compare_periods
from punchcard.loyalty.reports.stats_service import DateRange, Figures
from punchcard.loyalty.vocabulary import ProgramType
from punchcard.web.console.guide.guide_steps import GUIDE_PAGES, page_paths
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.page_request import PageRequest, PageRequestDep
from punchcard.web.pages.reward_names import subjects_of

router = APIRouter(prefix="/console")

PERIODS: Final = (7, 30, 90, 365)
"""The days that can be looked at; a year is drawn by weeks."""
DEFAULT_PERIOD: Final = 30
_BY_WEEKS_FROM: Final = 180
_PROGRAMS_SHOWN: Final = 200
_ENTRIES_SHOWN: Final = 8
_SERIES: Final = ("stamps_earned", "points_earned", "cards_opened", "rewards_redeemed")

Days = Sequence[tuple[date, Figures]]


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bar of the charts: a day, or the week that begins on it."""

    first: date
    figures: Figures


@router.get("")
def open_overview(
    request: PageRequestDep,
    days: int = DEFAULT_PERIOD,
    program: ProgramId | None = None,
    location: LocationId | None = None,
) -> Response:
    """Show the figures of a period, of all programs and locations or one; the guide, until the
    shop has given its first stamp.
    """
    days = days if days in PERIODS else DEFAULT_PERIOD
    context = request.context
    now = context.clock.now()
    with context.database.read_replica() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        programs = program_service.list_programs(session, vendor.id, limit=_PROGRAMS_SHOWN)
        chosen = program_service.get_program(session, vendor.id, program) if program else None
        place = location_service.get_location(session, vendor.id, location) if location else None
        of_program = chosen.id if chosen else None
        dashboard = vendor_dashboard(
            session, vendor.id, now=now, program_id=of_program, chart_days=1
        )
        found = compare_periods(
            session,
            vendor.id,
            DateRange(dashboard.today - timedelta(days=days - 1), dashboard.today),
            program_id=of_program,
            location_id=place.id if place else None,
        )
        wanted = EntryFilter(program_id=of_program, location_id=place.id if place else None)
        values = {
            **_for_managers(session, request, programs),
            **_newest_entries(session, request, wanted),
            "vendor": vendor,
            "locations": location_service.location_names(session, vendor.id),
        }
    types = {row.type for row in ([chosen] if chosen else programs)}
    return request.render(
        "console/overview.html",
        dashboard=dashboard,
        days=days,
        periods=PERIODS,
        programs=programs,
        chosen=chosen,
        place=place,
        has_stamps=bool(types - {ProgramType.POINTS}),
        has_points=bool(types - {ProgramType.STAMPS}),
        **_periods_shown(found, days, Wording(request.language)),
        **values,
    )


def _periods_shown(found: PeriodComparison, days: int, wording: Wording) -> dict[str, Any]:
    """Return what the page shows of a period and the one before, in words and as a chart."""
    buckets = _buckets(found.period.days, days)
    return {
        "period": found.period,
        "before": found.before,
        "buckets": buckets,
        "chart": _chart(buckets, _buckets(found.before.days, days), wording),
    }


def _newest_entries(session: Session, request: PageRequest, wanted: EntryFilter) -> dict[str, Any]:
    """Return what the page shows of the newest entries."""
    entries = ledger_reader.list_entries(session, request.vendor_id, wanted, limit=_ENTRIES_SHOWN)
    return {
        "entries": entries,
        "card_names": card_service.card_labels(session, {one.row["card_id"] for one in entries}),
        "subjects": subjects_of(session, entries, request.language),
    }


def _for_managers(
    session: Session, request: PageRequest, programs: Sequence[LoyaltyProgram]
) -> dict[str, Any]:
    """Return the guide and what needs attention, for those who can do something about it."""
    if not request.may(LOYALTY_MANAGE):
        return {
            "steps": None,
            "guide_pages": (),
            "attention": None,
            "stuck": [],
            "has_wrong_contacts": False,
            "ending_keys": [],
            "near_limits": [],
            "mails_paused_until": None,
        }
    now = request.context.clock.now()
    steps = onboarding.first_steps(session, request.vendor_id)
    redesigns = (
        (row, request.context.wallets.service.progress(session, row.id)) for row in programs
    )
    return {
        "steps": None if steps.is_finished else steps,
        "guide_pages": GUIDE_PAGES,
        "guide_paths": page_paths(steps),
        "has_wrong_contacts": request.context.loyalty.contact_watch.has_faults(
            session, request.vendor_id, request.subject.country, now=now
        ),
        "ending_keys": _ending_keys(session, request),
        "near_limits": usage_service.nearly_used_up(session, request.vendor_id, now=now),
        "limit_names": LIMIT_NAMES,
        "mails_paused_until": request.context.accounts.mail_queue.pauses_enrolments(
            session, request.vendor_id
        ),
        "attention": attention_service.what_needs_attention(session, request.vendor_id, now=now),
        "stuck": [(row, found) for row, found in redesigns if found and found.cards_failed],
    }


def _ending_keys(session: Session, request: PageRequest) -> Sequence[ApiKey]:
    """Return the keys in use that end soon, for those who can make others."""
    if not request.may(VENDOR_OWN):
        return []
    within = timedelta(days=request.context.settings.api_key_warning_days)
    now = request.context.clock.now()
    return api_key_service.ending_api_keys(session, request.vendor_id, now=now, within=within)


def _buckets(series: Days, days: int) -> list[Bucket]:
    """Return the days, or for a long time the weeks, the last of which may be going on."""
    if days < _BY_WEEKS_FROM:
        return [Bucket(day, figures) for day, figures in series]
    weeks: dict[date, dict[str, int]] = {}
    for day, figures in series:
        monday = date.fromordinal(day.toordinal() - day.weekday())
        week = weeks.setdefault(monday, dict.fromkeys(_SERIES, 0))
        for name in _SERIES:
            week[name] += figures[name]
    return [Bucket(monday, figures) for monday, figures in weeks.items()]


def _chart(
    buckets: Sequence[Bucket], before: Sequence[Bucket], wording: Wording
) -> dict[str, list[Any]]:
    """Return the series as the page's script draws them, beside the days and their names.

    No browser knows how Luxembourgish writes a day. The period before is laid under this one, end
    upon end: two years may touch a different number of weeks.
    """
    missing = max(0, len(buckets) - len(before))
    under = [None] * missing + list(before)[-len(buckets) :]
    return {
        "days": [bucket.first.isoformat() for bucket in buckets],
        "labels": [wording.short_day(bucket.first) for bucket in buckets],
        **{name: [bucket.figures[name] for bucket in buckets] for name in _SERIES},
        **{
            f"{name}_before": [bucket.figures[name] if bucket else None for bucket in under]
            for name in _SERIES
        },
    }
