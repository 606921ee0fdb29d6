"""All programs of the platform, whoever's they are."""

from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.kit.i18n import N_
from punchcard.kit.ids import as_id
from punchcard.kit.values import as_word
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.vocabulary import ProgramStatus
from punchcard.web.pages.page_request import PageRequestDep

router = APIRouter(prefix="/admin/programs")

STATUSES: Final = (
    (ProgramStatus.DRAFT, N_("Draft")),
    (ProgramStatus.ACTIVE, N_("Active")),
    (ProgramStatus.INACTIVE, N_("Inactive")),
)
"""Each status of a program and what it is called."""
_SHOWN: Final = 50


@router.get("")
def open_programs(
    request: PageRequestDep, query: str = "", status: str = "", after: str = ""
) -> Response:
    """List programs, oldest first; `query` is looked for in names and short names."""
    with request.context.database.read_replica() as session:
        rows = program_service.list_programs(
            session,
            None,
            limit=_SHOWN + 1,
            after_id=as_id(after) if after else None,
            status=as_word(ProgramStatus, status),
            query=query[:120].replace("\x00", "") or None,
        )
        names = {
            vendor_id: vendor_service.get_vendor(session, vendor_id).name
            for vendor_id in {row.vendor_id for row in rows}
        }
    asked = {"query": query, "status": status}
    more = rows[_SHOWN - 1].id if len(rows) > _SHOWN else None
    return request.render(
        "admin/programs.html",
        programs=rows[:_SHOWN],
        vendor_names=names,
        form=request.form(asked),
        statuses=STATUSES,
        next_url=f"/admin/programs?{urlencode({**asked, 'after': more})}" if more else None,
        first_url=f"/admin/programs?{urlencode(asked)}" if after else None,
    )
