"""The application of the pages: routers and refusals, put together."""

import logging
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from punchcard.accounts.errors import SecondFactorNeeded
from punchcard.accounts.subjects import NOBODY
from punchcard.context import Context
from punchcard.db.failures import DATABASE_ERRORS, refusal_of
from punchcard.http_statuses import STATUS_BY_KIND, refusal_code
from punchcard.kit.errors import INTERNAL, DomainError
from punchcard.kit.i18n import N_
from punchcard.web.account.confirm import ask_to_confirm
from punchcard.web.drafts import drafts
from punchcard.web.drafts.form_tokens import proven_owner
from punchcard.web.page_visitors import SESSION_COOKIE
from punchcard.web.pages.errors import (
    TITLES,
    CardReplaced,
    ConfirmationNeeded,
    FormExpired,
    PageNotFound,
    SignInNeeded,
)
from punchcard.web.pages.navigation import account_path
from punchcard.web.pages.page_request import (
    FIELDS_LIMIT,
    PageRequest,
    get_page_request,
    get_permitted_page_request,
    token_of,
)
from punchcard.web.permissions import check_routes

_NOT_SAVED: Final = N_(
    "Your session has ended, so this was not saved. Please sign in and do it once more."
)
_KEPT: Final = N_("Your session has ended. Sign in, and what you typed will be back in its form.")
_log = logging.getLogger(__name__)

_OF_CUSTOMERS = ("/c/", "/join/")
_OF_STAFF = ("/console", "/admin", "/terminal", "/sign-", "/forgot-", "/reset-", "/verify-")
_LOST = N_("No card at this address")


def create_pages(context: Context, routers: list[APIRouter]) -> FastAPI:
    """Return the application that serves the pages of `routers`.

    Raises LookupError when a page is missing from the table of what is allowed.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.context = context
    foreseen: tuple[type[Exception], ...] = (DomainError, HTTPException, RequestValidationError)
    for kind in (*foreseen, *DATABASE_ERRORS):
        app.add_exception_handler(kind, _respond)
    app.add_exception_handler(SignInNeeded, _send_to_sign_in)
    app.add_exception_handler(ConfirmationNeeded, _ask_to_confirm)
    app.add_exception_handler(SecondFactorNeeded, _send_to_second_factor)
    app.add_exception_handler(FormExpired, _return_form)
    app.add_exception_handler(CardReplaced, _tell_of_replacement)
    app.add_exception_handler(Exception, _respond)
    # As they are: `include_router` would build each route a second time, at the first page.
    app.router.routes.extend(route for router in routers for route in router.routes)
    check_routes(app.router.routes, get_permitted_page_request)
    return app


async def _send_to_sign_in(request: Request, error: Exception) -> Response:
    """Let someone sign in and come back, also to what they typed."""
    assert isinstance(error, SignInNeeded)
    sign_in = f"/sign-in?next={quote(error.wanted, safe='/')}"
    if request.method != "POST":
        return await run_in_threadpool(get_page_request(request).redirect, sign_in)
    page_request = await run_in_threadpool(get_page_request, request)
    is_kept = False
    try:
        typed = await drafts.read(request, fields_limit=FIELDS_LIMIT)
    except HTTPException:
        typed = None  # not a form at all
    if typed is not None:
        ring = page_request.context.settings.keys
        owner = proven_owner(ring, token_of(request, await request.form()))
        is_kept = owner is not None and await run_in_threadpool(
            page_request.keep_draft, owner, error.wanted, typed
        )
    return page_request.redirect(sign_in, _KEPT if is_kept else _NOT_SAVED)


async def _return_form(request: Request, error: Exception) -> Response:
    """Give a form back that is too old to be taken, with what was typed in it."""
    page_request = await run_in_threadpool(_page_request_of, request)
    token = token_of(request, await request.form())
    owner = drafts.owner_from(page_request.context, request, token, page_request.subject)
    if owner is not None and not page_request.is_good(token):
        typed = await drafts.read(request, fields_limit=FIELDS_LIMIT)
        page = page_request.here
        if not page_request.is_fragment:
            status = STATUS_BY_KIND[FormExpired.kind]
            answer = await drafts.returned_with(request, page, typed, status)
        elif await run_in_threadpool(page_request.keep_draft, owner, page, typed):
            answer = page_request.redirect(page)
        else:
            answer = None
        if answer is not None:
            return answer
    return await run_in_threadpool(_respond, request, error)


def _send_to_second_factor(request: Request, _error: Exception) -> Response:
    page_request = get_page_request(request)
    return page_request.redirect(f"{account_path(page_request.subject)}/second-factor")


def _ask_to_confirm(request: Request, error: Exception) -> Response:
    assert isinstance(error, ConfirmationNeeded)
    return ask_to_confirm(get_page_request(request), error)


def _tell_of_replacement(request: Request, error: Exception) -> Response:
    assert isinstance(error, CardReplaced)
    return get_page_request(request).render("public/replaced.html", status=410, shop=error.shop)


def _respond(request: Request, error: Exception) -> Response:
    """Tell a refusal, or that something went wrong, as a page in the visitor's language."""
    page_request = _page_request_of(request)
    error = refusal_of(error) or error
    status, sentence = _told(error, page_request)
    request.scope.setdefault("state", {})["refusal"] = refusal_code(error, status)
    if status == 500:
        _log.error("A page failed unforeseen.", exc_info=error)
    path, is_nowhere = request.url.path, status == 404
    is_lost = is_nowhere and path.startswith(_OF_CUSTOMERS)
    response = page_request.render(
        "public/lost.html" if is_lost else "refusal.html",
        status=status,
        title=page_request.say(_LOST if is_lost else TITLES[status]),
        sentence=sentence,
        is_internal=status == 500,
        is_nowhere=is_nowhere,
        is_guest=page_request.subject is NOBODY and not path.startswith(_OF_STAFF),
        back=_way_back(page_request),
    )
    if isinstance(error, DomainError) and error.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(error.retry_after_seconds)
    return response


def _way_back(page_request: PageRequest) -> str | None:
    """Return the page that a refused form stood on; None where that is not known."""
    http = page_request.http
    is_form = http.method not in ("GET", "HEAD") and "route" in http.scope
    return page_request.here if is_form else None


def _page_request_of(request: Request) -> PageRequest:
    """Return the page request, as nobody's where resolving the visitor fails."""
    try:
        return get_page_request(request)
    except DomainError:
        # The session is of no use any more: the visitor must be able to begin another.
        request.cookies.clear()
        page_request = get_page_request(request)
        page_request.set_cookie(SESSION_COOKIE, None, seconds=0)
        return page_request
    except DATABASE_ERRORS:
        request.cookies.clear()
        return get_page_request(request)


def _told(error: Exception, page_request: PageRequest) -> tuple[int, str]:
    if isinstance(error, RequestValidationError):
        # An address or query that no link of ours holds.
        error = PageNotFound()
    if isinstance(error, HTTPException):
        known = error.status_code in TITLES and error.status_code >= 413
        error = PageNotFound() if not known else error
    if isinstance(error, DomainError):
        sentence = error.told(page_request.language)
        return STATUS_BY_KIND[error.kind], sentence
    return 500, page_request.say(INTERNAL)
