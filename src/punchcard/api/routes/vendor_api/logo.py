"""A program's pictures, its logo and a wide one: the vendor uploads each as the file it is."""

from typing import Annotated, Any, Final

from fastapi import Depends, Request

from punchcard.api.http.dependencies import Caller, CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.programs import ProgramSchema, program_schema
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.rules.logo_rules import PictureKind
from punchcard.wallets import logo_service

router = api_router("/api/v1/vendor/loyalty/programs", tag="programs")

_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": {"image/png": _FILE, "image/jpeg": _FILE}}
}


async def _read_body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_read_body)]


@router.put("/{program_id}/logo", responses=problems(404), openapi_extra=_BODY)
def upload_logo(caller: CallerDep, program_id: ProgramId, body: Body) -> ProgramSchema:
    """Show a PNG or JPEG picture as the program's logo, on cards, pages and passes.

    The body is the file itself; what it says to be does not count. `branding.logo_url` of the
    answer is where the picture is shown.
    """
    return _upload(caller, program_id, body, PictureKind.LOGO)


@router.delete("/{program_id}/logo", status_code=204, responses=problems(404))
def remove_logo(caller: CallerDep, program_id: ProgramId) -> None:
    """Take the uploaded logo away, if there is one."""
    _remove(caller, program_id, PictureKind.LOGO)


@router.put("/{program_id}/hero", responses=problems(404), openapi_extra=_BODY)
def upload_hero(caller: CallerDep, program_id: ProgramId, body: Body) -> ProgramSchema:
    """Show a wide PNG or JPEG picture on the program's passes, behind the stamps if it has any.

    Wallets cut it to their size, about 5:2; 1,125 by 432 pixels show sharp on every phone. The body
    is the file itself. `branding.hero_url` of the answer is where the picture is shown.
    """
    return _upload(caller, program_id, body, PictureKind.HERO)


@router.delete("/{program_id}/hero", status_code=204, responses=problems(404))
def remove_hero(caller: CallerDep, program_id: ProgramId) -> None:
    """Take the uploaded wide picture away, if there is one."""
    _remove(caller, program_id, PictureKind.HERO)


def _upload(caller: Caller, program_id: ProgramId, body: bytes, kind: PictureKind) -> ProgramSchema:
    context = caller.context
    with context.database.read() as session:
        # A program that does not exist is refused before its picture is unpacked.
        program_service.get_program(session, caller.vendor_id, program_id)
    picture = logo_service.check_picture(body, context.settings, kind)
    with context.database.write() as session:
        row = logo_service.set_picture(session, caller.act(), caller.vendor_id, program_id, picture)
        return program_schema(session, row, context.settings.base_url, context.clock.now())


def _remove(caller: Caller, program_id: ProgramId, kind: PictureKind) -> None:
    with caller.context.database.write() as session:
        logo_service.remove_picture(session, caller.act(), caller.vendor_id, program_id, kind)
