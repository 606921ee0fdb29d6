"""What the worker does about each topic of the outbox."""

import logging
from collections.abc import Mapping
from typing import Final

from punchcard.accounts.audit_service import Act
from punchcard.accounts.mail.mail_messages import write_message
from punchcard.accounts.mail.mail_queue import MAIL_SEND
from punchcard.accounts.subjects import SYSTEM
from punchcard.connect.archive import archive_service
from punchcard.connect.archive.archive_service import ARCHIVE_WORK
from punchcard.connect.claims.claim_keeper import RECEIPTS_BEGUN, settle_begun
from punchcard.connect.claims.receipt_claimer import ORDER_CLAIMED
from punchcard.connect.domains.domain_keeper import DOMAIN_CHECK
from punchcard.connect.imports.turns import take_turn
from punchcard.connect.imports.work import IMPORT_WORK, ImportWork
from punchcard.connect.integrations.event_queue import INTEGRATION_EVENT
from punchcard.connect.integrations.event_work import follow_receipt, work_on_event
from punchcard.context import Context
from punchcard.db.outbox import PermanentFailure, RetryLater
from punchcard.engage.automation_keeper import AUTOMATIONS_DUE
from punchcard.engage.referral_keeper import REFERRALS_DUE
from punchcard.kit.ids import (
    ArchiveId,
    CardId,
    CustomerId,
    ImportId,
    IntegrationEventId,
    ProgramId,
    ReceiptClaimId,
    VendorId,
)
from punchcard.kit.mail import MailRefused, MailServerAway
from punchcard.loyalty.events import (
    CARD_CHANGED,
    CARD_FOLLOWED,
    CONTACT_CHANGE,
    CUSTOMER_ADDRESS,
    CUSTOMER_WELCOME,
    MERGE_OFFERED,
    PROGRAM_CHANGED,
    SHELF_CHANGED,
)
from punchcard.loyalty.jobs.due_keeper import CARDS_DUE
from punchcard.loyalty.jobs.notice_keeper import CARDS_NOTICES
from punchcard.loyalty.jobs.open_cards_keeper import OPEN_CARDS_COUNT
from punchcard.loyalty.jobs.reservation_keeper import RESERVATIONS_OVER
from punchcard.loyalty.programs import reward_service
from punchcard.loyalty.transparency.log_keeper import LOG_CHECKPOINT, LOG_SEQUENCE
from punchcard.loyalty.transparency.signing.checkpoint_webhook import (
    SEND_CHECKPOINT,
    post_checkpoint,
)
from punchcard.loyalty.transparency.signing.checkpoints import LogBroken
from punchcard.wallets.google.google_registry import GOOGLE_CHECK
from punchcard.worker.loop import Handler

_log = logging.getLogger(__name__)


def refresh_card(context: Context, key: str) -> None:
    """Bring the passes of a card that changed up to date."""
    context.wallets.service.refresh(CardId(key))


def refresh_program(context: Context, key: str) -> None:
    """Bring the passes of all cards of a program that changed up to date, turn by turn."""
    context.wallets.service.refresh_program(ProgramId(key))


def refresh_shelf(context: Context, key: str) -> None:
    """Let the passes of all cards of a program follow a reward that ran out or is there again."""
    act = Act(subject=SYSTEM, now=context.clock.now(), ids=context.ids, request_id=None)
    with context.database.write() as session:
        reward_service.touch_shelf(session, act, ProgramId(key))


def welcome_customer(context: Context, key: str) -> None:
    """Send whom a new card belongs to its links."""
    context.loyalty.customer_mail.welcome(CardId(key))


def ask_to_confirm(context: Context, key: str) -> None:
    """Ask a customer whether a new address is theirs."""
    context.loyalty.customer_mail.ask_to_confirm(CustomerId(key))


def tell_of_contact(context: Context, key: str) -> None:
    """Ask the new address of a customer whether it is theirs, or tell the old one of the change."""
    context.loyalty.contact_mail.follow(key)


def offer_merge(context: Context, key: str) -> None:
    """Ask the holder of another card whether it may be merged in."""
    context.loyalty.merge_offers.follow(key)


def send_mail(context: Context, mail_id: str) -> None:
    """Hand a mail to the mail server; one that has had its time is thrown away."""
    with context.database.read() as session:
        mail = context.accounts.mail_queue.find(session, mail_id)
    if mail is not None and context.accounts.mailer.is_configured:
        try:
            # Dated by this attempt: one that waited for days for the server would look like spam.
            context.accounts.mailer.send(write_message(mail_id, mail, sent_at=context.clock.now()))
        except MailServerAway as error:
            raise RetryLater(str(error)) from error
        except MailRefused as error:
            raise PermanentFailure(str(error)) from error
    with context.database.write() as session:
        context.accounts.mail_queue.delete(session, mail_id)


def check_google(context: Context, number: str) -> None:
    """Ask Google who holds a card, in case its notice was lost."""
    context.wallets.google.check(number)


def sequence_log(context: Context, _key: str) -> None:
    """Give entries and events their places in the log, for one turn."""
    context.loyalty.log_keeper.take_turn()


