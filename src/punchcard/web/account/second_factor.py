"""The second factor: typed when one signs in, and set up, renewed and removed in one's account."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts.access.second_factor import SecondFactorSetup
from punchcard.accounts.errors import ChallengeInvalid
from punchcard.kit.errors import DomainError
from punchcard.kit.i18n import N_
from punchcard.web.account.sign_in import (
    CHALLENGE_COOKIE,
    NEXT_FIELD,
    enter,
    origin_of_request,
)
from punchcard.web.pages.forms import Form
from punchcard.web.pages.navigation import account_path
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter()

_CONSOLE: Final = "/console/account/second-factor"
_ADMIN: Final = "/admin/account/second-factor"


@router.get("/sign-in/code")
def open_code(request: PageRequestDep, next: str = "") -> Response:
    """Ask for the code of whoever has typed the right password."""
    if not request.cookie(CHALLENGE_COOKIE):
        return request.redirect("/sign-in")
    return request.render("sign_in_code.html", form=request.form({NEXT_FIELD: next}))


@router.post("/sign-in/code")
def sign_in_with_code(request: PageRequestDep, form: FormDep) -> Response:
    """Open the session, if the code is right."""
    code = form.text("code", limit=40)
    signed_in = None
    if code and form.is_valid:
        with form.refusals():
            try:
                signed_in = request.context.accounts.sign_in.sign_in_with_second_factor(
                    request.cookie(CHALLENGE_COOKIE) or "",
                    code,
                    origin=origin_of_request(request),
                )
            except ChallengeInvalid:
                return request.redirect("/sign-in", ChallengeInvalid.sentence)
    if signed_in is None:
        return request.form_page("sign_in_code.html", form)
    request.set_cookie(CHALLENGE_COOKIE, None, seconds=0)
    return enter(request, signed_in, form.value(NEXT_FIELD))


@router.get(_CONSOLE)
@router.get(_ADMIN)
def open_second_factor(request: PageRequestDep) -> Response:
    """Show whether there is a second factor, or how one is set up."""
    return _page(request, request.form())


@router.post(_CONSOLE)
@router.post(_ADMIN)
def set_up(request: PageRequestDep, form: FormDep) -> Response:
    """Take the first code of an app, and show the recovery codes, once."""
    request.require_confirmation(form)
    code, token = form.text("code", limit=40), form.value("setup")
    codes = None
    if code and form.is_valid:
        with form.refusals():
            codes = request.context.accounts.second_factors.finish(
                request.subject, token, code, request_id=request.request_id
            )
    if codes is None:
        return _page(request, form, token=token)
    return _codes_page(request, codes)


@router.post(f"{_CONSOLE}/recovery-codes")
@router.post(f"{_ADMIN}/recovery-codes")
def renew_codes(request: PageRequestDep, form: FormDep) -> Response:
    """Replace the recovery codes, and show the new ones, once."""
    request.require_confirmation(form)
    codes = None
    with form.refusals():
        codes = request.context.accounts.second_factors.renew_recovery_codes(
            request.subject, request_id=request.request_id
        )
    return _page(request, form) if codes is None else _codes_page(request, codes)


@router.post(f"{_CONSOLE}/remove")
@router.post(f"{_ADMIN}/remove")
def remove(request: PageRequestDep, form: FormDep) -> Response:
    """Sign in with the password alone from now on."""
    request.require_confirmation(form)
    with form.refusals():
        request.context.accounts.second_factors.remove_own(
            request.subject, request_id=request.request_id
        )
    if not form.is_valid:
        return _page(request, form)
    return request.redirect(
        account_path(request.subject), N_("Your password alone signs you in now.")
    )


def _page(request: PageRequest, form: Form, *, token: str = "") -> Response:
    factors = request.context.accounts.second_factors
    state = factors.state(request.subject)
    setup = None
    if state.added_at is None:
        setup = _setup(request, token)
    return request.form_page(
        "console/second_factor.html",
        form,
        state=state,
        setup=setup,
        home=account_path(request.subject),
    )


def _setup(request: PageRequest, token: str) -> SecondFactorSetup:
    """Return what was begun, as long as it lasts, so that a slip of the finger changes nothing."""
    factors = request.context.accounts.second_factors
    try:
        return factors.begun(request.subject, token) if token else factors.begin(request.subject)
    except DomainError:
        return factors.begin(request.subject)


def _codes_page(request: PageRequest, codes: list[str]) -> Response:
    return request.render(
        "console/recovery_codes.html", codes=codes, home=account_path(request.subject)
    )
