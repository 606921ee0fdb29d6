"""What requests about grants and reservations have in common: read, built, submitted."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from punchcard.api.http.fast_routes import FastRequest, caller_of
from punchcard.api.http.field_messages import refusal_of_body
from punchcard.api.schemas.operations import Placed
from punchcard.context import Context
from punchcard.loyalty.operations import CardRef, Operation, OperationMetadata
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.till.requests import (
    OperationBuilder,
    RequestDetails,
    StaffProof,
    fingerprint,
)

Body = TypeVar("Body", bound=Placed)
Make = Callable[[CardRef, OperationMetadata], Operation]

_NOT_IN_FINGERPRINT = {"staff_pin", "staff_token"}


@dataclass(frozen=True)
class PromiseRequest(Generic[Body]):
    """A request of a till that was read, and what it is answered by."""

    context: Context
    request: FastRequest
    body: Body

    @classmethod
    def read(
        cls, context: Context, request: FastRequest, schema: type[Body]
    ) -> "PromiseRequest[Body]":
        """Read the body; where no field must be given it may be left out. Raises InvalidInput."""
        needs_nothing = not any(f.is_required() for f in schema.model_fields.values())
        try:
            body = schema.model_validate_json(request.body or (b"{}" if needs_nothing else b""))
        except ValidationError as error:
            raise refusal_of_body(error) from None
        return cls(context, request, body)

    async def submit(self, card: str, make: Make) -> Receipt:
        """Return the receipt of what `make` makes on the card that the text names."""
        loyalty = self.context.loyalty
        builder = OperationBuilder(loyalty.operation_services, caller_of(self.request))
        details = self._details()
        build = partial(builder.build_on_card, details, card, make)
        operation = await run_in_threadpool(build) if builder.may_block(details) else build()
        return await loyalty.till.submit_async(operation)

    def _details(self) -> RequestDetails:
        said = self.body.__dict__
        key = self.request.idempotency_key
        return RequestDetails(
            location_id=self.body.location_id,
            note=said.get("note"),
            proof=StaffProof.of(
                pin=said.get("staff_pin"),
                staff_id=said.get("staff_id"),
                token=said.get("staff_token"),
            ),
            idempotency_key=key,
            fingerprint=self._fingerprint() if key is not None else None,
        )

    def _fingerprint(self) -> bytes:
        said = self.body.model_dump(mode="json", exclude_none=True, exclude=_NOT_IN_FINGERPRINT)
        named = {name: text.lower() for name, text in self.request.path.items()}
        kind = type(self.body).__name__.removesuffix("Request")
        return fingerprint(kind, sorted((said | named).items()))