def make_checkpoint(context: Context, _key: str) -> None:
    """Sign the state of the log when it is time; a log that does not go on is told, not signed."""
    try:
        context.loyalty.log_keeper.make_checkpoint()
    except LogBroken as error:
        _log.error("no checkpoint of the ledger: %s", error)


def send_checkpoint(context: Context, checkpoint_id: str) -> None:
    """Post a checkpoint to where the operator wants them."""
    post_checkpoint(context.database, context.settings, checkpoint_id)


def book_due(context: Context, _key: str) -> None:
    """Tell of what ended or began on cards by itself, and book it, for one turn."""
    context.loyalty.due_keeper.take_turn()


def follow_card(context: Context, key: str) -> None:
    """Do what automations and a referral wait for on a card on which something happened."""
    context.loyalty.automation_keeper.follow(CardId(key))
    context.loyalty.referral_keeper.follow(CardId(key))


def run_automations(context: Context, _key: str) -> None:
    """Look at the days that have come for automations and do what is due, for one turn."""
    context.loyalty.automation_keeper.take_turn()


def pay_referrals(context: Context, _key: str) -> None:
    """Pay what was earned for friends and has been held for its days, for one turn."""
    context.loyalty.referral_keeper.take_turn()


def work_on_import(context: Context, import_id: str) -> None:
    """Try an import, run it or undo it, for one turn."""
    take_turn(
        ImportWork(context.database, context.loyalty.till, context.clock, context.ids),
        ImportId(import_id),
    )


def settle_receipts(context: Context, _key: str) -> None:
    """Book the receipts that a server began to put on cards and did not end."""
    settle_begun(context.connect.receipt_claimer, context.clock.now())


def take_order(context: Context, event_id: str) -> None:
    """Do what an integration told of: earn for an order, take back what was paid back."""
    work_on_event(context.connect.integration_work, IntegrationEventId(event_id))


def make_archive(context: Context, archive_id: str) -> None:
    """Write everything of a shop into one file, for its owner to fetch."""
    archive_service.make_archive(
        context.database,
        ArchiveId(archive_id),
        keys=context.settings.keys,
        folder=context.settings.data_dir,
        now=context.clock.now(),
    )


def follow_order(context: Context, claim_id: str) -> None:
    """Let an order be of the card that its receipt was put on."""
    follow_receipt(context.connect.integration_work, ReceiptClaimId(claim_id))


def check_domain(context: Context, key: str) -> None:
    """Look whether a shop's domain is still its own."""
    context.connect.domain_keeper.check(VendorId(key))


def tell_of_ends(context: Context, key: str) -> None:
    """Tell cards of what soon ends on them, for one turn."""
    context.loyalty.notice_keeper.take_turn(key)


def release_reservations(context: Context, _key: str) -> None:
    """Give back what reservations held for a time that is over, for one turn."""
    context.loyalty.reservation_keeper.take_turn()


def count_open_cards(context: Context, key: str) -> None:
    """Count open cards anew of some vendors, where an older server has left some out."""
    context.loyalty.open_cards_keeper.take_turn(key)


# A redesign is long work: it has a lane of its own, beside that of single cards.
WALLET_LANES: Final[list[Mapping[str, Handler]]] = [
    {CARD_CHANGED: refresh_card},
    {
        SHELF_CHANGED: refresh_shelf,
        PROGRAM_CHANGED: refresh_program,
        GOOGLE_CHECK: check_google,
    },
]

# A ledger that was there before the log, or a night in which a million cards' points end, takes
# hours, turn by turn: nothing else waits for it.
LONG_WORK_LANE: Final[Mapping[str, Handler]] = {
    LOG_SEQUENCE: sequence_log,
    LOG_CHECKPOINT: make_checkpoint,
    CARDS_DUE: book_due,
    IMPORT_WORK: work_on_import,
    ARCHIVE_WORK: make_archive,
    RECEIPTS_BEGUN: settle_receipts,
    RESERVATIONS_OVER: release_reservations,
    CARDS_NOTICES: tell_of_ends,
    OPEN_CARDS_COUNT: count_open_cards,
    DOMAIN_CHECK: check_domain,
}

# A mail server may be slow: nothing else waits for it. Without one, what it would do is dropped.
MAIL_LANE: Final[Mapping[str, Handler]] = {
    MAIL_SEND: send_mail,
    SEND_CHECKPOINT: send_checkpoint,
    CUSTOMER_WELCOME: welcome_customer,
    CUSTOMER_ADDRESS: ask_to_confirm,
    CONTACT_CHANGE: tell_of_contact,
    MERGE_OFFERED: offer_merge,
}

# What happens by itself: a card that has just been stamped does not wait for a night's work.
ENGAGE_LANE: Final[Mapping[str, Handler]] = {
    CARD_FOLLOWED: follow_card,
    AUTOMATIONS_DUE: run_automations,
    REFERRALS_DUE: pay_referrals,
}

# Orders of web shops: whoever has just paid looks at their card, and waits for nothing else here.
ORDER_LANE: Final[Mapping[str, Handler]] = {
    INTEGRATION_EVENT: take_order,
    ORDER_CLAIMED: follow_order,
}
