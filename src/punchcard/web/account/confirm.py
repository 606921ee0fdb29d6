"""The step before what is sensitive: who it is, shown once more; then it goes on as it was meant.

What the form held stands in the step's own form, and is sent on from there by the browser itself
(a 307 repeats a request as it was), so nothing has to be typed twice and no script is needed.
"""

from contextlib import suppress
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from punchcard.accounts.errors import ChallengeInvalid, ConfirmationIncomplete, LinkInvalid
from punchcard.kit.i18n import N_
from punchcard.web.account.sign_in import local_path
from punchcard.web.pages.errors import ConfirmationNeeded
from punchcard.web.pages.forms import Form
from punchcard.web.pages.navigation import home_of
from punchcard.web.pages.page_request import CSRF_FIELD, FormDep, PageRequest, PageRequestDep

router = APIRouter()

_PASSWORD: Final = "confirm_with_password"  # noqa: S105 the name of a field
_CHALLENGE: Final = "confirm_challenge"
_CODE: Final = "confirm_code"
_PASSKEY: Final = "confirm_passkey"
_CREDENTIAL: Final = "confirm_credential"
_METHOD: Final = "confirm_method"
_TO: Final = "confirm_to"
_OWN: Final = frozenset(
    {CSRF_FIELD, _PASSWORD, _CHALLENGE, _CODE, _PASSKEY, _CREDENTIAL, _METHOD, _TO}
)


@router.get("/console/account/confirm")
@router.get("/admin/account/confirm")
def open_confirm(request: PageRequestDep, next: str = "") -> Response:
    """Ask for the password before a page is opened."""
    return _page(request, request.form(), ConfirmationNeeded("GET", next, []))


@router.post("/console/account/confirm")
@router.post("/admin/account/confirm")
def confirm(request: PageRequestDep, form: FormDep) -> Response:
    """Take the password, then a second factor if there is one, and go on with what was sent."""
    wanted = ConfirmationNeeded(
        form.value(_METHOD), form.value(_TO), [one for one in form.sent() if one[0] not in _OWN]
    )
    challenge = form.value(_CHALLENGE)
    field = _CODE if challenge else _PASSWORD
    if not form.value(field) and not form.value(_CREDENTIAL):
        form.fault(field, N_("Please fill this in."))
    if form.is_valid:
        with form.refusals():
            try:
                _confirm(request, form)
            except ConfirmationIncomplete as incomplete:
                challenge = str(incomplete.facts["challenge"])
                return _page(request, request.form(), wanted, challenge)
            except ChallengeInvalid:
                return _page(request, request.form(), wanted)
    if not form.is_valid:
        return _page(request, form, wanted, challenge)
    path = local_path(wanted.path) or home_of(request.subject)
    if wanted.method == "POST":
        return request.finish(RedirectResponse(path, 307))
    return request.redirect(path)


def ask_to_confirm(request: PageRequest, wanted: ConfirmationNeeded) -> Response:
    """Show the step in the place of a page that has to wait for it."""
    if request.is_fragment:
        return request.redirect(f"{home_of(request.subject)}/account/confirm")
    return _page(request, request.form(), wanted)


def ask_for_second_factor(request: PageRequest, challenge: str) -> Response:
    """Ask whom the provider has shown once more for the code of their app, too."""
    home = home_of(request.subject)
    return _page(request, request.form(), ConfirmationNeeded("GET", home, []), challenge)


def _confirm(request: PageRequest, form: Form) -> None:
    sign_in, subject = request.context.accounts.sign_in, request.subject
    credential, challenge = form.value(_CREDENTIAL), form.value(_CHALLENGE)
    if credential:
        sign_in.confirm_passkey(subject, form.value(_PASSKEY), credential)
    elif challenge:
        sign_in.confirm_second_factor(subject, challenge, form.value(_CODE))
    else:
        sign_in.confirm_password(subject, form.value(_PASSWORD))


def _page(
    request: PageRequest, form: Form, wanted: ConfirmationNeeded, challenge: str = ""
) -> Response:
    passkey = None
    if challenge:
        with suppress(LinkInvalid):
            passkey = request.context.accounts.passkeys.ask(challenge)
    identities = request.context.accounts.identities
    is_linked = not challenge and identities.find(request.subject) is not None
    return request.form_page(
        "confirm.html",
        form,
        provider=identities.provider_name if is_linked else None,
        # What was typed stays behind: one comes back to the page on which it was.
        back=wanted.path if wanted.method == "GET" else request.here,
        challenge=challenge,
        passkey=passkey,
        method=wanted.method,
        to=wanted.path,
        fields=[one for one in wanted.fields if one[0] not in _OWN],
        minutes=request.context.settings.confirm_minutes,
        home=home_of(request.subject),
    )
