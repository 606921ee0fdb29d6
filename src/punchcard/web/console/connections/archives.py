"""The console's panel of archives: everything of the shop in one file, for its owner."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from punchcard.accounts import vendor_service
from punchcard.connect.archive import archive_service
from punchcard.connect.archive.failures import SENTENCES, failure_of
from punchcard.connect.archive.models import VendorArchive
from punchcard.connect.archive.vocabulary import ArchiveState
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ArchiveId
from punchcard.web.pages.page_request import FormDep, PageRequest, PageRequestDep

PATH: Final = "/console/exports/archive"
router = APIRouter(prefix=PATH)

_SHOWN: Final = 10
_STATES: Final = {
    ArchiveState.WAITING: N_("being made"),
    ArchiveState.READY: N_("ready"),
    ArchiveState.FAILED: N_("could not be made"),
}


class ArchivePanel(NamedTuple):
    """What the panel shows: the archives that are kept, newest first, and how states are called."""

    archives: Sequence[VendorArchive]
    states: dict[ArchiveState, str]
    timezone: str
    hours: int

    @property
    def is_waiting(self) -> bool:
        """Return whether one is being made: the panel asks by itself until it is."""
        return any(one.state is ArchiveState.WAITING for one in self.archives)

    @staticmethod
    def why_not(archive: VendorArchive) -> str | None:
        """Return why an archive could not be made, and what to do; None for another."""
        failure = failure_of(archive)
        return SENTENCES[failure] if failure else None

    @property
    def has_failed(self) -> bool:
        """Return whether the newest could not be made: it can be tried again."""
        return bool(self.archives) and self.archives[0].state is ArchiveState.FAILED

    @staticmethod
    def is_ready(archive: VendorArchive) -> bool:
        """Return whether an archive can be fetched."""
        return archive.state is ArchiveState.READY


def panel_of(request: PageRequest) -> ArchivePanel:
    """Return the panel of the visitor's shop."""
    with request.context.database.read() as session:
        rows = archive_service.list_archives(session, request.vendor_id, limit=_SHOWN)
        timezone = vendor_service.get_vendor(session, request.vendor_id).timezone
    return ArchivePanel(rows, _STATES, timezone, request.context.settings.archive_keep_hours)


@router.get("")
def show_archives(request: PageRequestDep) -> Response:
    """Tell the page how far archives have come: part of a page."""
    return request.render("console/archive_panel.html", panel=panel_of(request))


@router.post("")
def ask_archive(request: PageRequestDep, form: FormDep) -> Response:
    """Leave it to the worker to write everything of the shop into one file."""
    request.require_confirmation(form)
    context = request.context
    with form.refusals(), context.database.write() as session:
        archive_service.ask_archive(
            session, request.act(), request.vendor_id, hours=context.settings.archive_keep_hours
        )
    # One that is being made already is what was asked for.
    return request.redirect("/console/exports#archives")


@router.get("/{archive_id}/file.zip")
def fetch_archive(request: PageRequestDep, archive_id: ArchiveId) -> Response:
    """Return the file of an archive that is ready."""
    request.require_confirmation()
    context = request.context
    with context.database.read() as session:
        slug = vendor_service.get_vendor(session, request.vendor_id).slug
    row, parts = archive_service.fetch_archive(
        context.database, request.act(), request.vendor_id, archive_id, keys=context.settings.keys
    )
    file = f"{slug}-archive-{row.created_at.date().isoformat()}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{file}"'}
    return request.finish(StreamingResponse(parts, media_type="application/zip", headers=headers))
