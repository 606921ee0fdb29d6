"""A shop's archive: asked for, made by the worker, fetched."""

from fastapi.responses import StreamingResponse

from punchcard.accounts import vendor_service
from punchcard.api.http.dependencies import CallerDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.archives import VendorArchiveSchema, archive_schema
from punchcard.connect.archive import archive_service
from punchcard.kit.ids import ArchiveId

router = api_router("/api/v1/vendor/loyalty/exports/archive", tag="exports")

_COST = 100
"""An archive counts as so many requests of its credential: it reads all of a shop."""


@router.post("", status_code=202, responses=problems(409))
def ask_archive(caller: CallerDep) -> VendorArchiveSchema:
    """Have everything of the shop written into one file; the worker does it.

    Ask for it until `state` is `ready`. The file holds the links of all cards: who asks for it has
    just shown who they are.
    """
    caller.require_confirmation()
    caller.count_work(_COST)
    context = caller.context
    with context.database.write() as session:
        row = archive_service.ask_archive(
            session, caller.act(), caller.vendor_id, hours=context.settings.archive_keep_hours
        )
        return caller.remember(session, 202, archive_schema(row, caller.language))


@router.get("/{archive_id}", responses=problems(404))
def get_archive(caller: CallerDep, archive_id: ArchiveId) -> VendorArchiveSchema:
    """Return how far an archive has come."""
    with caller.context.database.read() as session:
        row = archive_service.get_archive(session, caller.vendor_id, archive_id)
        return archive_schema(row, caller.language)


@router.get(
    "/{archive_id}/file.zip",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
        **problems(404, 409),
    },
)
def fetch_archive(caller: CallerDep, archive_id: ArchiveId) -> StreamingResponse:
    """Return the file of an archive that is ready."""
    caller.require_confirmation()
    caller.count_work(_COST)
    context = caller.context
    with context.database.read() as session:
        slug = vendor_service.get_vendor(session, caller.vendor_id).slug
    row, parts = archive_service.fetch_archive(
        context.database, caller.act(), caller.vendor_id, archive_id, keys=context.settings.keys
    )
    day = row.created_at.date().isoformat()
    return StreamingResponse(
        parts,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{slug}-archive-{day}.zip"'},
    )
