"""Signing in and out of the console and the platform's admin."""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from punchcard.accounts.access import session_service
from punchcard.accounts.access.opening.session_opener import SignedIn, SignInOrigin
from punchcard.accounts.access.provider.offers import IdentityOffer
from punchcard.accounts.errors import SecondFactorRequired, SessionNotFound
from punchcard.accounts.subjects import NOBODY
from punchcard.kit.i18n import N_, as_language
from punchcard.kit.ids import SessionId
from punchcard.kit.secrets import Signer
from punchcard.web.page_visitors import SESSION_COOKIE
from punchcard.web.pages.forms import Form
from punchcard.web.pages.navigation import account_path, home_of
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

router = APIRouter()

EMAIL_COOKIE: Final = "punchcard_email"
"""The address of who has just shown, by a link from a mail, that it is theirs."""
_EMAIL_SECONDS: Final = 600
KNOWN_COOKIE: Final = "punchcard_known"
"""What a browser keeps of who signed in there: see `accounts/access/known_browsers.py`."""
CHALLENGE_COOKIE: Final = "punchcard_challenge"
"""That somebody has typed the right password, and is asked for their second factor."""
CHALLENGE_SECONDS: Final = 300
OFFER_COOKIE: Final = "punchcard_identity"
"""An account of the provider that nobody has linked: see `accounts/access/provider/offers.py`."""
PROVIDER_COOKIE: Final = "punchcard_provider"
"""That somebody came by the provider here, and may want to sign out there as well."""
NEXT_FIELD: Final = "next"
"""The page that someone wanted to open."""


@router.get("/sign-in")
def open_sign_in(request: PageRequestDep, next: str = "") -> Response:
    """Ask for address and password; anyone who is signed in already goes on."""
    if request.subject is not NOBODY:
        return request.redirect(local_path(next) or home_of(request.subject))
    sent = _emails(request).verify(request.cookie(EMAIL_COOKIE) or "")
    offer = _offer(request)
    email = sent["email"] if sent else offer.email if offer is not None else None
    return sign_in_page(request, request.form({NEXT_FIELD: next, "email": email}))


@router.post("/sign-in")
def sign_in(request: PageRequestDep, form: FormDep) -> Response:
    """Open a session, and go where the visitor wanted to."""
    email = form.text("email", limit=254)
    password = form.value("password")
    if not password:
        form.fault("password", N_("Please fill this in."))
    signed_in = None
    if email and form.is_valid:
        with form.refusals():
            try:
                signed_in = request.context.accounts.sign_in.sign_in(
                    email, password, origin=origin_of_request(request)
                )
            except SecondFactorRequired as required:
                challenge = str(required.facts["challenge"])
                request.set_cookie(CHALLENGE_COOKIE, challenge, seconds=CHALLENGE_SECONDS)
                asked = urlencode({NEXT_FIELD: form.value(NEXT_FIELD)})
                return request.redirect(f"/sign-in/code?{asked}")
    if signed_in is None:
        return sign_in_page(request, form)
    return enter(request, signed_in, form.value(NEXT_FIELD))


def sign_in_page(request: PageRequest, form: Form) -> Response:
    """Ask for address and password, or for a passkey where browsers have them for this server."""
    passkeys = request.context.accounts.passkeys
    ask = passkeys.ask_anybody() if passkeys.is_available else None
    identities = request.context.accounts.identities
    came_by_provider = request.cookie(PROVIDER_COOKIE) is not None
    return request.form_page(
        "sign_in.html",
        form,
        passkey=ask,
        provider=identities.provider_name,
        offer=_offer(request),
        leaves_provider=came_by_provider and identities.farewell() is not None,
    )


def _offer(request: PageRequest) -> IdentityOffer | None:
    return request.context.accounts.identities.offered(request.cookie(OFFER_COOKIE))


def enter(request: PageRequest, signed_in: SignedIn, wanted: str) -> Response:
    """Let someone in who has shown who they are, and go where they wanted to."""
    seconds = request.context.settings.access_token_hours * 3600
    request.set_cookie(SESSION_COOKIE, signed_in.access_token, seconds=seconds)
    keep_known(request, signed_in.known)
    if request.cookie(EMAIL_COOKIE):
        request.set_cookie(EMAIL_COOKIE, None, seconds=0)
    if _offer(request) is not None:
        # They came back from the provider a moment ago: the account page asks whether to link it.
        return request.redirect(account_path(signed_in.subject))
    return request.redirect(local_path(wanted) or home_of(signed_in.subject))


def origin_of_request(request: PageRequest) -> SignInOrigin:
    """Return where a sign-in comes from."""
    offer = _offer(request)
    return SignInOrigin(
        network=request.address,
        user_agent=request.user_agent,
        request_id=request.request_id,
        known=known_here(request),
        vouched_email=offer.email if offer is not None else None,
    )


@router.post("/sign-out")
def sign_out(request: PageRequestDep, form: FormDep) -> Response:
    """End the session."""
    if request.subject.credential_id is not None:
        try:
            with request.context.database.write() as session:
                session_service.revoke_session(
                    session, request.act(), SessionId(request.subject.credential_id)
                )
        except SessionNotFound:
            pass  # ended elsewhere meanwhile, which is what was asked for
    request.set_cookie(SESSION_COOKIE, None, seconds=0)
    return request.redirect("/sign-in", N_("You are signed out."))


@router.post("/language")
def choose_language(request: PageRequestDep, form: FormDep) -> Response:
    """Keep the language for all pages in this browser, before signing in and after."""
    chosen = as_language(form.value("language"))
    if chosen is not None:
        request.choose_language(chosen)
    return request.redirect(local_path(form.value("next")) or "/")


def known_here(request: PageRequest) -> str | None:
    """Return what this browser keeps of the people who signed in here."""
    return request.cookie(KNOWN_COOKIE)


def keep_known(request: PageRequest, known: str) -> None:
    """Let this browser keep who has signed in here."""
    seconds = request.context.settings.known_browser_days * 86_400
    request.set_cookie(KNOWN_COOKIE, known, seconds=seconds)


def to_sign_in(request: PageRequest, email: str, done: str) -> Response:
    """Send someone on to sign in, with the address that is known to be theirs filled in."""
    request.set_cookie(
        EMAIL_COOKIE, _emails(request).sign({"email": email}), seconds=_EMAIL_SECONDS
    )
    return request.redirect("/sign-in", done)


def _emails(request: PageRequest) -> Signer:
    return Signer(request.context.settings.keys, "address to sign in with", "")


def local_path(path: str) -> str | None:
    """Return a path of this server as it is; anything that leads elsewhere is dropped."""
    is_local = path.startswith("/") and path[1:2] not in ("/", "\\") and path.isprintable()
    return path if is_local else None
