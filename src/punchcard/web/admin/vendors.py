"""The platform's vendors: found, made, changed, suspended."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Response
from sqlalchemy.orm import Session

from punchcard.accounts import device_service, user_service, vendor_service
from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import User, Vendor
from punchcard.accounts.plans import plan_service
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vendor_service import NewVendor
from punchcard.accounts.vocabulary import Role, VendorStatus
from punchcard.accounts.words import LIMIT_NAMES
from punchcard.connect.usage import usage_service
from punchcard.kit.i18n import N_
from punchcard.kit.ids import UserId, VendorId, as_id
from punchcard.kit.validation import texts
from punchcard.kit.values import as_word
from punchcard.loyalty.programs import program_service, vendor_changes
from punchcard.loyalty.reports.dashboard_service import vendor_dashboard
from punchcard.loyalty.reports.period_service import last_active_day
from punchcard.web.admin.programs import STATUSES as PROGRAM_STATUSES
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep
from punchcard.web.pages.vendor_form import VENDOR_FIELDS, place_choices, read_vendor

router = APIRouter(prefix="/admin/vendors")

STATUSES: Final = (
    (VendorStatus.ACTIVE, N_("Active")),
    (VendorStatus.SUSPENDED, N_("Suspended")),
    (VendorStatus.CLOSED, N_("Closed")),
)
"""Each status and what it is called."""
_SHOWN: Final = 50
_PROGRAMS_SHOWN: Final = 200
_PEOPLE_SHOWN: Final = 200
_PLANS_OFFERED: Final = 200
_DEFAULTS: Final = {"currency": "EUR", "timezone": "Europe/Luxembourg", "language": "fr"}


@router.get("")
def open_vendors(
    request: PageRequestDep, query: str = "", status: str = "", after: str = ""
) -> Response:
    """List the vendors, oldest first; `query` is looked for in names and short names."""
    with request.context.database.read_replica() as session:
        rows = vendor_service.list_vendors(
            session,
            query=query[:120].replace("\x00", "") or None,
            status=as_word(VendorStatus, status),
            after_id=as_id(after) if after else None,
            limit=_SHOWN + 1,
        )
    asked = {"query": query, "status": status}
    more = rows[_SHOWN - 1].id if len(rows) > _SHOWN else None
    return request.render(
        "admin/vendors.html",
        vendors=rows[:_SHOWN],
        form=request.form(asked),
        statuses=STATUSES,
        next_url=f"/admin/vendors?{urlencode({**asked, 'after': more})}" if more else None,
        first_url=f"/admin/vendors?{urlencode(asked)}" if after else None,
    )


_OPEN: Final = N_("{name} is open.")
_OPEN_AND_INVITED: Final = N_("{name} is open. {owner} gets a mail to choose a password.")


@router.get("/new")
def open_new_vendor(request: PageRequestDep) -> Response:
    """Ask for what a new vendor needs."""
    return _new_page(request, request.form(_DEFAULTS))


@router.post("/new")
def create_vendor(request: PageRequestDep, form: FormDep) -> Response:
    """Make a vendor with its first owner, who is invited or gets a first password."""
    values = read_vendor(form)
    values["slug"] = form.checked("slug", texts.slug)
    owner_name = form.text("owner_name", limit=120)
    owner_email = form.email("owner_email")
    is_invited = _mails(request) and not form.value("password")
    if not is_invited and not form.value("password"):
        form.fault("password", N_("Please fill this in."))
    if form.is_valid and owner_name and owner_email:
        with form.refusals(email="owner_email"):
            wanted = NewVendor(**values, owner=_owner(request, form, owner_name, owner_email))
            with request.context.database.write() as session:
                vendor = vendor_service.create_vendor(session, request.act(), wanted)
                if is_invited:
                    owner = vendor_service.first_owner(session, vendor.id)
                    request.context.accounts.password_reset.invite(session, owner)
    if not form.is_valid:
        return _new_page(request, form, status=422)
    done = _OPEN_AND_INVITED if is_invited else _OPEN
    return request.redirect("/admin/vendors", done, name=values["name"], owner=owner_name)


@router.get("/{vendor_id}")
def open_vendor(request: PageRequestDep, vendor_id: VendorId) -> Response:
    """Show one vendor: whose it is, how it does, its programs."""
    return _vendor_page(request, vendor_id, None)


@router.post("/{vendor_id}")
def update_vendor(request: PageRequestDep, vendor_id: VendorId, form: FormDep) -> Response:
    """Change name, short name, language, currency, time zone or country."""
    with request.context.database.read() as session:
        form.merge(_initial(vendor_service.get_vendor(session, vendor_id)))
    changes = {**read_vendor(form), "slug": form.checked("slug", texts.slug)}
    if form.is_valid:
        with form.refusals(), request.context.database.write() as session:
            vendor_changes.update_vendor(
                session, request.act(), vendor_id, changes, guard=form.guard(_initial)
            )
    if not form.is_valid:
        return _vendor_page(request, vendor_id, form, status=form.status)
    return request.redirect(f"/admin/vendors/{vendor_id}", N_("Saved."))


@router.post("/{vendor_id}/invite/{user_id}")
def invite_owner(
    request: PageRequestDep, vendor_id: VendorId, user_id: UserId, form: FormDep
) -> Response:
    """Send an owner another invitation to choose a password."""
    done = N_("The invitation to {name} is on its way.")
    change = request.context.accounts.password_reset.invite_again
    return _change_owner(request, vendor_id, user_id, form, change=change, done=done)


@router.post("/{vendor_id}/reset-second-factor/{user_id}")
def reset_second_factor(
    request: PageRequestDep, vendor_id: VendorId, user_id: UserId, form: FormDep
) -> Response:
    """Let an owner sign in with the password alone who has lost their second factor."""
    request.require_confirmation(form)
    done, change = (
        N_("The second factor is removed."),
        request.context.accounts.second_factors.reset,
    )
    return _change_owner(request, vendor_id, user_id, form, change=change, done=done)


@router.post("/{vendor_id}/remove-identity/{user_id}")
def remove_identity(
    request: PageRequestDep, vendor_id: VendorId, user_id: UserId, form: FormDep
) -> Response:
    """Let an owner's account at the operator's provider sign them in no more."""
    request.require_confirmation(form)
    done = N_("The account is no longer linked.")
    change = request.context.accounts.identities.reset
    return _change_owner(request, vendor_id, user_id, form, change=change, done=done)


def _change_owner(
    request: PageRequest,
    vendor_id: VendorId,
    user_id: UserId,
    form: Form,
    *,
    change: Callable[[Session, Act, User], object],
    done: str,
) -> Response:
    """Do something to how an owner signs in, and say so on the vendor's page."""
    with form.refusals(), request.context.database.write() as session:
        row = user_service.get_user(session, vendor_id, user_id)
        name = row.name
        change(session, request.act(), row)
    if not form.is_valid:
        return _vendor_page(request, vendor_id, None, refused=form, status=form.status)
    return request.redirect(f"/admin/vendors/{vendor_id}", done, name=name)


