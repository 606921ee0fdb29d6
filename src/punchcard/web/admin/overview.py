"""The platform at a glance: its figures, its queues and wallets, and who changed what."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard import __version__
from punchcard.accounts import audit_service, vendor_service
from punchcard.db import outbox
from punchcard.kit.i18n import N_
from punchcard.kit.ids import VendorId, as_id
from punchcard.loyalty.reports import stats_service
from punchcard.web.pages.audit_events import told_events
from punchcard.web.pages.page_request import FormDep, PageRequestDep

router = APIRouter(prefix="/admin")

_DAYS_SHOWN: Final = 90
_EVENTS_SHOWN: Final = 50
_PARKED_SHOWN: Final = 20


@router.get("")
def open_overview(request: PageRequestDep) -> Response:
    """Show the figures of all vendors together."""
    now = request.context.clock.now()
    first = now.date() - timedelta(days=_DAYS_SHOWN - 1)
    with request.context.database.read() as session:
        stats = stats_service.platform_stats(session, now=now, first=first, last=now.date())
        status = request.context.wallets.service.status(session)
    days = [(day.isoformat(), figures) for day, figures in stats.stats.days]
    return request.render(
        "admin/overview.html",
        platform=stats,
        days=days,
        parked=sum(work.parked for work in status.work),
        faults=status.faults,
    )


@router.get("/health")
def open_health(request: PageRequestDep) -> Response:
    """Show what waits, what failed for good and why, and which wallets work."""
    now, signs_until = request.context.clock.now(), request.context.wallets.apple.signs_until
    with request.context.database.read() as session:
        status = request.context.wallets.service.status(session)
        depths = outbox.depths(session)
        parked = outbox.newest_parked(session, limit=_PARKED_SHOWN)
    return request.render(
        "admin/health.html",
        wallets=status,
        signs_until=signs_until,
        days_left=(signs_until - now).days if signs_until else None,
        warns_days=request.context.settings.apple_certificate_warning_days,
        depths=depths,
        parked=parked,
        till_waiting=request.context.loyalty.till.waiting,
        till_limit=request.context.settings.till_queue_limit,
        version=__version__,
        database="SQLite" if request.context.settings.is_embedded else "PostgreSQL",
        sends_mail=request.context.accounts.mail_queue.is_configured,
    )


@router.post("/health/retry")
def retry_parked(request: PageRequestDep, form: FormDep) -> Response:
    """Let what failed for good be tried again."""
    with request.context.database.write() as session:
        tried = request.context.wallets.service.retry_parked(session)
    return request.redirect("/admin/health", N_("To be tried again: {count}"), count=tried)


@router.get("/audit")
def open_audit(request: PageRequestDep, vendor: str = "", before: str = "") -> Response:
    """List who changed what on the platform, newest first; of one vendor when asked (its slug)."""
    with request.context.database.read() as session:
        rows = audit_service.list_events(
            session,
            vendor_id=_vendor_id(session, vendor),
            before_id=as_id(before) if before else None,
            limit=_EVENTS_SHOWN + 1,
        )
        told = told_events(
            session, rows[:_EVENTS_SHOWN], request.language, timezone="UTC", shows_customers=False
        )
    more = rows[_EVENTS_SHOWN - 1].id if len(rows) > _EVENTS_SHOWN else None
    return request.render(
        "admin/audit.html",
        timezone=None,
        told=told,
        form=request.form({"vendor": vendor}),
        next_url=f"/admin/audit?{urlencode({'vendor': vendor, 'before': more})}" if more else None,
        first_url=f"/admin/audit?{urlencode({'vendor': vendor})}" if before else None,
    )


def _vendor_id(session: Session, slug: str) -> VendorId | None:
    """Return whose events are meant: those of all when no vendor is named."""
    if not slug.strip():
        return None
    return vendor_service.get_vendor_by_slug(session, slug.strip().replace("\x00", "")).id
