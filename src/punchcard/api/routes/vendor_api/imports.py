"""Imports: history is told under the name of one, and stands apart from what happened here."""

from punchcard.api.http.dependencies import CallerDep, Listed, PageDep, listed
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.imports import HistoryImportRequest, ImportSchema, import_schema
from punchcard.kit.ids import ImportId
from punchcard.loyalty.ledger import import_service

router = api_router("/api/v1/vendor/loyalty/imports", tag="imports")


@router.get("/history")
def list_imports(caller: CallerDep, page: PageDep) -> Listed[ImportSchema]:
    """List the imports of history and what each came to, oldest first."""
    with caller.context.database.read() as session:
        rows = import_service.list_imports(
            session, caller.vendor_id, after_id=page.cursor, limit=page.fetch
        )
    return listed(page, list(rows), import_schema, lambda row: row.id)


@router.post("/history", status_code=201)
def create_import(body: HistoryImportRequest, caller: CallerDep) -> ImportSchema:
    """Begin an import: its maker may then open cards, stamp and earn at any time back."""
    with caller.context.database.write() as session:
        row = import_service.create_import(session, caller.act(), caller.vendor_id, body.name)
        return caller.remember(session, 201, import_schema(row))


@router.get("/history/{import_id}", responses=problems(404))
def get_import(import_id: ImportId, caller: CallerDep) -> ImportSchema:
    """Return one import of history and what it came to."""
    with caller.context.database.read() as session:
        return import_schema(import_service.get_import(session, caller.vendor_id, import_id))
