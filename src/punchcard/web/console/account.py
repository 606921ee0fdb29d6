"""One's own account: language, password, and where one is signed in."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from punchcard.accounts import sign_in_service
from punchcard.accounts.rows import name_of
from punchcard.accounts.subjects import LOYALTY_READ, PLATFORM_ADMIN
from punchcard.kit.i18n import N_
from punchcard.web.forms import Form
from punchcard.web.visits import FormDep, Visit, signed_in

router = APIRouter()

Person = Annotated[Visit, Depends(signed_in(LOYALTY_READ, PLATFORM_ADMIN))]

_SESSIONS_SHOWN: Final = 50


@router.get("/console/account")
@router.get("/admin/account")
def open_account(visit: Person) -> Response:
    """Show who one is, a form for another password, and one's open sessions."""
    return _account_page(visit, visit.form())


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
        return _account_page(visit, form, status=422)
    return visit.redirect(
        _home(visit), N_("The password is changed. Everywhere else you are signed out.")
    )


@router.post("/console/account/sessions/{session_id}/revoke")
@router.post("/admin/account/sessions/{session_id}/revoke")
def revoke_session(visit: Person, session_id: str, form: FormDep) -> Response:
    """End one of one's own sessions."""
    with visit.context.database.write() as session:
        sign_in_service.revoke_session(session, visit.act(), session_id)
    visit.context.credentials.forget(session_id.lower())
    return visit.redirect(_home(visit), N_("That session has ended."))


def _home(visit: Visit) -> str:
    return "/admin/account" if visit.subject.kind == "admin" else "/console/account"


def _account_page(visit: Visit, form: Form, status: int = 200) -> Response:
    with visit.context.database.read() as session:
        name = name_of(session, visit.subject)
        sessions = sign_in_service.list_sessions(
            session,
            visit.subject,
            now=visit.context.clock.now(),
            before_id=None,
            limit=_SESSIONS_SHOWN,
        )
    return visit.page(
        "console/account.html",
        status=status,
        form=form,
        name=name,
        sessions=sessions,
        home=_home(visit),
    )
