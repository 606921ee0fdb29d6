"""`POST /cards`: a card is opened by the till, like everything that ends up in the ledger."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Final

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from punchcard.accounts.access.rate_limit import counted_credential
from punchcard.accounts.subjects import LOYALTY_MANAGE, Subject, is_by_till
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.api.http.fast_routes import FastRequest, FastResponse, FastRoute, caller_of
from punchcard.api.http.field_messages import refusal_of_body
from punchcard.api.schemas.card_requests import EnrolRequest
from punchcard.api.schemas.cards import Card, card_response
from punchcard.context import Context
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.secrets import Keyring
from punchcard.loyalty.errors.cards import CardAlreadyExists, ContactConflict
from punchcard.loyalty.errors.till import IdempotencyKeyReused
from punchcard.loyalty.operations import OpenCard, OperationMetadata
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import (
    HISTORY_WITHOUT_TIME,
    OperationBuilder,
    RequestDetails,
    StaffProof,
    keyed_fingerprints,
)

_NEEDS_IMPORT: Final = N_("Only an import opens cards of former days: give its import_id.")


async def enrol(context: Context, request: FastRequest) -> FastResponse:
    """Open a card and answer it, or answer as before to a request that came before."""
    try:
        body = EnrolRequest.model_validate_json(request.body)
    except ValidationError as error:
        raise refusal_of_body(error) from None
    if body.enrolled_at is not None and body.import_id is None:
        raise invalid_field("enrolled_at", message=_NEEDS_IMPORT)
    if body.import_id is not None and body.enrolled_at is None:
        raise invalid_field("enrolled_at", message=HISTORY_WITHOUT_TIME)
    builder = OperationBuilder(context.loyalty.operation_services, caller_of(request))
    key = request.idempotency_key
    told = _fingerprints(context.settings.keys, body) if key is not None else (None,)

    async def submit(fingerprint: bytes | None) -> Receipt:
        details = RequestDetails(
            location_id=body.location_id,
            occurred_at=body.enrolled_at,
            import_id=body.import_id,
            proof=StaffProof.of(pin=body.staff_pin, staff_id=body.staff_id, token=body.staff_token),
            idempotency_key=key,
            fingerprint=fingerprint,
        )
        make = partial(builder.build, details, partial(_open_card, body, request.subject))
        operation = await run_in_threadpool(make) if builder.may_block(details) else make()
        return await context.loyalty.till.submit_async(operation)

    try:
        receipt = await _first_known(submit, told)
    except (CardAlreadyExists, ContactConflict):
        # Tells that somebody has a card, as a lookup does.
        limit = context.accounts.credential_limits.contacts
        await run_in_threadpool(limit.take, counted_credential(request.subject))
        raise
    return FastResponse(201, _response(context, request.subject, receipt), receipt.is_replay)


def _response(context: Context, subject: Subject, receipt: Receipt) -> dict[str, Any]:
    card = receipt.card
    if not _is_told_link(context, subject, receipt):
        return card_response(card, None)
    if subject.device_id is None:
        return card_response(card, context.loyalty.card_links)
    url = context.loyalty.hand_over.url(card, given_at=card.enrolled_at)
    return {**card_response(card, None), "hand_over_url": url}


def _is_told_link(context: Context, subject: Subject, receipt: Receipt) -> bool:
    """Return whether an answer leads to the card: a repetition tells it who opened it, for minutes.

    Keys stand in the ledger, where every till reads them.
    """
    if not receipt.is_replay or subject.may(LOYALTY_MANAGE):
        return True
    is_theirs = receipt.entry["actor_id"] == subject.id
    until = receipt.card.enrolled_at + context.loyalty.hand_over.life
    return is_theirs and context.clock.now() < until


def _open_card(body: EnrolRequest, subject: Subject, metadata: OperationMetadata) -> OpenCard:
    customer, country = body.customer, subject.country
    return OpenCard(
        program_id=body.program_id,
        # A key is a program: it types no PIN, and what it opens waits for the first visit.
        is_by_till=is_by_till(subject) and subject.kind != SubjectKind.API_KEY,
        is_trusted=not is_by_till(subject),
        customer=customer.as_new(country) if customer else None,
        locale=body.locale or (customer.locale if customer else None),
        **metadata,
    )


async def _first_known(
    submit: Callable[[bytes | None], Awaitable[Receipt]], told: Sequence[bytes | None]
) -> Receipt:
    """Submit under the first fingerprint; under the next ones what may have come before them.

    They are of the server's old keys. Under a key that was used for something else the till writes
    nothing, so the next may be tried.
    """
    for fingerprint in told[:-1]:
        with suppress(IdempotencyKeyReused):
            return await submit(fingerprint)
    return await submit(told[-1])


def _fingerprints(ring: Keyring, body: EnrolRequest) -> tuple[bytes, ...]:
    said = body.model_dump(exclude_none=True, exclude={"staff_pin", "staff_token"})
    fields = sorted(said.items())
    return keyed_fingerprints(ring, "Enrol", fields)


ROUTES: Final = [
    FastRoute(
        path="/api/v1/vendor/loyalty/cards",
        handler=enrol,
        summary="Open a card, for a customer or anonymously",
        request=EnrolRequest,
        response=Card,
        status=201,
    )
]
