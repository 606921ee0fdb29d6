"""The console's page of the mails that the server writes in the shop's name, as they are read."""

from datetime import timedelta
from typing import Any, Final

from fastapi import APIRouter, Response

from punchcard.accounts import vendor_service
from punchcard.accounts.mail.mail_messages import Mail, write_message
from punchcard.kit.clock import to_rfc3339
from punchcard.kit.i18n import N_
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.words import ending_in_words
from punchcard.web.pages.page_request import PageRequestDep

router = APIRouter(prefix="/console/mails")

KINDS: Final = (
    ("customer_welcome", N_("To a customer who joined with an e-mail address")),
    ("points_ending", N_("To a customer with points or stamps that soon end")),
    ("customer_has_card", N_("To a customer who joins again with the same address")),
    ("customer_address", N_("To a customer whose address was added at the shop")),
    ("customer_proof", N_("To a customer who wants to see or delete their data")),
    ("contact_new", N_("To a customer's new e-mail address, before it counts")),
    ("contact_changed", N_("To a customer's old e-mail address, once another counts")),
    ("customer_merge", N_("To a customer whose card somebody wants to merge with theirs")),
    ("invitation", N_("To a new person of the team")),
    ("password_reset", N_("To a person who forgot their password")),
)
"""Each kind of mail that is shown, and who gets it when."""
_READER: Final = "Alex"
_LINK_DAYS: Final = 7


@router.get("")
def open_mails(request: PageRequestDep) -> Response:
    """Show each mail with examples for what differs from reader to reader; nothing is sent."""
    now = request.context.clock.now()
    with request.context.database.read() as session:
        vendor = vendor_service.get_vendor(session, request.vendor_id)
        programs = program_service.list_programs(session, vendor.id, limit=1)
        paused_until = request.context.accounts.mail_queue.pauses_enrolments(session, vendor.id)
    link = f"{request.context.settings.base_url.rstrip('/')}/…"
    facts = {
        "name": _READER,
        "shop": vendor.name,
        "program": programs[0].card_name if programs else vendor.name,
        "balance": "3 / 10",
        "link": link,
        "card_link": link,
        "ends": ending_in_words(
            (now + timedelta(days=_LINK_DAYS)).date().isoformat(),
            points=120,
            stamps=0,
            language=request.language,
        ),
        "expires_at": to_rfc3339(now + timedelta(days=_LINK_DAYS)),
        "timezone": vendor.timezone,
    }
    shown: list[dict[str, Any]] = []
    for kind, title in KINDS:
        mail = Mail(kind=kind, to="", language=request.language, facts=facts)
        message = write_message("", mail, sent_at=now)
        shown.append({"title": title, "subject": message.subject, "text": message.text.strip()})
    return request.render(
        "console/mails.html",
        mails=shown,
        paused_until=paused_until,
        vendor=vendor,
        form=request.form({"lang": request.language}),
        sends_mail=request.context.accounts.mail_queue.is_configured,
    )
