"""What routes ask for: the context, who is calling, and which page of a list.

What needs no database is async: the framework runs it in place, and all else in a thread, which
costs more than most of what is done there.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders

from punchcard.accounts.access.rate_limit import (
    PublicLimits,
    counted_address,
    counted_credential,
)
from punchcard.accounts.audit_service import Act
from punchcard.accounts.errors import CredentialsInvalid, HasherBusy, NotAllowed, TooManyRequests
from punchcard.accounts.subjects import LOYALTY_READ, NOBODY, Subject
from punchcard.api.http import idempotency, permissions
from punchcard.api.http.idempotency import (
    PATHS_WITHOUT_KEYS,
    IdempotencyRace,
    Keyed,
    SentRequest,
)
from punchcard.api.http.observed_routes import OBSERVED_ROUTES
from punchcard.api.http.preconditions import HEADER, check_match, etag_of
from punchcard.api.http.problems import request_id_of
from punchcard.api.schemas.fields import Schema
from punchcard.context import Context
from punchcard.kit.errors import DomainError, invalid_field
from punchcard.kit.i18n import N_, negotiate
from punchcard.kit.ids import VendorId, as_id
from punchcard.kit.security.url_base64 import from_url_base64, to_url_base64

_log = logging.getLogger(__name__)

_VENDOR_PATHS = "/api/v1/vendor"
_USER_AGENT_CHARACTERS = 200


Tagged = TypeVar("Tagged", bound=Schema)
Row = TypeVar("Row")
Kept = TypeVar("Kept", bound=BaseModel | None)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """One request and who makes it."""

    context: Context
    subject: Subject
    language: str
    request_id: str
    address: str | None
    user_agent: str | None
    idempotency: Keyed | None = None
    if_match: str | None = None
    headers: MutableHeaders = field(default_factory=MutableHeaders)
    """The headers of the response."""

    @property
    def vendor_id(self) -> VendorId:
        """Return the vendor the caller acts for; only vendor routes ask."""
        if self.subject.vendor_id is None:
            raise NotAllowed
        return self.subject.vendor_id

    def act(self) -> Act:
        """Return who does it, when, and in which request, for what is audited."""
        return Act(
            subject=self.subject,
            now=self.context.clock.now(),
            ids=self.context.ids,
            request_id=self.request_id,
        )

    def read_list(self) -> AbstractContextManager[Session]:
        """Open a session for a list that may be some seconds old: of a terminal never, where
        somebody stands at the counter.
        """
        database = self.context.database
        may_lag = self.subject.device_id is None and self.subject.may(LOYALTY_READ)
        return database.read_replica() if may_lag else database.read()

    def require_confirmation(self) -> None:
        """Let a caller through who has shown who they are a moment ago; software is not asked.

        Raises ConfirmationRequired.
        """
        self.context.accounts.session_rules.require_confirmed(self.subject)

    def count_work(self, requests: int) -> None:
        """Count a request as so many more, for what costs as much. Raises TooManyRequests."""
        limit = self.context.accounts.credential_limits.requests
        limit.take(counted_credential(self.subject), requests)

    def count_contact(self) -> None:
        """Count one question for a person by their contact. Raises TooManyRequests."""
        limit = self.context.accounts.credential_limits.contacts
        limit.take(counted_credential(self.subject))

    def tagged(self, schema: Tagged) -> Tagged:
        """Return what a response shows, and name it by its ETag."""
        self.headers["ETag"] = etag_of(schema)
        return schema

    def guard(self, schema: Callable[[Row], Schema]) -> Callable[[Row], None] | None:
        """Return what lets a change through that If-Match allows; None without that header.

        `schema` makes the response of the row that is to be changed. Raises ChangedMeanwhile.
        """
        if_match = self.if_match
        if if_match is None:
            return None
        return lambda row: check_match(if_match, schema(row))

    def remember(self, session: Session, status: int, schema: Kept) -> Kept:
        """Keep the response under the request's key, if any, inside the change's transaction.

        Returns it. Call it last: what a rule refuses must not be kept. Raises IdempotencyRace.
        """
        if self.idempotency is not None:
            idempotency.store_response(
                session,
                self.context.sealer,
                self.idempotency,
                status=status,
                body=schema.model_dump_json().encode() if schema is not None else b"",
                now=self.context.clock.now(),
            )
        return schema


@dataclass(frozen=True, kw_only=True)
class _Key:
    """An idempotency key as it was sent, with what it was sent with."""

    key: str
    request: SentRequest


async def get_context(request: Request) -> Context:
    """Return what everything works with."""
    return _context_of(request)


ContextDep = Annotated[Context, Depends(get_context)]

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="bearer",
    description="An access token `at_…`, an API key `pk_…` or a device token `dt_…`.",
)


async def _read_idempotency_key(request: Request) -> _Key | None:
    """Read the key and the body it belongs to; the framework has read the body already."""
    path = request.url.path
    if request.method != "POST" or not path.startswith(_VENDOR_PATHS) or path in PATHS_WITHOUT_KEYS:
        return None
    key = idempotency.read_key(request.headers.get(idempotency.HEADER))
    if key is None:
        return None
    return _Key(key=key, request=SentRequest(request.method, path, await request.body()))


async def get_caller(
    request: Request,
    response: Response,
    context: ContextDep,
    _documented: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    key: Annotated[_Key | None, Depends(_read_idempotency_key)],
) -> AsyncIterator[Caller]:
    """Say who is calling, once the table says that they may; give a response given before again."""
    state = request.scope.setdefault("state", {})
    try:
        subject = await _subject(request, context)
    except CredentialsInvalid:
        state["token_refused"] = True
        raise
    state["subject"] = subject
    asked = request.method, request.scope["route"].path
    permissions.require(permissions.ACCESS[asked], subject)
    state["observed"] = OBSERVED_ROUTES.get(asked)
    context.accounts.credential_limits.requests.take(counted_credential(subject))
    keyed = None
    if key is not None and subject.vendor_id is not None:
        told = idempotency.fingerprints(context.settings.keys, subject, key.request)
        keyed = Keyed(subject.vendor_id, key.key, told)
        await run_in_threadpool(_replay_if_known, context, keyed)
    caller = _caller(request, context, subject, keyed, response.headers)
    try:
        yield caller
    except (DomainError, IdempotencyRace) as error:
        # A twin of this request may have been quicker; then its response is this one's too.
        if keyed is not None:
            await run_in_threadpool(_replay_if_known, context, keyed)
        if isinstance(error, IdempotencyRace):
            raise HasherBusy(retry_after_seconds=1) from error
        raise


CallerDep = Annotated[Caller, Depends(get_caller)]


async def get_visitor(request: Request, context: ContextDep) -> Caller:
    """Say where a request of a public route comes from; credentials are not looked at."""
    asked = request.method, request.scope["route"].path
    permissions.require(permissions.ACCESS[asked], NOBODY)
    request.scope.setdefault("state", {})["observed"] = OBSERVED_ROUTES.get(asked)
    return _caller(request, context, NOBODY, None)


VisitorDep = Annotated[Caller, Depends(get_visitor)]


def _taking(
    kind: Callable[[PublicLimits], Callable[[str], None]],
) -> Callable[..., Awaitable[None]]:
    async def take(request: Request, context: ContextDep) -> None:
        host = request.client.host if request.client else ""
        try:
            kind(context.accounts.limits)(counted_address(host))
        except TooManyRequests:
            _tell_of_proxy(request, host)
            raise

    return take


def _tell_of_proxy(request: Request, host: str) -> None:
    """Log that those who are refused may be many, behind a proxy that is not believed."""
    forwarded = request.headers.get("x-forwarded-for", "")
    if forwarded and host not in {one.strip() for one in forwarded.split(",")}:
        _log.warning(
            "All that %s forwards is counted as one address, and is refused now: if it is your"
            " proxy, name it in PUNCHCARD_TRUSTED_PROXIES.",
            host,
        )


LimitReads = Depends(_taking(lambda limits: limits.reads.take))
LimitEnrolments = Depends(_taking(lambda limits: limits.enrolments.take))
LimitPairings = Depends(_taking(lambda limits: limits.pairings.take))
"""For `dependencies=[…]` of public routes."""


@dataclass(frozen=True)
class Page:
    """Which part of a list is asked for: `limit` rows beyond the row `cursor` names."""

    limit: int
    cursor: str | None

    @property
    def fetch(self) -> int:
        """Return how many rows to ask for: one more than shown tells whether there are more."""
        return self.limit + 1


async def get_page(
    context: ContextDep,
    limit: Annotated[int, Query(ge=1, le=200, description="How many to return; 200 at most.")] = 50,
    cursor: Annotated[
        str | None,
        Query(max_length=100, description="`next_cursor` of the page before."),
    ] = None,
) -> Page:
    """Read `limit` and `cursor`."""
    return Page(
        min(limit, context.settings.page_size_limit),
        _read_cursor(cursor) if cursor is not None else None,
    )


PageDep = Annotated[Page, Depends(get_page)]

Confirm = Annotated[
    str | None,
    Query(max_length=64, description="`confirm` of the 409 `change_lowers_cards` before."),
]
"""Which change, that takes from cards what they have, is meant all the same."""

Item = TypeVar("Item", bound=Schema)


class Listed(Schema, Generic[Item]):
    """One page of a list; `next_cursor` is null on the last one."""

    items: list[Item]
    next_cursor: str | None


def listed(
    page: Page, rows: list[Row], schema: Callable[[Row], Item], row_id: Callable[[Row], str]
) -> Listed[Item]:
    """Return the page that `page.fetch` rows make: `listed(page, rows, card_of, row_id)`."""
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    return Listed[Item](
        items=[schema(row) for row in shown],
        next_cursor=_write_cursor(row_id(shown[-1])) if more else None,
    )


def _context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def _subject(request: Request, context: Context) -> Subject:
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    bearer = bearer.strip()
    if scheme.lower() != "bearer" or not bearer:
        return NOBODY
    known = context.accounts.credentials.resolve_cached(bearer)
    # Only an unknown caller costs a look into the database.
    if known is not None:
        return known
    return await run_in_threadpool(context.accounts.credentials.resolve, bearer)


def _caller(
    request: Request,
    context: Context,
    subject: Subject,
    keyed: Keyed | None,
    headers: MutableHeaders | None = None,
) -> Caller:
    accepted = request.headers.get("accept-language")
    agent = request.headers.get("user-agent")
    return Caller(
        context=context,
        subject=subject,
        language=negotiate(accepted) if accepted else subject.language or negotiate(None),
        request_id=request_id_of(request),
        address=request.client.host if request.client else None,
        user_agent=agent[:_USER_AGENT_CHARACTERS] if agent else None,
        idempotency=keyed,
        if_match=request.headers.get(HEADER),
        headers=headers if headers is not None else MutableHeaders(),
    )


def _replay_if_known(context: Context, keyed: Keyed) -> None:
    with context.database.read() as session:
        response = idempotency.find_response(session, context.sealer, keyed)
    if response is not None:
        raise response


def _read_cursor(cursor: str) -> str:
    named = from_url_base64(cursor)
    found = as_id(named.decode("ascii", "replace")) if named is not None else None
    if found is None:
        raise invalid_field("query", "cursor", message=N_("Must be the next_cursor of a list."))
    return found


def _write_cursor(row_id: str) -> str:
    return to_url_base64(row_id.encode())
