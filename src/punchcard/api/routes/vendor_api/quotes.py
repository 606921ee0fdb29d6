"""The routes that tell what a purchase would earn, and write nothing."""

from typing import Final

from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from punchcard.api.http.fast_routes import (
    FastHandler,
    FastRequest,
    FastResponse,
    FastRoute,
)
from punchcard.api.http.field_messages import refusal_of_body
from punchcard.api.routes.vendor_api.operations import PREFIX, builder_of, operation_of
from punchcard.api.schemas.operations import EarnRequest, VisitRequest
from punchcard.api.schemas.program_rules.promotions import QuoteSchema, quote_schema
from punchcard.context import Context
from punchcard.loyalty.operations import CardOperation
from punchcard.loyalty.till.quotes import quote

# Who stands at the till is not asked for a quote: nothing is tried out with it.
_NO_PROOF: Final = {"staff_pin": None, "staff_id": None, "staff_token": None}


def _quoting(schema: type[EarnRequest | VisitRequest]) -> FastHandler:
    async def handle(context: Context, request: FastRequest) -> FastResponse:
        try:
            body = schema.model_validate_json(request.body)
        except ValidationError as error:
            raise refusal_of_body(error) from None
        asked = body.model_copy(update=_NO_PROOF)
        operation = await operation_of(context, builder_of(context, request), asked, key=None)
        assert isinstance(operation, CardOperation)
        now = context.clock.now()
        programs = context.loyalty.till.programs
        answer = await run_in_threadpool(quote, context.database, programs, operation, now)
        return FastResponse(200, quote_schema(answer).model_dump(mode="json"))

    return handle


ROUTES: Final = [
    FastRoute(
        path=PREFIX + path,
        handler=_quoting(schema),
        summary=summary,
        request=schema,
        response=QuoteSchema,
        status=200,
        takes_key=False,
    )
    for path, schema, summary in (
        ("/points/quote", EarnRequest, "Tell what a purchase would earn"),
        ("/visit/quote", VisitRequest, "Tell what a visit would earn"),
    )
]
