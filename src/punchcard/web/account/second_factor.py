"""The second factor: shown when one signs in, and set up, renewed and removed in one's account.

What a device makes or signs is put into a form by `js/passkeys.js`; without it codes are typed.
"""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.accounts.access.opening.session_opener import SignedIn
from punchcard.accounts.access.passkeys import PASSKEYS_LIMIT, NewPasskey, PasskeyAsk
from punchcard.accounts.access.second_factor import SecondFactorSetup, SecondFactorState
from punchcard.accounts.errors import ChallengeInvalid
from punchcard.kit.errors import DomainError
from punchcard.kit.i18n import N_
from punchcard.web.account.sign_in import (
    CHALLENGE_COOKIE,
    NEXT_FIELD,
    enter,
    origin_of_request,
    sign_in_page,
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
    return _code_page(request, request.form({NEXT_FIELD: next}))


@router.post("/sign-in/code")
def sign_in_with_code(request: PageRequestDep, form: FormDep) -> Response:
    """Open the session, if the code is right, or what the passkey signed."""
    credential = form.value("credential")
    code = None if credential else form.text("code", limit=40)
    signed_in = None
    if form.is_valid:
        with form.refusals():
            try:
                signed_in = _sign_in(request, code, form.value("passkey"), credential)
            except ChallengeInvalid:
                return request.redirect_refused("/sign-in", ChallengeInvalid.sentence)
    if signed_in is None:
        return _code_page(request, form)
    request.set_cookie(CHALLENGE_COOKIE, None, seconds=0)
    return enter(request, signed_in, form.value(NEXT_FIELD))


@router.post("/sign-in/passkey")
def sign_in_with_passkey(request: PageRequestDep, form: FormDep) -> Response:
    """Open the session of whose passkey signed, with no password."""
    signed_in = None
    with form.refusals():
        signed_in = request.context.accounts.sign_in.sign_in_with_passkey_alone(
            form.value("passkey"), form.value("credential"), origin=origin_of_request(request)
        )
    if signed_in is None:
        return sign_in_page(request, form)
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


@router.post(f"{_CONSOLE}/passkeys")
@router.post(f"{_ADMIN}/passkeys")
def add_passkey(request: PageRequestDep, form: FormDep) -> Response:
    """Take a passkey that the visitor's device has made; the first brings recovery codes."""
    request.require_confirmation(form)
    name, added = form.text("name", limit=60), None
    if name and form.is_valid:
        with form.refusals():
            added = request.context.accounts.passkeys.finish(
                request.subject,
                form.value("passkey"),
                form.value("credential"),
                name=name,
                request_id=request.request_id,
            )
    if added is None:
        return _page(request, form)
    return _added(request, added)


@router.post(f"{_CONSOLE}/passkeys/{{passkey_id}}/remove")
@router.post(f"{_ADMIN}/passkeys/{{passkey_id}}/remove")
def remove_passkey(request: PageRequestDep, passkey_id: str, form: FormDep) -> Response:
    """Take one passkey away."""
    request.require_confirmation(form)
    with form.refusals():
        request.context.accounts.passkeys.remove(
            request.subject, passkey_id, request_id=request.request_id
        )
    if not form.is_valid:
        return _page(request, form)
    return request.redirect(_own_page(request), N_("The passkey is removed."))


@router.post(f"{_CONSOLE}/passkeys/{{passkey_id}}/rename")
@router.post(f"{_ADMIN}/passkeys/{{passkey_id}}/rename")
def rename_passkey(request: PageRequestDep, passkey_id: str, form: FormDep) -> Response:
    """Call one passkey something else."""
    name = form.text("name", limit=60)
    if name and form.is_valid:
        with form.refusals():
            request.context.accounts.passkeys.rename(
                request.subject, passkey_id, name, request_id=request.request_id
            )
    if not form.is_valid:
        return _page(request, form)
    return request.redirect(_own_page(request), N_("Saved."))


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
    subject = request.subject
    with request.context.database.read() as session:
        vendor = subject.vendor_id and vendor_service.get_vendor(session, subject.vendor_id)
    return request.form_page(
        "console/second_factor.html",
        form,
        state=state,
        setup=setup,
        passkey=_passkey(request, state),
        has_passkeys=request.context.accounts.passkeys.is_available,
        timezone=vendor.timezone if vendor else "UTC",
        home=account_path(request.subject),
    )


def _setup(request: PageRequest, token: str) -> SecondFactorSetup:
    """Return what was begun, as long as it lasts, so that a slip of the finger changes nothing."""
    factors = request.context.accounts.second_factors
    try:
        return factors.begun(request.subject, token) if token else factors.begin(request.subject)
    except DomainError:
        return factors.begin(request.subject)


def _passkey(request: PageRequest, state: SecondFactorState) -> PasskeyAsk | None:
    """Return what the browser asks a device for, where there is room for another passkey."""
    passkeys = request.context.accounts.passkeys
    if not passkeys.is_available or len(state.passkeys) >= PASSKEYS_LIMIT:
        return None
    return passkeys.begin(request.subject)


def _added(request: PageRequest, added: NewPasskey) -> Response:
    if added.recovery_codes is not None:
        return _codes_page(request, added.recovery_codes)
    return request.redirect(_own_page(request), N_("The passkey is added."))


def _own_page(request: PageRequest) -> str:
    return f"{account_path(request.subject)}/second-factor"


def _sign_in(
    request: PageRequest, code: str | None, passkey: str, credential: str
) -> SignedIn | None:
    """Return the session that a code opens, or what a passkey has signed."""
    sign_in, origin = request.context.accounts.sign_in, origin_of_request(request)
    if credential:
        return sign_in.sign_in_with_passkey(passkey, credential, origin=origin)
    if not code:
        return None
    challenge = request.cookie(CHALLENGE_COOKIE) or ""
    return sign_in.sign_in_with_second_factor(challenge, code, origin=origin)


def _code_page(request: PageRequest, form: Form) -> Response:
    try:
        ask = request.context.accounts.passkeys.ask(request.cookie(CHALLENGE_COOKIE) or "")
    except DomainError:
        ask = None
    return request.form_page("sign_in_code.html", form, passkey=ask)


def _codes_page(request: PageRequest, codes: list[str]) -> Response:
    return request.render(
        "console/recovery_codes.html", codes=codes, home=account_path(request.subject)
    )
