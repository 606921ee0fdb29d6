"""Who opens a page, and in which language: from the cookies of a request."""

from typing import Any, Final

from fastapi import Request

from punchcard.accounts.errors import CredentialsInvalid
from punchcard.accounts.subjects import ACCESS_PREFIX, NOBODY, Subject
from punchcard.context import Context
from punchcard.kit.i18n import as_language, negotiate
from punchcard.web.cookies import read_cookie

SESSION_COOKIE: Final = "punchcard_session"
VISITOR_COOKIE: Final = "punchcard_visitor"
READS: Final = ("GET", "HEAD")
LANGUAGE_COOKIE: Final = "punchcard_language"
WRITER_COOKIE: Final = "punchcard_writer"
"""Who has it changed something so lately that a replica need not know it yet."""
_VISITOR_CHARACTERS: Final = 64


def subject_of(context: Context, token: str | None) -> Subject:
    """Return who a session's token signs in; NOBODY for one that has ended."""
    if token is None or not token.startswith(ACCESS_PREFIX):
        return NOBODY
    try:
        return context.accounts.credentials.resolve(token)
    except CredentialsInvalid:
        return NOBODY


def visitor_of(request: Request, context: Context) -> str:
    """Return what forms are bound to while nobody is signed in: kept in a cookie, or made."""
    known = cookie_of(request, context, VISITOR_COOKIE) or ""
    if 20 <= len(known) <= _VISITOR_CHARACTERS and known.isascii():
        return known
    return context.ids.new_token()


def language_of(request: Request, subject: Subject) -> str:
    """Return the language asked for in the address, chosen here, the person's, the browser's.

    A person's is that of their profile, else their shop's.
    """
    asked = as_language(request.query_params.get("lang", ""))
    chosen = chosen_language(request)
    return asked or chosen or subject.language or negotiate(request.headers.get("accept-language"))


def chosen_language(request: Request) -> str | None:
    """Return the language that was chosen in this browser."""
    context: Context = request.app.state.context
    chosen = cookie_of(request, context, LANGUAGE_COOKIE, is_harmless=True)
    return as_language(chosen or "")


def cookie_of(request: Request, context: Context, name: str, **how: Any) -> str | None:
    """Return what a browser kept under `name`; see `read_cookie`."""
    return read_cookie(request.cookies, name, is_https=context.settings.is_https, **how)


def must_see_newest(request: Request, context: Context) -> bool:
    """Return whether the visitor has just changed something, or is about to."""
    return request.method not in READS or cookie_of(request, context, WRITER_COOKIE) is not None
