"""The console's page of the shop itself: its habits, who changed what, and its closing."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from punchcard.accounts import audit_service, vendor_service
from punchcard.accounts.models import Vendor
from punchcard.accounts.subjects import VENDOR_OWN
from punchcard.accounts.vocabulary import SECURITY
from punchcard.accounts.words import ACTIONS
from punchcard.kit.i18n import N_
from punchcard.kit.ids import as_id
from punchcard.loyalty.programs import vendor_changes
from punchcard.web.page_visitors import SESSION_COOKIE
from punchcard.web.pages.audit.audit_events import told_events
from punchcard.web.pages.audit.audit_labels import action_choices
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.vendor_form import VENDOR_FIELDS, place_choices, read_vendor

router = APIRouter(prefix="/console/settings")

_EVENTS_SHOWN: Final = 50
_NEED: Final = "managers_need_second_factor"
_BOXES: Final = ("keeps_origins", _NEED)
_REPLY_TO: Final = "reply_to"


@router.get("")
def open_settings(request: PageRequestDep) -> Response:
    """Show what the shop is called and its habits."""
    return _settings_page(request, None)


@router.post("")
def update_settings(request: PageRequestDep, form: FormDep) -> Response:
    """Change them; passes follow a new name or language."""
    fields = _fields(request)
    with request.context.database.read() as session:
        before = fields(vendor_service.get_vendor(session, request.vendor_id))
    form.merge(before)
    changes = read_vendor(form) | {name: form.is_on(name) for name in _BOXES if name in before}
    if request.context.accounts.mail_queue.is_configured:
        changes[_REPLY_TO] = form.email(_REPLY_TO, required=False)
    if changes.get(_NEED) != before.get(_NEED):
        request.require_confirmation(form)
    if form.is_valid:
        form.carry_out(request, vendor_changes.update_vendor, changes, guard=form.guard(fields))
    if not form.is_valid:
        return _settings_page(request, form, status=form.status)
    return request.redirect("/console/settings", N_("Saved."))


@router.get("/changes")
def open_changes(request: PageRequestDep, action: str = "", before: str = "") -> Response:
    """List who changed what, newest first, a page at a time; of one kind (ACTIONS) when asked."""
    action = action if action == SECURITY or action in ACTIONS else ""
    with request.context.database.read() as session:
        rows = audit_service.list_events(
            session,
            vendor_id=request.vendor_id,
            action=action or None,
            before_id=as_id(before) if before else None,
            limit=_EVENTS_SHOWN + 1,
        )
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
        told = told_events(
            session,
            rows[:_EVENTS_SHOWN],
            request.language,
            timezone=timezone,
            shows_customers=True,
        )
    here, asked = "/console/settings/changes", {"action": action} if action else {}
    more = rows[_EVENTS_SHOWN - 1].id if len(rows) > _EVENTS_SHOWN else None
    return request.render(
        "console/changes.html",
        told=told,
        timezone=timezone,
        form=request.form({"action": action}),
        actions=action_choices(request.language),
        next_url=f"{here}?{urlencode({**asked, 'before': more})}" if more else None,
        first_url=f"{here}?{urlencode(asked)}" if before else None,
    )


@router.post("/close")
def close_shop(request: PageRequestDep, form: FormDep) -> Response:
    """Close the shop for good, once its name was typed: nobody signs in or stamps any more."""
    request.require_confirmation(form)
    with request.context.database.read() as session:
        name = vendor_service.get_vendor(session, request.vendor_id).name
    if form.value("confirm").strip() != name:
        form.fault("confirm", N_("Type the name of the shop exactly as shown above."))
        return _settings_page(request, None, closing=form, status=422)
    form.carry_out(request, vendor_changes.close_vendor)
    if not form.is_valid:
        return _settings_page(request, None, closing=form, status=409)
    request.set_cookie(SESSION_COOKIE, None, seconds=0)
    return request.redirect("/sign-in", N_("The shop is closed. Its ledger stays as it is."))


def _fields(request: PageRequest) -> Callable[[Vendor], dict[str, Any]]:
    """Return what reads of a vendor what the page shows: some of it to owners alone."""
    boxes = _BOXES if request.may(VENDOR_OWN) else _BOXES[:1]
    shown = (*VENDOR_FIELDS, _REPLY_TO, *boxes)
    return lambda vendor: {field: getattr(vendor, field) for field in shown}


def _settings_page(
    request: PageRequest, form: Form | None, *, closing: Form | None = None, status: int = 200
) -> Response:
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        initial = _fields(request)(vendor)
        slug, name = vendor.slug, vendor.name
    form = form or request.form(initial)
    return request.render(
        "console/settings.html",
        status=status,
        form=form,
        closing=closing or request.form(),
        slug=slug,
        places=place_choices(form, request.language),
        shop_name=name,
        origin_days=request.context.settings.origin_days,
        is_owner=request.may(VENDOR_OWN),
        sends_mail=request.context.accounts.mail_queue.is_configured,
    )
