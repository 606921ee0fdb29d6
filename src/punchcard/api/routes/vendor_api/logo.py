"""A program's logo: the vendor uploads it as the file it is."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request

from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.programs import ProgramSchema, program_schema
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import program_service
from punchcard.wallets import logo_service

router = api_router("/api/v1/vendor/loyalty/programs", tag="programs")

_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"image/png": _FILE, "image/jpeg": _FILE}}
}


async def _read_body(request: Request) -> bytes:
    return await request.body()


@router.put("/{program_id}/logo", responses=problems(404), openapi_extra=_BODY)
def upload_logo(
    caller: CallerDep, program_id: ProgramId, body: Annotated[bytes, Depends(_read_body)]
) -> ProgramSchema:
    """Show a PNG or JPEG picture as the program's logo, on cards, pages and passes.

    The body is the file itself; what it says to be does not count. `branding.logo_url` of the
    answer is where the picture is shown.
    """
    context = caller.context
    with context.database.read() as session:
        # A program that does not exist is refused before its picture is unpacked.
        program_service.get_program(session, caller.vendor_id, program_id)
    logo = logo_service.check_logo(body, context.settings)
    with context.database.write() as session:
        row = logo_service.set_logo(session, caller.act(), caller.vendor_id, program_id, logo)
        return program_schema(session, row, context.settings.base_url, context.clock.now())


@router.delete("/{program_id}/logo", status_code=204, responses=problems(404))
def remove_logo(caller: CallerDep, program_id: ProgramId) -> None:
    """Take the uploaded logo away, if there is one."""
    with caller.context.database.write() as session:
        logo_service.remove_logo(session, caller.act(), caller.vendor_id, program_id)
