"""One's own account: name, language, address, password, and where one is signed in."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from punchcard.accounts import member_service, vendor_service
from punchcard.accounts.access import sign_in_service
from punchcard.accounts.rows import name_of
from punchcard.accounts.subjects import LOYALTY_READ, PLATFORM_ADMIN
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.web.pages.browsers import browser_name
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, Visit, signed_in

router = APIRouter()

Person = Annotated[Visit, Depends(signed_in(LOYALTY_READ, PLATFORM_ADMIN))]
Member = Annotated[Visit, Depends(signed_in(LOYALTY_READ))]

_SESSIONS_SHOWN: Final = 50


@router.get("/console/account")
@router.get("/admin/account")
def open_account(visit: Person) -> Response:
    """Show who one is, what one signs in with, and one's open sessions."""
    return _account_page(visit)


@router.post("/console/account/profile")
def change_profile(visit: Member, form: FormDep) -> Response:
    """Change one's own name, or the language one reads."""
    changes = {
        "name": form.text("name", limit=120),
        "language": form.choice("language", LANGUAGES, required=False),
    }
    own_id = visit.subject.id or ""
    if form.is_valid:
        with form.refusals(), visit.context.database.write() as session:
            member_service.update_member(session, visit.act(), visit.vendor_id, own_id, changes)
    if not form.is_valid:
        return _account_page(visit, profile=form)
    return visit.redirect(_home(visit), N_("Saved."))


@router.post("/console/account/email")
@router.post("/admin/account/email")
def change_email(visit: Person, form: FormDep) -> Response:
    """Send a link to another address; once it is followed, one signs in with that one."""
    email, password = form.email("email"), form.value("current_password")
    if not password:
        form.fault("current_password", N_("Please fill this in."))
    if email and form.is_valid:
        with form.refusals():
            visit.context.sign_in.confirm_password(visit.subject, password)
            with visit.context.database.write() as session:
                visit.context.address_change.request(
                    session, visit.act(), email, language=visit.language
                )
    if not form.is_valid:
        return _account_page(visit, address=form)
    return visit.redirect(
        _home(visit),
        N_("A link is on its way to {email}. Until you follow it, nothing changes."),
        email=email,
    )


@router.post("/console/account/password")
@router.post("/admin/account/password")
def change_password(visit: Person, form: FormDep) -> Response:
    """Set another password; all other sessions end."""
    current, new = form.value("current"), form.value("new_password")
    if not current:
        form.fault("current", N_("Please fill this in."))
    if new != form.value("again"):
        form.fault("again", N_("This is not the same password."))
    if form.is_valid:
        with form.refusals():
            visit.context.sign_in.change_password(
                visit.subject, current=current, new=new, request_id=visit.request_id
            )
    if not form.is_valid:
        return _account_page(visit, password=form)
    return visit.redirect(
        _home(visit), N_("The password is changed. Everywhere else you are signed out.")
    )


@router.post("/console/account/sessions/revoke-others")
@router.post("/admin/account/sessions/revoke-others")
def revoke_other_sessions(visit: Person, form: FormDep) -> Response:
    """End all of one's own sessions but this one."""
    with visit.context.database.write() as session:
        sign_in_service.revoke_other_sessions(session, visit.act())
    return visit.redirect(_home(visit), N_("Everywhere else you are signed out."))


@router.post("/console/account/sessions/{session_id}/revoke")
@router.post("/admin/account/sessions/{session_id}/revoke")
def revoke_session(visit: Person, session_id: str, form: FormDep) -> Response:
    """End one of one's own sessions."""
    with visit.context.database.write() as session:
        sign_in_service.revoke_session(session, visit.act(), session_id)
    return visit.redirect(_home(visit), N_("That session has ended."))


def _home(visit: Visit) -> str:
    return "/admin/account" if visit.subject.kind == "admin" else "/console/account"


def _account_page(
    visit: Visit,
    *,
    profile: Form | None = None,
    address: Form | None = None,
    password: Form | None = None,
) -> Response:
    """Show the page; a form that was refused stands in it as it was sent."""
    is_member = visit.subject.kind == "member"
    with visit.context.database.read() as session:
        name = name_of(session, visit.subject)
        person = sign_in_service.load_person(session, visit.subject)
        email, language = person.email, getattr(person, "language", None)
        timezone = (
            vendor_service.get_vendor(session, visit.vendor_id).timezone if is_member else None
        )
        sessions = sign_in_service.list_sessions(
            session,
            visit.subject,
            now=visit.context.clock.now(),
            before_id=None,
            limit=_SESSIONS_SHOWN,
        )
    return visit.form_page(
        "console/account.html",
        profile or address or password or visit.form(),
        profile=profile or visit.form({"name": name, "language": language}),
        address=address or visit.form(),
        password=password or visit.form(),
        name=name,
        email=email,
        is_member=is_member,
        timezone=timezone,
        sessions=[(row, browser_name(row.user_agent)) for row in sessions],
        home=_home(visit),
        sends_mail=visit.context.mail_queue.is_configured,
    )