@router.post("/{vendor_id}/suspend")
def suspend_vendor(request: PageRequestDep, vendor_id: VendorId, form: FormDep) -> Response:
    """Stop a vendor for the time being: its people, keys and terminals are refused."""
    with form.refusals(), request.context.database.write() as session:
        vendor_changes.suspend_vendor(session, request.act(), vendor_id)
    if not form.is_valid:
        return _vendor_page(request, vendor_id, None, refused=form, status=409)
    return request.redirect(f"/admin/vendors/{vendor_id}", N_("The vendor is suspended."))


@router.post("/{vendor_id}/resume")
def resume_vendor(request: PageRequestDep, vendor_id: VendorId, form: FormDep) -> Response:
    """Let a suspended vendor go on."""
    with form.refusals(), request.context.database.write() as session:
        vendor_changes.resume_vendor(session, request.act(), vendor_id)
    if not form.is_valid:
        return _vendor_page(request, vendor_id, None, refused=form, status=409)
    return request.redirect(f"/admin/vendors/{vendor_id}", N_("The vendor is active again."))


def _owner(request: PageRequest, form: Form, name: str, email: str) -> NewUser:
    typed = form.value("password")
    hashed = (
        request.context.accounts.sign_in.hash_password(
            typed, caller=request.subject.id, names=[name, email, form.value("name")]
        )
        if typed
        else request.context.accounts.password_reset.new_unknown_password()
    )
    return NewUser(email=email, name=name, role=Role.OWNER, password_hash=hashed, is_confirmed=True)


def _mails(request: PageRequest) -> bool:
    return request.context.accounts.mail_queue.is_configured


def _new_page(request: PageRequest, form: Form, status: int = 200) -> Response:
    return request.render(
        "admin/new_vendor.html",
        status=status,
        form=form,
        places=place_choices(form, request.language),
        sends_mail=_mails(request),
    )


def _initial(vendor: Vendor) -> dict[str, Any]:
    return {field: getattr(vendor, field) for field in ("slug", *VENDOR_FIELDS)}


def _vendor_page(
    request: PageRequest,
    vendor_id: VendorId,
    form: Form | None,
    *,
    refused: Form | None = None,
    status: int = 200,
) -> Response:
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, vendor_id)
        programs = program_service.list_programs(session, vendor.id, limit=_PROGRAMS_SHOWN)
        initial = _initial(vendor)
        figures = vendor_dashboard(
            session, vendor.id, now=request.context.clock.now(), chart_days=1
        )
        people = user_service.list_users(session, vendor.id, after_id=None, limit=_PEOPLE_SHOWN)
        signed_in = user_service.last_sign_ins(session, vendor.id)
        owners = _owners(session, request, people)
        last_day = last_active_day(session, vendor.id)
        usage = usage_service.usage_of(session, vendor.id, now=request.context.clock.now())
        plans = plan_service.list_plans(session, limit=_PLANS_OFFERED)
        terminals = device_service.list_devices(session, vendor.id, after_id=None, limit=_SHOWN)
    form = form or request.form(initial)
    return request.render(
        "admin/vendor.html",
        status=status,
        vendor=vendor,
        programs=programs,
        form=form,
        figures=figures,
        owners=owners.rows,
        with_second_factor=owners.with_second_factor,
        with_identity=owners.with_identity,
        provider=request.context.accounts.identities.provider_name,
        people=len(people),
        signed_in=signed_in,
        last_day=last_day,
        terminals=len(terminals),
        usage=usage,
        limit_names=LIMIT_NAMES,
        plans=[(plan.id, plan.name) for plan in plans],
        plan_form=request.form({"plan_id": usage.plan.id if usage.plan else ""}),
        sends_mail=_mails(request),
        places=place_choices(form, request.language),
        refused=refused or request.form(),
        status_names=dict(STATUSES),
        program_status_names=dict(PROGRAM_STATUSES),
    )


class _Owners(NamedTuple):
    """The owners, and who of them has what else to sign in with."""

    rows: list[User]
    with_second_factor: set[UserId]
    with_identity: set[UserId]


def _owners(session: Session, request: PageRequest, people: Sequence[User]) -> _Owners:
    accounts = request.context.accounts
    factors, identities = accounts.second_factors, accounts.identities
    owners = [row for row in people if row.role == Role.OWNER]
    return _Owners(
        owners,
        {row.id for row in owners if factors.has_one(session, row)},
        {row.id for row in owners if identities.linked_to(session, row)},
    )
