"""One request of a page: who it is, in which language, and how it is answered."""

import hmac
import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.datastructures import FormData

from punchcard.accounts.access.form_drafts import DRAFT_LIFE
from punchcard.accounts.access.rate_limit import counted_credential
from punchcard.accounts.audit_service import Act
from punchcard.accounts.errors import ConfirmationRequired, NotAllowed, SecondFactorNeeded
from punchcard.accounts.subjects import NOBODY, Subject
from punchcard.context import Context
from punchcard.db.postgresql.data_age import data_age
from punchcard.kit import logs
from punchcard.kit.i18n import as_language, translate
from punchcard.kit.ids import VendorId
from punchcard.kit.origins import origin_of
from punchcard.web.cookies import write_cookie
from punchcard.web.drafts import drafts
from punchcard.web.drafts.form_tokens import form_tokens
from punchcard.web.drafts.refill import Typed
from punchcard.web.form_pages import is_ours, page_of_form, wanted_page
from punchcard.web.notices import (
    NOTICE_COOKIE,
    NOTICE_SECONDS,
    PageNotice,
    Undo,
    read_notice,
    write_notice,
)
from punchcard.web.observed_pages import OBSERVED_PAGES
from punchcard.web.page_visitors import (
    LANGUAGE_COOKIE,
    READS,
    SESSION_COOKIE,
    VISITOR_COOKIE,
    WRITER_COOKIE,
    chosen_language,
    cookie_of,
    language_of,
    must_see_newest,
    subject_of,
    visitor_of,
)
from punchcard.web.pages import navigation
from punchcard.web.pages.errors import (
    ConfirmationNeeded,
    FormExpired,
    FormFromElsewhere,
    SignInNeeded,
)
from punchcard.web.pages.forms import Form
from punchcard.web.pages.shop_label import label_of
from punchcard.web.pages.templating import render
from punchcard.web.permissions import ACCESS

CSRF_FIELD: Final = "csrf"
CSRF_HEADER: Final = "x-csrf-token"
_USER_AGENT_CHARACTERS: Final = 200
_LANGUAGE_SECONDS: Final = 365 * 86_400
FIELDS_LIMIT: Final = 300
# What may stand in an address as it is (RFC 3986), as `RedirectResponse` has it.
_SAFE_IN_ADDRESSES: Final = ":/%#?=@[]!$&'()*+,;"

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'"
)
"""What a page may load and run: nothing that is not a file of this server."""

_ASKS_WHERE: Final = "/console/locations"


