"""One's own account: name, language, address, password, and where one is signed in."""

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts import user_service, vendor_service
from punchcard.accounts.access import people, session_service
from punchcard.accounts.models import Admin, User
from punchcard.accounts.rows import name_of
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.accounts.words import LANGUAGE_NAMES
from punchcard.kit.browsers import browser_name
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import SessionId, UserId
from punchcard.web.account.sign_in import OFFER_COOKIE, keep_known, known_here
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter()

_SESSIONS_SHOWN: Final = 50


@router.get("/console/account")
@router.get("/admin/account")
def open_account(request: PageRequestDep) -> Response:
    """Show who one is, what one signs in with, and one's open sessions."""
    return account_page(request)


@router.post("/console/account/profile")
def change_profile(request: PageRequestDep, form: FormDep) -> Response:
    """Change one's own name, or the language one reads."""
    own_id = UserId(request.subject.id or "")
    own = partial(_own, request)
    with request.context.database.read() as session:
        form.merge(
            own(user_service.get_user(session, request.vendor_id, own_id)),
            labels={"language": LANGUAGE_NAMES},
        )
    changes = {
        "name": form.text("name", limit=120),
        "language": form.choice("language", LANGUAGES, required=False),
    }
    if form.is_valid:
        form.carry_out(request, user_service.update_user, own_id, changes, guard=form.guard(own))
    if not form.is_valid:
        return account_page(request, profile=form)
    request.choose_language(changes["language"])
    return request.redirect(_home(request), N_("Saved."))


@router.post("/console/account/email")
@router.post("/admin/account/email")
def change_email(request: PageRequestDep, form: FormDep) -> Response:
    """Send a link to another address; once it is followed, one signs in with that one."""
    email, password = form.email("email"), form.value("current_password")
    if not password:
        form.fault("current_password", N_("Please fill this in."))
    if email and form.is_valid:
        with form.refusals():
            request.context.accounts.sign_in.check_password(request.subject, password)
            with request.context.database.write() as session:
                request.context.accounts.address_change.request(
                    session, request.act(), email, language=request.language
                )
    if not form.is_valid:
        return account_page(request, address=form)
    return request.redirect(
        _home(request),
        N_("We sent a link to {email}. Nothing changes until you open it."),
        email=email,
    )


@router.post("/console/account/password")
@router.post("/admin/account/password")
def change_password(request: PageRequestDep, form: FormDep) -> Response:
    """Set another password; all other sessions end."""
    current, new = form.value("current"), form.value("new_password")
    if not current:
        form.fault("current", N_("Please fill this in."))
    if new != form.value("again"):
        form.fault("again", N_("The passwords do not match."))
    if form.is_valid:
        with form.refusals():
            request.context.accounts.sign_in.change_password(
                request.subject, current=current, new=new, request_id=request.request_id
            )
    if not form.is_valid:
        return account_page(request, password=form)
    known = request.context.accounts.sign_in.remember_browser(request.subject, known_here(request))
    keep_known(request, known)
    return request.redirect(
        _home(request), N_("Your password is changed. You are signed out everywhere else.")
    )


@router.post("/console/account/sessions/revoke-others")
@router.post("/admin/account/sessions/revoke-others")
def revoke_other_sessions(request: PageRequestDep, form: FormDep) -> Response:
    """End all of one's own sessions but this one."""
    with request.context.database.write() as session:
        session_service.revoke_other_sessions(session, request.act())
    return request.redirect(_home(request), N_("You are signed out everywhere else."))


@router.post("/console/account/sessions/{session_id}/revoke")
@router.post("/admin/account/sessions/{session_id}/revoke")
def revoke_session(request: PageRequestDep, session_id: SessionId, form: FormDep) -> Response:
    """End one of one's own sessions."""
    with request.context.database.write() as session:
        session_service.revoke_session(session, request.act(), session_id)
    return request.redirect(_home(request), N_("That session has ended."))


def _home(request: PageRequest) -> str:
    return "/admin/account" if request.subject.kind == SubjectKind.ADMIN else "/console/account"


def _own(request: PageRequest, person: User | Admin) -> dict[str, Any]:
    language = request.chosen_language or getattr(person, "language", None)
    return {"name": person.name, "language": language}


def account_page(
    request: PageRequest,
    *,
    profile: Form | None = None,
    address: Form | None = None,
    password: Form | None = None,
    provider: Form | None = None,
) -> Response:
    """Show the page; a form that was refused stands in it as it was sent."""
    is_user = request.subject.kind == SubjectKind.MEMBER
    with request.context.database.read() as session:
        name = name_of(session, request.subject)
        person = people.load_person(session, request.subject)
        email = person.email
        has_second_factor = request.context.accounts.second_factors.has_one(session, person)
        timezone = (
            vendor_service.get_vendor(session, request.vendor_id).timezone if is_user else None
        )
        sessions = session_service.list_sessions(
            session,
            request.subject,
            now=request.context.clock.now(),
            idle=request.context.accounts.session_rules.idle_end(request.subject),
            before_id=None,
            limit=_SESSIONS_SHOWN,
        )
    return request.form_page(
        "console/account.html",
        profile or address or password or provider or request.form(),
        profile=profile or request.form(_own(request, person)),
        address=address or request.form(),
        password=password or request.form(),
        provider=provider or request.form(),
        identity=_identity_shown(request),
        name=name,
        email=email,
        is_user=is_user,
        timezone=timezone,
        sessions=[(row, browser_name(row.user_agent)) for row in sessions],
        home=_home(request),
        has_second_factor=has_second_factor,
        sends_mail=request.context.accounts.mail_queue.is_configured,
    )


def _identity_shown(request: PageRequest) -> dict[str, Any] | None:
    """Return what is shown of the operator's identity provider; None for who cannot use it."""
    identities = request.context.accounts.identities
    if identities.provider_name is None or not identities.may_link(request.subject):
        return None
    return {
        "name": identities.provider_name,
        "linked": identities.find(request.subject),
        "offer": identities.offered(request.cookie(OFFER_COOKIE)),
    }
