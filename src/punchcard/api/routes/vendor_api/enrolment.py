"""`POST /cards`: a card is opened by the till, like everything that ends up in the ledger."""

import hmac
from functools import lru_cache
from typing import Final

from pydantic import ValidationError

from punchcard.accounts.errors import NotAllowed
from punchcard.accounts.subjects import Subject
from punchcard.api.http.fast_routes import FastRequest, FastResponse, FastRoute
from punchcard.api.http.field_messages import refusal_of_body
from punchcard.api.schemas.card_requests import EnrolRequest
from punchcard.api.schemas.cards import Card, card_response
from punchcard.context import Context
from punchcard.kit.errors import DomainError
from punchcard.kit.secrets import derive_key
from punchcard.loyalty.operations import Actor, OpenCard, Operation, Origin, ReplayOnly
from punchcard.loyalty.till.requests import (
    OperationMetadata,
    canonical_request,
    checked_occurred_at,
)


async def enrol(context: Context, request: FastRequest) -> FastResponse:
    """Open a card and answer it, or answer as before to a request that came before."""
    try:
        body = EnrolRequest.model_validate_json(request.body)
    except ValidationError as error:
        raise refusal_of_body(error) from None
    receipt = await context.till.submit_async(_operation(context, request, body))
    response = card_response(receipt.card, context.card_links)
    return FastResponse(201, response, receipt.is_replay)


def _operation(context: Context, request: FastRequest, body: EnrolRequest) -> Operation:
    """Return the operation; with a key, what is refused here may still have an earlier answer."""
    subject = request.subject
    base = OperationMetadata(vendor_id=request.vendor_id, actor=Actor(subject.kind, subject.id))
    if request.idempotency_key is not None:
        base["idempotency_key"] = request.idempotency_key
        base["fingerprint"] = _fingerprint(context.settings.secret_key, body)
    try:
        metadata = _metadata(context, request, body, base)
    except DomainError as refusal:
        if request.idempotency_key is None:
            raise
        return ReplayOnly(refusal=refusal, **base)
    customer = body.customer.as_new() if body.customer else None
    return OpenCard(
        program_id=body.program_id,
        customer=customer,
        locale=body.locale or (body.customer.locale if body.customer else None),
        **metadata,
    )


def _metadata(
    context: Context, request: FastRequest, body: EnrolRequest, base: OperationMetadata
) -> OperationMetadata:
    subject = request.subject
    return OperationMetadata(
        **base,
        location_id=_location(subject, body.location_id),
        occurred_at=checked_occurred_at(
            body.occurred_at, now=context.clock.now(), subject=subject, settings=context.settings
        ),
        origin=Origin(
            request.address,
            request.user_agent,
            subject.id if subject.kind == "device" else None,
        ),
        request_id=request.request_id,
    )


def _location(subject: Subject, asked: str | None) -> str | None:
    if subject.location_id is not None and asked not in (None, subject.location_id):
        raise NotAllowed
    return asked or subject.location_id


def _fingerprint(secret_key: str, body: EnrolRequest) -> bytes:
    """Return what tells this request from another.

    It is kept in the ledger for good and made of personal data, so it is made with a key: nobody
    can try out names and addresses against it.
    """
    fields = sorted(body.model_dump(exclude_none=True).items())
    return hmac.digest(_key(secret_key), canonical_request("Enrol", fields), "sha256")


@lru_cache(maxsize=4)
def _key(secret_key: str) -> bytes:
    return derive_key(secret_key, "punchcard enrolment fingerprint")


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
