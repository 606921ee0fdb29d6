"""Files from elsewhere: brought along, tried, put on cards, undone."""

from collections.abc import Iterator
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from punchcard.api.http.dependencies import Caller, CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.connections.card_imports import (
    CardImportSchema,
    ImportPreviewRequest,
    ImportRunRequest,
    card_import_schema,
)
from punchcard.api.schemas.fields import IdOf
from punchcard.connect.imports import import_files, import_service
from punchcard.connect.imports.error_file import error_lines
from punchcard.connect.imports.models import CardImport
from punchcard.connect.imports.turns import take_turn
from punchcard.connect.imports.work import ImportWork
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ImportId, ProgramId, as_id
from punchcard.loyalty.programs import program_service

PATH: Final = "/api/v1/vendor/loyalty/imports"
router = api_router(PATH, tag="imports")

_COST: Final = 100
"""A file counts as so many requests of its credential: all of it is read at once."""
_WHILE_ASKED_SECONDS: Final = 2.0
"""For how long a trial goes on while its caller waits; the worker does the rest."""
_NAME_CHARACTERS: Final = 120

_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_FORM: Final = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "program_id": {"type": "string"},
            "name": {"type": "string"},
        },
    }
}
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": _FILE, _XLSX: _FILE, "multipart/form-data": _FORM},
    }
}


class _Upload(NamedTuple):
    """A file, and what came with it in the form or the address."""

    content: bytes
    program_id: ProgramId | None
    name: str


async def _read_upload(
    request: Request,
    program_id: Annotated[
        IdOf[ProgramId] | None, Query(description="Whose cards they are; may stand in the form.")
    ] = None,
    name: Annotated[str | None, Query(description="What people know the file by.")] = None,
) -> _Upload:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        return _Upload(await request.body(), program_id, name or "import")
    async with request.form(max_files=1, max_fields=10) as form:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise invalid_field("file", message=N_("Choose a file."))
        told = {
            field: value
            for field in ("program_id", "name")
            if isinstance(value := form.get(field), str)
        }
        return _Upload(
            await file.read(),
            program_id or as_id(ProgramId(told.get("program_id", ""))),
            name or told.get("name") or file.filename or "import",
        )


_UploadDep = Annotated[_Upload, Depends(_read_upload)]


@router.get("")
def list_card_imports(caller: CallerDep, page: PageDep) -> Listed[CardImportSchema]:
    """List the files that were brought along and what became of them, newest first."""
    with caller.context.database.read() as session:
        rows = import_service.list_imports(
            session, caller.vendor_id, before_id=page.cursor, limit=page.fetch
        )
        return listed(
            page,
            list(rows),
            lambda row: _schema(caller, session, row),
            lambda row: row.id,
        )


@router.post("", status_code=201, responses=problems(404, 413), openapi_extra=_BODY)
def create_card_import(caller: CallerDep, upload: _UploadDep) -> CardImportSchema:
    """Bring a CSV file or an Excel workbook along; nothing of it is on any card yet.

    The file is the body itself, or the part `file` of a form. What its columns are, and how its
    letters, numbers and days are written, is found out, and can be said at its preview.
    """
    program_id = upload.program_id
    if program_id is None:
        raise invalid_field("program_id", message=N_("Say which program the cards are of."))
    caller.count_work(_COST)
    context = caller.context
    with context.database.read() as session:
        # A program that does not exist is refused before the file is read.
        program_service.get_program(session, caller.vendor_id, program_id)
    # Beside any transaction: a long file takes seconds.
    file = import_files.read_file(upload.content, import_files.file_limits(context.settings))
    with context.database.write() as session:
        row = import_files.create_import(
            session,
            caller.act(),
            caller.vendor_id,
            program_id,
            name=upload.name.rsplit("/")[-1].rsplit("\\")[-1][-_NAME_CHARACTERS:] or "import",
            file=file,
        )
        response = _schema(caller, session, row)
        caller.remember(session, 201, response)
    return response


@router.get("/{import_id}", responses=problems(404))
def get_card_import(caller: CallerDep, import_id: ImportId) -> CardImportSchema:
    """Return an import: what was found in its file, how far it has come, what it comes to."""
    return _told(caller, import_id)


@router.delete("/{import_id}", status_code=204, responses=problems(404, 409))
def discard_card_import(caller: CallerDep, import_id: ImportId) -> None:
    """Forget a file that was never put on cards."""
    with caller.context.database.write() as session:
        import_service.discard(session, caller.act(), caller.vendor_id, import_id)


@router.post("/{import_id}/preview", responses=problems(404, 409))
def preview_card_import(
    caller: CallerDep, import_id: ImportId, body: ImportPreviewRequest
) -> CardImportSchema:
    """Try an import: every row is read and looked up, and nothing is written on any card.

    What is said here takes the place of what was found. A long file is tried on by the worker:
    `state` is `previewing` until it is `ready`.
    """
    said = body.model_dump(exclude_unset=True)
    with caller.context.database.write() as session:
        import_service.ask_preview(session, caller.act(), caller.vendor_id, import_id, said)
    context = caller.context
    take_turn(
        ImportWork(
            context.database,
            context.loyalty.till,
            context.clock,
            context.ids,
            turn_seconds=_WHILE_ASKED_SECONDS,
        ),
        import_id,
    )
    return _told(caller, import_id)


@router.post("/{import_id}/run", responses=problems(404, 409))
def run_card_import(
    caller: CallerDep, import_id: ImportId, body: ImportRunRequest
) -> CardImportSchema:
    """Put an import that was tried on cards: the worker does it, each row exactly once.

    `state` is `running` until it is `done`; `progress` says how far it has come.
    """
    with caller.context.database.write() as session:
        import_service.ask_run(
            session, caller.act(), caller.vendor_id, import_id, balance=body.balance
        )
    return _told(caller, import_id)


@router.post("/{import_id}/undo", responses=problems(404, 409))
def undo_card_import(caller: CallerDep, import_id: ImportId) -> CardImportSchema:
    """Undo an import as one, while nothing of it is spent and until `undo_until`: balances are
    taken back, and the cards that it opened are closed, but for those that were used since.
    """
    with caller.context.database.write() as session:
        days = caller.context.settings.import_undo_days
        import_service.ask_undo(session, caller.act(), caller.vendor_id, import_id, days=days)
    return _told(caller, import_id)


@router.get(
    "/{import_id}/errors.csv",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(404)},
)
def get_card_import_errors(caller: CallerDep, import_id: ImportId) -> StreamingResponse:
    """Return every row that is not taken, as it stands in the file, with why."""
    database = caller.context.database
    with database.read() as session:
        import_service.get_import(session, caller.vendor_id, import_id)
    # It names people, as lists of customers do.
    caller.require_confirmation()

    def lines() -> Iterator[bytes]:
        with database.read() as session:
            row = import_service.get_import(session, caller.vendor_id, import_id)
            yield from error_lines(session, row, caller.language)

    headers = {"Content-Disposition": 'attachment; filename="errors.csv"'}
    return StreamingResponse(lines(), media_type="text/csv; charset=utf-8", headers=headers)


def _told(caller: Caller, import_id: ImportId) -> CardImportSchema:
    with caller.context.database.read() as session:
        row = import_service.get_import(session, caller.vendor_id, import_id)
        return _schema(caller, session, row)


def _schema(caller: Caller, session: Session, row: CardImport) -> CardImportSchema:
    context = caller.context
    days = context.settings.import_undo_days
    return card_import_schema(session, row, caller.language, undo_days=days, clock=context.clock)
