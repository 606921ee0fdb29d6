"""What was typed into a form that could not be taken, and how it comes back on its page.

After a session ended, it waits in the database until the same person has signed in; a cookie of
the form's page leads to it, once. Where the form was only too old, it comes back with the answer.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Scope

from punchcard.accounts.subjects import NOBODY, Subject
from punchcard.context import Context
from punchcard.db.failures import DATABASE_ERRORS
from punchcard.kit.i18n import N_
from punchcard.web.drafts.form_tokens import owners_of, proven_owner
from punchcard.web.drafts.refill import Typed, refill

DRAFT_COOKIE: Final = "punchcard_draft"
_RETURNED: Final = "punchcard.returned_form"
_BACK: Final = N_("What you typed is back in the form below. It is not saved yet.")
_LACKS: Final = N_("Passwords, PINs and files have to be given once more.")
_LOST: Final = N_("Your session had ended, so this was not saved. Please do it once more.")
_INNER_SCOPE: Final = (
    *("type", "asgi", "http_version", "scheme", "server", "client"),
    *("root_path", "state", "extensions"),
)


@dataclass(slots=True)
class _Returned:
    """A form that comes back with the answer; `is_shown` once a page has taken it."""

    typed: Typed
    is_shown: bool = False


async def read(request: Request, *, fields_limit: int) -> Typed:
    """Return what a form sent, without what is never kept: files, passwords, PINs, its token."""
    async with request.form(max_files=2, max_fields=fields_limit) as data:
        sent = data.multi_items()
    fields = [(name, value) for name, value in sent if isinstance(value, str)]
    kept = [(name, value) for name, value in fields if not is_secret(name) and name != "csrf"]
    left_out = [value for name, value in fields if is_secret(name)]
    files = [value for _, value in sent if not isinstance(value, str) and value.filename]
    return Typed(request.url.path, kept, lacks=any(left_out) or bool(files))


def is_secret(name: str) -> bool:
    """Return whether a field's name says that nobody but the person may know what is in it."""
    return name in ("again", "current") or name.endswith(("password", "pin", "code", "secret"))


def owner_from(context: Context, request: Request, token: str, subject: Subject) -> str | None:
    """Return whose form it is that carried a token; None unless it may come back to `subject`.

    It may to the person it was made for. To others (who signed in or out in another tab) and to
    nobody, whose mark everybody can get, only if the browser says that the form stood here.
    """
    ring = context.settings.keys
    owner = proven_owner(ring, token)
    is_own = subject is not NOBODY and owner in owners_of(ring, subject)
    is_ours = request.headers.get("sec-fetch-site") == "same-origin"
    return owner if owner and (is_own or is_ours) else None


def keep(context: Context, owner: str, page: str, typed: Typed) -> str | None:
    """Keep what was typed for its owner, for `page`; return the cookie's value.

    None when nobody could take it out again, or it cannot be kept.
    """
    if owner in owners_of(context.settings.keys, NOBODY):
        return None
    facts = {"page": page, "action": typed.action, "fields": typed.fields, "lacks": typed.lacks}
    try:
        with context.database.write() as session:
            return context.accounts.form_drafts.keep(
                session, owner, json.dumps(facts).encode(), now=context.clock.now()
            )
    except DATABASE_ERRORS:
        return None  # then it is lost, and told so


def take(context: Context, request: Request, subject: Subject, token: str | None) -> Typed | None:
    """Return what comes back on the page that is asked for; `token` is the cookie's value."""
    returned = request.scope.get(_RETURNED)
    if returned is not None:
        assert isinstance(returned, _Returned)
        return returned.typed
    if token is None or request.method != "GET" or subject is NOBODY:
        return None
    owners = owners_of(context.settings.keys, subject)
    try:
        with context.database.write() as session:
            kept = context.accounts.form_drafts.take(
                session, owners, token, now=context.clock.now()
            )
    except DATABASE_ERRORS:
        return None
    facts = json.loads(kept) if kept else None
    if facts is None or facts["page"] != request.url.path:
        return None
    fields = [(name, value) for name, value in facts["fields"]]
    return Typed(facts["action"], fields, lacks=facts["lacks"])


def show(
    request: Request, page: Callable[[str], str], say: Callable[[str], str], typed: Typed
) -> str:
    """Return the page with what was typed, and a word about it: `page` renders it with that."""
    told = say(_BACK) + (f" {say(_LACKS)}" if typed.lacks else "")
    filled = refill(page(told), typed)
    returned = request.scope.get(_RETURNED)
    if returned is not None:
        returned.is_shown = filled is not None
    return filled if filled is not None else page(say(_LOST))


async def returned_with(request: Request, page: str, typed: Typed, status: int) -> Response | None:
    """Return the page that a form stands on, as it would be opened, with what was typed in it.

    None when that page does not open, or holds no such form.
    """
    returned = _Returned(typed)
    dropped = ("content-", "transfer-")
    headers = [one for one in request.headers.raw if not one[0].decode().startswith(dropped)]
    scope: Scope = {
        **{name: request.scope[name] for name in _INNER_SCOPE if name in request.scope},
        "method": "GET",
        "path": page,
        "raw_path": quote(page).encode(),
        "query_string": b"",
        "headers": headers,
        _RETURNED: returned,
    }
    answer = await _ask(request.app, scope)
    if answer is None or answer.status_code != 200 or not returned.is_shown:
        return None
    answer.status_code = status
    return answer


async def _ask(app: ASGIApp, scope: Scope) -> Response | None:
    started: list[Message] = []
    body = bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            started.append(message)
        else:
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    if not started:
        return None
    answer = Response(bytes(body), started[0]["status"])
    answer.raw_headers = Headers(raw=started[0]["headers"]).raw
    return answer