@dataclass(kw_only=True)
class PageRequest:
    """One request of a page and who makes it."""

    context: Context
    http: Request
    subject: Subject
    session_token: str | None
    visitor: str
    """What forms are bound to while nobody is signed in."""
    language: str
    request_id: str
    policy: str = POLICY
    form_key: int = 0
    """With which of the server's keys the form in hand was made: 0 is the one in use."""
    _cookies: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)

    @property
    def vendor_id(self) -> VendorId:
        """Return the vendor the visitor acts for. Raises NotAllowed when there is none."""
        if self.subject.vendor_id is None:
            raise NotAllowed
        return self.subject.vendor_id

    @property
    def is_fragment(self) -> bool:
        """Return whether a part of the page is asked for, by the page's own script."""
        return self.http.headers.get("hx-request") == "true"

    @property
    def here(self) -> str:
        """Return the address to come back to: this page, or the one that its form stands on."""
        path = self.http.url.path
        if self.http.method == "GET" or "route" not in self.http.scope:
            asked = [(k, v) for k, v in self.http.query_params.multi_items() if k != "lang"]
            return f"{path}?{urlencode(asked)}" if asked else path
        return page_of_form(self.http)

    @property
    def chosen_language(self) -> str | None:
        """Return the language that was chosen in this browser."""
        return chosen_language(self.http)

    @property
    def wanted_language(self) -> str | None:
        """Return the language that the address asks for, else the one chosen in this browser."""
        return as_language(self.http.query_params.get("lang", "")) or self.chosen_language

    def choose_language(self, language: str | None) -> None:
        """Keep a language for all pages in this browser, or keep none."""
        self.set_cookie(LANGUAGE_COOKIE, language, seconds=_LANGUAGE_SECONDS if language else 0)

    @property
    def user_agent(self) -> str | None:
        """Return what browser it says it is."""
        return (self.http.headers.get("user-agent") or "")[:_USER_AGENT_CHARACTERS] or None

    @property
    def address(self) -> str:
        """Return the network address the request came from; empty when that is not known."""
        client = self.http.client
        return client.host if client else ""

    @property
    def csrf(self) -> str:
        """Return what forms of this visitor must carry."""
        return self._csrfs()[0]

    @property
    def shown_csrf(self) -> str:
        """Return what the form in hand carried, once it was found good: see `check_csrf`."""
        return self._csrfs()[self.form_key]

    def act(self) -> Act:
        """Return who does it, when, and in which request, for what is audited."""
        return Act(
            subject=self.subject,
            now=self.context.clock.now(),
            ids=self.context.ids,
            request_id=self.request_id,
        )

    def require_confirmation(self, form: Form | None = None) -> None:
        """Let on whoever has shown who they are a moment ago. Raises ConfirmationNeeded.

        `form` is what they sent: it is kept while they are asked.
        """
        try:
            self.context.accounts.session_rules.require_confirmed(self.subject)
        except ConfirmationRequired:
            asked = self.http.url.query
            path = f"{self.http.url.path}?{asked}" if asked else self.http.url.path
            fields = form.sent() if form is not None else []
            raise ConfirmationNeeded(self.http.method, path, fields) from None

    def may(self, *any_of: str) -> bool:
        """Return whether the visitor has at least one of these permissions."""
        return self.subject.may(*any_of)

    def say(self, text: str, **params: Any) -> str:
        """Return a sentence of the catalogues in the visitor's language."""
        return translate(text, self.language, **params)

    def form(self, initial: Mapping[str, Any] | None = None) -> Form:
        """Return a form that shows `initial`, for a page that is opened."""
        return Form(language=self.language, initial=initial)

    def render(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a template as the answer; it sees `page_request`, `notice` and `values`."""
        values = {
            "request": self,
            "label": label_of(self.http.scope),
            "notice": self._take_notice(),
            "now": self.context.clock.now(),
            "navigation": navigation.groups(self.subject, self.http.url.path),
            **values,
        }

        def page(warning: str | None) -> str:
            return render(template, self.language, warning=warning, **values)

        typed = self._take_draft() if status == 200 and not self.is_fragment else None
        html = drafts.show(self.http, page, self.say, typed) if typed else page(None)
        return self.finish(HTMLResponse(html, status))

    def form_page(self, template: str, form: Form, **values: Any) -> Response:
        """Return the page of a form; if it was refused, who has to wait is told how long."""
        response = self.render(template, status=form.status, form=form, **values)
        if form.wait_seconds is not None:
            response.headers["Retry-After"] = str(form.wait_seconds)
        return response

    def redirect(
        self, path: str, done: str | None = None, *, undo: Undo | None = None, **params: Any
    ) -> Response:
        """Send the visitor on to `path`; `done`, a sentence of the catalogues, is shown there.

        `params` fill its placeholders; with `undo` a button beside it takes back what was done.
        """
        return self._send_on(
            path, PageNotice(done, params, undo=undo) if done is not None else None
        )

    def redirect_refused(self, path: str, why: str, **params: Any) -> Response:
        """Send the visitor on to `path`, where `why` nothing was done is told as a fault."""
        return self._send_on(path, PageNotice(why, params, is_refusal=True))

    def _send_on(self, path: str, notice: PageNotice | None) -> Response:
        if notice is not None:
            written = write_notice(self.context.settings.keys, notice)
            self.set_cookie(NOTICE_COOKIE, written, seconds=NOTICE_SECONDS)
        if self.is_fragment:
            sent = quote(path, safe=_SAFE_IN_ADDRESSES)
            response = Response(status_code=204, headers={"HX-Redirect": sent})
        else:
            response = RedirectResponse(path, 303)
        return self.finish(response)

    def move(self, path: str) -> Response:
        """Say that the page stands at `path` now: printed addresses go on leading to it.

        Not kept by browsers, since the old address may be the right one again one day.
        """
        return self.finish(RedirectResponse(path, 308))

    def cookie(self, name: str, *, path: str = "/", is_harmless: bool = False) -> str | None:
        """Return what the browser kept under `name` for `path`; see `read_cookie`."""
        return cookie_of(self.http, self.context, name, path=path, is_harmless=is_harmless)

    def set_cookie(self, name: str, value: str | None, *, seconds: int, path: str = "/") -> None:
        """Let the answer set a cookie for the pages below `path`, or drop it (None)."""
        self._cookies.append((name, value, {"max_age": seconds, "path": path}))

    def finish(self, response: Response) -> Response:
        """Give the answer the headers and cookies of every page."""
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Content-Security-Policy"] = self.policy
        # Only where a shop says where it is may a page ask the device for that.
        asks = self.http.url.path.startswith(_ASKS_WHERE)
        where = "(self)" if asks else "()"
        response.headers["Permissions-Policy"] = f"geolocation={where}, microphone=(), payment=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        # Also in the place of one that is not ours: no form of such a visitor would be taken.
        if self.session_token is None and self.cookie(VISITOR_COOKIE) != self.visitor:
            self.set_cookie(VISITOR_COOKIE, self.visitor, seconds=86_400)
        self._note_writer()
        for name, value, options in self._cookies:
            is_https = self.context.settings.is_https
            write_cookie(response, name, value, is_https=is_https, **options)
        return response

    def _note_writer(self) -> None:
        """Let who has changed something read it from the primary until a replica must have it."""
        replica = self.context.database.replica
        if replica is not None and self.http.method not in READS:
            seconds = math.ceil(replica.lag_limit_seconds + replica.look_seconds)
            self.set_cookie(WRITER_COOKIE, "1", seconds=seconds)

    def check_csrf(self, shown: str) -> None:
        """Let a change through that comes from a page of ours.

        Raises FormExpired, and FormFromElsewhere when the browser names another origin.
        """
        origin = self.http.headers.get("origin")
        # Pages that send no referrer, as ours, make browsers say "null" with a form.
        if origin and origin != "null" and not is_ours(self.http, origin):
            base_url = self.context.settings.base_url
            raise FormFromElsewhere(
                origin=origin_of(origin) or "?", address=origin_of(base_url) or "?"
            )
        sent = shown.encode("utf-8", "replace")
        good = [hmac.compare_digest(sent, one.encode()) for one in self._csrfs()]
        if not any(good):
            raise FormExpired
        self.form_key = good.index(True)

    def is_good(self, shown: str) -> bool:
        """Return whether a token is one that forms of this visitor carry now."""
        return shown in self._csrfs()

    def _csrfs(self) -> list[str]:
        """Return what forms carry under each of the server's keys, that in use first."""
        bound_to = self.session_token or self.visitor
        return form_tokens(self.context.settings.keys, self.subject, bound_to)

    def keep_draft(self, owner: str, page: str, typed: Typed) -> bool:
        """Keep what was typed for its owner until they open `page`; return whether it is kept."""
        token = drafts.keep(self.context, owner, page, typed)
        if token is not None:
            seconds = int(DRAFT_LIFE.total_seconds())
            self.set_cookie(drafts.DRAFT_COOKIE, token, seconds=seconds, path=quote(page))
        return token is not None

    def _take_draft(self) -> Typed | None:
        here = quote(self.http.url.path)
        token = self.cookie(drafts.DRAFT_COOKIE, path=here)
        if token is not None:
            self.set_cookie(drafts.DRAFT_COOKIE, None, seconds=0, path=here)
        return drafts.take(self.context, self.http, self.subject, token)

    def _take_notice(self) -> PageNotice | None:
        sent = self.cookie(NOTICE_COOKIE)
        if sent is None or self.is_fragment:
            return None
        self.set_cookie(NOTICE_COOKIE, None, seconds=0)
        return read_notice(self.context.settings.keys, sent, self.language)


def get_page_request(request: Request) -> PageRequest:
    """Resolve the visitor, whatever the page; a session that has ended is nobody's."""
    context: Context = request.app.state.context
    token = cookie_of(request, context, SESSION_COOKIE)
    subject = subject_of(context, token)
    request.scope.setdefault("state", {})["subject"] = subject
    age = data_age.get()
    if age is not None and must_see_newest(request, context):
        age.must_be_newest = True
    return PageRequest(
        context=context,
        http=request,
        subject=subject,
        session_token=token if subject is not NOBODY else None,
        visitor=visitor_of(request, context),
        language=language_of(request, subject),
        request_id=request.scope.get("state", {}).get("request_id") or logs.request_id.get(),
    )


def get_permitted_page_request(request: Request) -> PageRequest:
    """Resolve the visitor, once the table says that they may open the page.

    Nobody is sent to the sign-in page and back (SignInNeeded); others get NotAllowed.
    """
    page_request = get_page_request(request)
    if not ACCESS[request.method, request.scope["route"].path].allows(page_request.subject):
        if page_request.subject is NOBODY:
            raise SignInNeeded(wanted_page(request))
        if page_request.subject.needs_second_factor:
            raise SecondFactorNeeded
        raise NotAllowed
    if page_request.subject is not NOBODY:
        limit = page_request.context.accounts.credential_limits.requests
        limit.take(counted_credential(page_request.subject))
    asked = request.method, request.scope["route"].path
    request.scope["state"]["observed"] = OBSERVED_PAGES.get(asked)
    return page_request


PageRequestDep = Annotated[PageRequest, Depends(get_permitted_page_request)]
"""A page for whoever `web/permissions.py` lets open it."""


async def get_form(request: Request, page_request: PageRequestDep) -> AsyncIterator[Form]:
    """Read what a form sent; it must come from a page of ours. Raises FormExpired.

    Files that came with it are closed once the page has answered.
    """
    async with request.form(max_files=2, max_fields=FIELDS_LIMIT) as data:
        page_request.check_csrf(token_of(request, data))
        yield Form(data, language=page_request.language)


def token_of(request: Request, data: FormData) -> str:
    """Return the token that a form carried; empty when it carried none."""
    shown = request.headers.get(CSRF_HEADER) or data.get(CSRF_FIELD)
    return shown if isinstance(shown, str) else ""


FormDep = Annotated[Form, Depends(get_form)]
"""Every route that changes something takes one: it is what checks where the request came from."""
