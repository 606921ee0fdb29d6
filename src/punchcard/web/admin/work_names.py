"""What the worker's pieces of work are called on pages, by the topic they wait under."""

from typing import Final

from punchcard.accounts.mail.mail_queue import MAIL_SEND
from punchcard.connect.archive.archive_service import ARCHIVE_WORK
from punchcard.connect.claims.claim_keeper import RECEIPTS_BEGUN
from punchcard.connect.claims.receipt_claimer import ORDER_CLAIMED
from punchcard.connect.domains.domain_keeper import DOMAIN_CHECK
from punchcard.connect.imports.work import IMPORT_WORK
from punchcard.connect.integrations.event_queue import INTEGRATION_EVENT
from punchcard.engage.automation_keeper import AUTOMATIONS_DUE
from punchcard.engage.referral_keeper import REFERRALS_DUE
from punchcard.kit.i18n import N_
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
from punchcard.loyalty.transparency.log_keeper import LOG_CHECKPOINT, LOG_SEQUENCE
from punchcard.loyalty.transparency.signing.checkpoint_webhook import SEND_CHECKPOINT
from punchcard.wallets.google.google_registry import GOOGLE_CHECK

WORK_NAMES: Final = {
    CARD_CHANGED: N_("Wallet passes of cards that changed"),
    PROGRAM_CHANGED: N_("Wallet passes of programs that changed"),
    SHELF_CHANGED: N_("Wallet passes when a reward runs out or is back"),
    GOOGLE_CHECK: N_("Asking Google which cards are in a wallet"),
    MAIL_SEND: N_("Sending mails"),
    CUSTOMER_WELCOME: N_("Mails to new customers"),
    CUSTOMER_ADDRESS: N_("Mails that ask customers to confirm their address"),
    CONTACT_CHANGE: N_("Mails about a changed contact"),
    MERGE_OFFERED: N_("Mails that ask whether two cards may be merged"),
    CARD_FOLLOWED: N_("Automations and referrals after a visit"),
    AUTOMATIONS_DUE: N_("Automations of the day"),
    REFERRALS_DUE: N_("Bonuses for referrals"),
    CARDS_DUE: N_("What ends or begins on cards by itself"),
    CARDS_NOTICES: N_("Telling cards what ends soon"),
    RESERVATIONS_OVER: N_("Releasing reservations that have expired"),
    OPEN_CARDS_COUNT: N_("Counting open cards"),
    RECEIPTS_BEGUN: N_("Receipts that are half on a card"),
    INTEGRATION_EVENT: N_("Orders from web shops and tills"),
    ORDER_CLAIMED: N_("Orders whose receipt is on a card now"),
    IMPORT_WORK: N_("Imports of cards"),
    ARCHIVE_WORK: N_("Archives of shops"),
    DOMAIN_CHECK: N_("Looking after shops’ own domains"),
    LOG_SEQUENCE: N_("Adding entries to the public log of the ledger"),
    LOG_CHECKPOINT: N_("Signing checkpoints of the ledger"),
    SEND_CHECKPOINT: N_("Sending checkpoints of the ledger"),
}
"""A topic that is not here is shown as it is."""
