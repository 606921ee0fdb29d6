"""A terminal introduces itself with a pairing code."""

from punchcard.accounts import device_service
from punchcard.api.http.dependencies import LimitPairings, VisitorDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.accounts import PairedSchema, PairRequest, device_schema

router = api_router("/api/v1/devices", tag="Devices")


@router.post("/pair", status_code=201, dependencies=[LimitPairings], responses=problems(404))
def pair(body: PairRequest, visitor: VisitorDep) -> PairedSchema:
    """Exchange a pairing code for a device token; a code works once."""
    context = visitor.context
    with context.database.write() as session:
        token, device = device_service.pair_device(
            session,
            code=body.code,
            name=body.name,
            former_token=body.former_token,
            now=context.clock.now(),
            ids=context.ids,
            request_id=visitor.request_id,
        )
        return PairedSchema(token=token, device=device_schema(device))
