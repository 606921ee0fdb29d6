"""The console's page of the wallets: which are on, and how far redesigns have come."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.loyalty.programs import program_service
from punchcard.web.pages.page_request import PageRequestDep

router = APIRouter(prefix="/console/wallets")

_PROGRAMS_SHOWN: Final = 200


@router.get("")
def open_wallets(request: PageRequestDep, part: str = "") -> Response:
    """Show which wallets hand out passes, and the progress of each program's redesign.

    `part` "progress" answers only what moves.
    """
    context = request.context
    with context.database.read() as session:
        programs = program_service.list_programs(session, request.vendor_id, limit=_PROGRAMS_SHOWN)
        redesigns = [(row, context.wallets.service.progress(session, row.id)) for row in programs]
        status = context.wallets.service.status(session)
        is_part = part == "progress"
        cards = (
            {}
            if is_part
            else context.wallets.service.cards_in(session, [row.id for row in programs])
        )
    return request.render(
        "console/wallet_progress.html" if is_part else "console/wallets.html",
        cards=cards,
        configured=status.configured,
        faults=status.faults,
        redesigns=[(row, progress) for row, progress in redesigns if progress is not None],
        is_moving=any(p is not None and p.finished_at is None for _row, p in redesigns),
    )
