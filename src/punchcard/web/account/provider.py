"""Signing in by the operator's identity provider, and linking one's account there."""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from punchcard.accounts.access.provider.authorization import CALLBACK_PATH, AuthorizationResponse
from punchcard.accounts.access.provider.errors import ProviderAnswerInvalid
from punchcard.accounts.access.provider.identities import ProviderSignIn
from punchcard.accounts.errors import ConfirmationIncomplete
from punchcard.accounts.subjects import NOBODY
from punchcard.kit.i18n import N_
from punchcard.web.account.confirm import ask_for_second_factor
from punchcard.web.account.profile import account_page
from punchcard.web.account.sign_in import (
    CHALLENGE_COOKIE,
    CHALLENGE_SECONDS,
    NEXT_FIELD,
    OFFER_COOKIE,
    PROVIDER_COOKIE,
    enter,
    local_path,
    origin_of_request,
    sign_in_page,
)
from punchcard.web.pages.forms import Form
from punchcard.web.pages.navigation import account_path, home_of
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter()

_REQUEST_COOKIE: Final = "punchcard_visit"
"""What this browser keeps while its person is at the provider."""


@router.get("/sign-in/provider")
def leave_for_provider(request: PageRequestDep, next: str = "") -> Response:
    """Send the visitor to the provider, from which they come back signed in."""
    return _leave(request, local_path(next) or "")


@router.get("/console/account/confirm/provider")
@router.get("/admin/account/confirm/provider")
def leave_to_confirm(request: PageRequestDep, next: str = "") -> Response:
    """Send the visitor to the provider, to show once more who they are."""
    return _leave(request, local_path(next) or "", is_confirmation=True)


@router.get(CALLBACK_PATH)
def come_back(
    request: PageRequestDep, state: str = "", code: str = "", error: str = "", iss: str = ""
) -> Response:
    """Let in whoever comes back from the provider, or say what is left to do."""
    kept = request.cookie(_REQUEST_COOKIE) or ""
    # An answer counts once, whatever comes of it.
    request.set_cookie(_REQUEST_COOKIE, None, seconds=0)
    answer = AuthorizationResponse(state=state, code=code, error=error, issuer=iss)
    form, back = request.form(), None
    with form.refusals():
        try:
            back = request.context.accounts.identities.come_back(
                kept, answer, origin=origin_of_request(request), subject=request.subject
            )
        except ConfirmationIncomplete as incomplete:
            return ask_for_second_factor(request, str(incomplete.facts["challenge"]))
    return _refused(request, form) if back is None else _go_on(request, back)


@router.get("/sign-in/provider/out")
def leave_provider(request: PageRequestDep) -> Response:
    """Send whoever has signed out here to the provider, to sign out there too."""
    request.set_cookie(PROVIDER_COOKIE, None, seconds=0)
    return request.redirect(request.context.accounts.identities.farewell() or "/sign-in")


@router.post("/console/account/provider/link")
@router.post("/admin/account/provider/link")
def link(request: PageRequestDep, form: FormDep) -> Response:
    """Link the account that this browser has come back with."""
    request.require_confirmation(form)
    with form.refusals():
        request.context.accounts.identities.link(
            request.subject, request.cookie(OFFER_COOKIE) or "", request_id=request.request_id
        )
    request.set_cookie(OFFER_COOKIE, None, seconds=0)
    if not form.is_valid:
        return account_page(request, provider=form)
    return request.redirect(
        account_path(request.subject), N_("The account is linked. It signs you in from now on.")
    )


@router.post("/console/account/provider/remove")
@router.post("/admin/account/provider/remove")
def remove(request: PageRequestDep, form: FormDep) -> Response:
    """Let the account at the provider sign one in no more."""
    request.require_confirmation(form)
    with form.refusals():
        request.context.accounts.identities.remove(request.subject, request_id=request.request_id)
    if not form.is_valid:
        return account_page(request, provider=form)
    return request.redirect(
        account_path(request.subject),
        N_("The account is no longer linked. Your password signs you in."),
    )


def _leave(request: PageRequest, wanted: str, *, is_confirmation: bool = False) -> Response:
    form, asked = request.form({NEXT_FIELD: wanted}), None
    with form.refusals():
        asked = request.context.accounts.identities.begin(
            network=request.address,
            wanted=wanted,
            confirms=request.subject if is_confirmation else None,
        )
    if asked is None:
        return _refused(request, form)
    seconds = request.context.settings.oidc_sign_in_minutes * 60
    request.set_cookie(_REQUEST_COOKIE, asked.kept, seconds=seconds)
    return request.redirect(asked.address)


def _refused(request: PageRequest, form: Form) -> Response:
    """Say why nothing came of it, on the page from which the visitor left."""
    subject, identities = request.subject, request.context.accounts.identities
    if subject is not NOBODY and subject.permissions and identities.may_link(subject):
        return account_page(request, provider=form)
    return sign_in_page(request, form)


def _go_on(request: PageRequest, back: ProviderSignIn) -> Response:
    wanted = local_path(back.wanted) or ""
    if back.signed_in is not None or back.challenge is not None:
        seconds = request.context.settings.access_token_hours * 3600
        request.set_cookie(PROVIDER_COOKIE, "1", seconds=seconds)
    if back.signed_in is not None:
        return enter(request, back.signed_in, wanted)
    if back.challenge is not None:
        request.set_cookie(CHALLENGE_COOKIE, back.challenge, seconds=CHALLENGE_SECONDS)
        return request.redirect(f"/sign-in/code?{urlencode({NEXT_FIELD: wanted})}")
    if back.offer is not None:
        seconds = request.context.settings.oidc_sign_in_minutes * 60
        request.set_cookie(OFFER_COOKIE, back.offer, seconds=seconds)
        if request.subject is NOBODY:
            return request.redirect("/sign-in")
        return request.redirect(account_path(request.subject))
    if request.subject is NOBODY:
        return request.redirect_refused("/sign-in", ProviderAnswerInvalid.sentence)
    return request.redirect(
        wanted or home_of(request.subject),
        N_("Thank you. You can do now what needed a confirmation."),
    )
