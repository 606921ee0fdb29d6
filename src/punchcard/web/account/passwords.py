"""What people open from a mail, and what sends them one: a new password, a confirmed address.

A link's token leaves the address bar at once: it moves into a cookie that scripts cannot read, so
neither the browser's history nor a page's pictures give it away. Links are followed by mail
programs too, so opening one changes nothing; a button does.
"""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts.access.rate_limit import counted_address
from punchcard.accounts.vocabulary import AddressOwner
from punchcard.kit.errors import DomainError
from punchcard.kit.i18n import N_
from punchcard.loyalty.cards.links import merge_path
from punchcard.web.account.sign_in import known_here, to_sign_in
from punchcard.web.page_visitors import SESSION_COOKIE
from punchcard.web.pages.forms import Form
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter()

RESET_COOKIE: Final = "punchcard_reset"
VERIFY_COOKIE: Final = "punchcard_verify"
_LINK_SECONDS: Final = 3600
_TOKEN_CHARACTERS: Final = 1500


@router.get("/forgot-password")
def open_forgotten(request: PageRequestDep, sent: str = "") -> Response:
    """Ask for the address that a link is to be sent to, or say that it is on its way."""
    return _forgotten_page(request, request.form(), is_sent=bool(sent))


@router.post("/forgot-password")
def ask_for_link(request: PageRequestDep, form: FormDep) -> Response:
    """Send a link; the answer is the same for an address that nobody has."""
    email = form.email("email")
    if email:
        with form.refusals():
            request.context.accounts.password_reset.request(
                email,
                asked_from=request.address,
                language=request.language,
                known=known_here(request),
            )
    if not form.is_valid:
        return _forgotten_page(request, form)
    return request.redirect("/forgot-password?sent=yes")


@router.get("/reset-password")
def open_reset(request: PageRequestDep, token: str = "") -> Response:
    """Ask for another password, or for the first one of someone who was invited."""
    if token:
        return _keep(request, RESET_COOKIE, token, "/reset-password")
    if (refusal := _refused(request, _token(request, RESET_COOKIE))) is not None:
        return _refused_page(request, refusal)
    return request.render("reset_password.html", form=request.form())


@router.post("/reset-password")
def reset_password(request: PageRequestDep, form: FormDep) -> Response:
    """Set the password; the link works no more, and every session of the person has ended."""
    token, new = _token(request, RESET_COOKIE), form.value("new_password")
    if (refusal := _refused(request, token)) is not None:
        return _refused_page(request, refusal)
    if new != form.value("again"):
        form.fault("again", N_("The passwords do not match."))
    email = None
    if form.is_valid:
        with form.refusals():
            email = request.context.accounts.password_reset.reset(
                token, new, asked_from=request.address, request_id=request.request_id
            )
    if email is None:
        return request.form_page("reset_password.html", form)
    request.set_cookie(RESET_COOKIE, None, seconds=0)
    request.set_cookie(SESSION_COOKIE, None, seconds=0)
    return to_sign_in(request, email, N_("The password is set. Please sign in with it."))


@router.get("/verify-email")
def open_verify(request: PageRequestDep, token: str = "") -> Response:
    """Ask anyone who followed a link to press the button."""
    if token:
        return _keep(request, VERIFY_COOKIE, token, "/verify-email")
    return request.render("verify_email.html", form=request.form(), is_done=False)


@router.post("/verify-email")
def verify_email(request: PageRequestDep, form: FormDep) -> Response:
    """Believe that the address is theirs: a customer's, or the new one of a person."""
    request.context.accounts.limits.enrolments.take(counted_address(request.address))
    confirmed = None
    with form.refusals(), request.context.database.write() as session:
        token = _token(request, VERIFY_COOKIE)
        confirmed = request.context.loyalty.customer_mail.confirm(session, request.act(), token)
    if confirmed is None:
        return request.render("verify_email.html", status=409, form=form, is_done=False)
    request.set_cookie(VERIFY_COOKIE, None, seconds=0)
    if confirmed.merge_ticket is not None:
        return request.redirect(merge_path(confirmed.merge_ticket))
    if confirmed.kind == AddressOwner.CUSTOMER:
        return request.redirect("/verify-email/done")
    return to_sign_in(request, confirmed.email, N_("From now on you sign in with the new address."))


@router.get("/verify-email/done")
def open_verified(request: PageRequestDep) -> Response:
    """Thank a customer."""
    return request.render("verify_email.html", form=request.form(), is_done=True)


def _keep(request: PageRequest, cookie: str, token: str, path: str) -> Response:
    is_possible = len(token) <= _TOKEN_CHARACTERS and token.isascii() and token.isprintable()
    request.set_cookie(cookie, token if is_possible else "-", seconds=_LINK_SECONDS)
    return request.redirect(path)


def _token(request: PageRequest, cookie: str) -> str:
    return request.cookie(cookie) or ""


def _refused(request: PageRequest, token: str) -> str | None:
    """Return in words why a link cannot be used, None when it can."""
    try:
        request.context.accounts.password_reset.check(token)
    except DomainError as refusal:
        return refusal.told(request.language)
    return None


def _refused_page(request: PageRequest, sentence: str) -> Response:
    form = request.form()
    form.refusal, form.refused_status = sentence, 409
    return _forgotten_page(request, form)


def _forgotten_page(request: PageRequest, form: Form, *, is_sent: bool = False) -> Response:
    return request.form_page(
        "forgot_password.html",
        form,
        is_sent=is_sent,
        sends_mail=request.context.accounts.mail_queue.is_configured,
        minutes=request.context.settings.password_reset_minutes,
    )
