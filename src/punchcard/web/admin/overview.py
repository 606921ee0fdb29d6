"""The platform at a glance: its figures, its queues and wallets, and who changed what."""

from datetime import timedelta
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard import __version__
from punchcard.accounts import audit_service, vendor_service
from punchcard.accounts.models import Vendor
from punchcard.accounts.vocabulary import SECURITY
from punchcard.accounts.words import ACTIONS
from punchcard.db.watch import backlog
from punchcard.kit.i18n import N_
from punchcard.kit.ids import as_id
from punchcard.loyalty.reports import stats_service
from punchcard.web.admin.work_names import WORK_NAMES
from punchcard.web.pages.audit.audit_events import told_events
from punchcard.web.pages.audit.audit_labels import action_choices
from punchcard.web.pages.drawings import bars_of
from punchcard.web.pages.page_request import FormDep, PageRequestDep

router = APIRouter(prefix="/admin")

_DAYS_SHOWN: Final = 90
_EVENTS_SHOWN: Final = 50
_PARKED_SHOWN: Final = 20
_OFFERED: Final = 200
_NAME_CHARACTERS: Final = 120


@router.get("")
def open_overview(request: PageRequestDep) -> Response:
    """Show the figures of all vendors together."""
    now = request.context.clock.now()
    first = now.date() - timedelta(days=_DAYS_SHOWN - 1)
    with request.context.database.read_replica() as session:
        stats = stats_service.platform_stats(session, now=now, first=first, last=now.date())
        status = request.context.wallets.service.status(session)
    return request.render(
        "admin/overview.html",
        platform=stats,
        bars=bars_of(
            [(day, sums["stamps_earned"] + sums["purchases"]) for day, sums in stats.stats.days]
        ),
        parked=sum(work.parked for work in status.work),
        faults=status.faults,
    )


@router.get("/health")
def open_health(request: PageRequestDep) -> Response:
    """Show what waits, what failed for good and why, and which wallets work."""
    now, signs_until = request.context.clock.now(), request.context.wallets.apple.signs_until
    with request.context.database.read() as session:
        status = request.context.wallets.service.status(session)
        depths = backlog.depths(session)
        parked = backlog.newest_parked(session, limit=_PARKED_SHOWN)
    return request.render(
        "admin/health.html",
        wallets=status,
        signs_until=signs_until,
        days_left=(signs_until - now).days if signs_until else None,
        warns_days=request.context.settings.apple_certificate_warning_days,
        depths=depths,
        parked=parked,
        work_names=WORK_NAMES,
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
def open_audit(
    request: PageRequestDep, vendor: str = "", action: str = "", before: str = ""
) -> Response:
    """List who changed what on the platform, newest first.

    `vendor` is a part of a name or short name, `action` one of ACTIONS.
    """
    sought = vendor.replace("\x00", "").strip()[:_NAME_CHARACTERS]
    action = action if action == SECURITY or action in ACTIONS else ""
    with request.context.database.read_replica() as session:
        found = _sought_vendors(session, sought) if sought else None
        rows = audit_service.list_events(
            session,
            vendor_id=None,
            vendor_ids=None if found is None else [row.id for row in found],
            action=action or None,
            before_id=as_id(before) if before else None,
            limit=_EVENTS_SHOWN + 1,
        )
        names = {row.id: row.name for row in vendor_service.list_vendors(session, limit=_OFFERED)}
        told = told_events(
            session, rows[:_EVENTS_SHOWN], request.language, timezone="UTC", shows_customers=False
        )
    asked = {"vendor": sought, "action": action}
    more = rows[_EVENTS_SHOWN - 1].id if len(rows) > _EVENTS_SHOWN else None
    return request.render(
        "admin/audit.html",
        timezone=None,
        told=told,
        vendor_names=sorted(set(names.values())),
        actions=action_choices(request.language),
        form=request.form(asked),
        next_url=f"/admin/audit?{urlencode({**asked, 'before': more})}" if more else None,
        first_url=f"/admin/audit?{urlencode(asked)}" if before else None,
    )


def _sought_vendors(session: Session, sought: str) -> list[Vendor]:
    """Return whose events are meant: the one of just this name, else all with it in theirs."""
    found = vendor_service.list_vendors(session, query=sought, limit=_OFFERED)
    exactly = [row for row in found if sought.casefold() in (row.name.casefold(), row.slug)]
    return exactly or found
