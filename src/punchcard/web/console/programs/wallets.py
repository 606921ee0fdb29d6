"""The console's page of the wallets: which are on, and how far redesigns have come."""

from typing import Final

from fastapi import APIRouter, Response

from punchcard.kit.ids import ProgramId
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.programs.public_service import WalletNotConfigured
from punchcard.wallets.apple.pkpass import MIME_TYPE
from punchcard.web.pages.page_request import PageRequestDep

router = APIRouter(prefix="/console/wallets")

_PROGRAMS_SHOWN: Final = 200


@router.get("/{program_id}/test.pkpass")
def download_test_pass(request: PageRequestDep, program_id: ProgramId) -> Response:
    """Hand out a pass of a card that nobody holds: the owner's own phone shows how it looks."""
    with request.context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
    apple = request.context.wallets.apple
    if not apple.is_configured or apple.fault:
        raise WalletNotConfigured
    content = apple.sample(program.id)
    headers = {"Content-Disposition": 'attachment; filename="test.pkpass"'}
    return request.finish(Response(content, headers=headers, media_type=MIME_TYPE))


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
        programs=programs,
        configured=status.configured,
        faults=status.faults,
        redesigns=[(row, progress) for row, progress in redesigns if progress is not None],
        is_moving=any(p is not None and p.finished_at is None for _row, p in redesigns),
    )
