"""The console's page of the wallets: which are on, and how far redesigns have come."""

from typing import Final

from fastapi import APIRouter, Response
from pydantic import AwareDatetime

from punchcard.accounts import user_service, vendor_service
from punchcard.accounts.access import reach_check
from punchcard.accounts.mail.mail_messages import Enclosed, Mail
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, UserId
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.programs.public_service import WalletNotConfigured
from punchcard.wallets.apple.pkpass import MIME_TYPE
from punchcard.web.pages.page_request import FormDep, PageRequestDep

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


@router.post("/{program_id}/test-mail")
def mail_test_pass(request: PageRequestDep, program_id: ProgramId, form: FormDep) -> Response:
    """Send such a pass to the visitor's own address, to be opened on their phone."""
    context = request.context
    apple, queue = context.wallets.apple, context.accounts.mail_queue
    if not apple.is_configured or apple.fault or not queue.is_configured:
        raise WalletNotConfigured
    with context.database.read() as session:
        program = program_service.get_program(session, request.vendor_id, program_id)
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        me = user_service.get_user(session, request.vendor_id, UserId(request.subject.id or ""))
    mail = Mail(
        kind="test_pass",
        to=me.email,
        language=request.language,
        facts={"name": me.name, "shop": vendor.name, "program": program.name},
        enclosed=Enclosed.of("test.pkpass", MIME_TYPE, apple.sample(program.id)),
    )
    with form.refusals(), context.database.write() as session:
        queue.count(session, "test_pass", me.email)
        queue.enqueue(session, mail)
    if not form.is_valid:
        return request.redirect_refused("/console/wallets", form.refusal or "")
    done = N_("The test pass is on its way to {address}.")
    return request.redirect("/console/wallets", done, address=me.email)


@router.get("/reached")
def show_reached(request: PageRequestDep, since: AwareDatetime) -> Response:
    """Tell the page with the code whether a phone opened it since: part of a page."""
    with request.context.database.read() as session:
        reached_at = reach_check.reached_since(session, request.vendor_id, since)
    return request.render("console/reached.html", reached_at=reached_at, since=since.isoformat())


@router.get("")
def open_wallets(request: PageRequestDep, part: str = "") -> Response:
    """Show which wallets hand out passes, and the progress of each program's redesign.

    `part` "progress" answers only what moves.
    """
    context = request.context
    now = context.clock.now()
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
        sends_mail=context.accounts.mail_queue.is_configured,
        reach_url=reach_check.reach_url(context.settings, request.vendor_id, now),
        base_url=context.settings.base_url,
        since=now.isoformat(),
        reached_at=None,
        faults=status.faults,
        redesigns=[(row, progress) for row, progress in redesigns if progress is not None],
        is_moving=any(p is not None and p.finished_at is None for _row, p in redesigns),
    )
