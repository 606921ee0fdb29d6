"""The till and what stands around it, and what they are built from."""

from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from punchcard.accounts.access.hashing import Hasher, pin_hasher
from punchcard.engage.automation_keeper import AutomationKeeper
from punchcard.engage.referral_keeper import ReferralKeeper
from punchcard.kit.descriptors import live_stream_limit, live_streams_of_address
from punchcard.kit.secrets import Sealer
from punchcard.loyalty.cards.card_queries import WalletColumns
from punchcard.loyalty.cards.contact_faults import ContactWatch
from punchcard.loyalty.cards.contacts.contact_mail import ContactMail
from punchcard.loyalty.cards.customer_mail import CustomerMail, WalletLinksOf
from punchcard.loyalty.cards.former_contacts import FormerContacts
from punchcard.loyalty.cards.hand_over import HandOver
from punchcard.loyalty.cards.links import CardLinks, card_sealer
from punchcard.loyalty.cards.merges.merge_offers import MergeOffers
from punchcard.loyalty.cards.person_proofs import PersonProofs
from punchcard.loyalty.jobs.due_keeper import DueKeeper
from punchcard.loyalty.jobs.notice_keeper import NoticeKeeper
from punchcard.loyalty.jobs.open_cards_keeper import OpenCardsKeeper
from punchcard.loyalty.jobs.reservation_keeper import ReservationKeeper
from punchcard.loyalty.live import LiveCards
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.loyalty.staff.pin_verifier import PinVerifier
from punchcard.loyalty.staff.staff_tokens import StaffTokens
from punchcard.loyalty.till.requests import OperationServices
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.transparency.log_keeper import LogKeeper
from punchcard.loyalty.transparency.signing.checkpoints import CheckpointMaker
from punchcard.services.account_services import AccountServices
from punchcard.services.foundation import Foundation
from punchcard.services.wallet_services import WalletServices
from punchcard.wallets.wallet_service import Wallets
from punchcard.wallets.wallet_states import state_columns


@dataclass(frozen=True, kw_only=True)
class LoyaltyServices:
    """The till and what stands around it: staff PINs, codes on cards, live pages, mail, the log."""

    till: Till
    live: LiveCards
    card_sealer: Sealer
    card_links: CardLinks
    hand_over: HandOver
    former_contacts: FormerContacts
    person_proofs: PersonProofs
    rotating_codes: RotatingCodes
    pin_hasher: Hasher
    pin_verifier: PinVerifier
    staff_tokens: StaffTokens
    operation_services: OperationServices
    customer_mail: CustomerMail
    contact_mail: ContactMail
    merge_offers: MergeOffers
    contact_watch: ContactWatch
    checkpoint_maker: CheckpointMaker
    log_keeper: LogKeeper
    due_keeper: DueKeeper
    automation_keeper: AutomationKeeper
    referral_keeper: ReferralKeeper
    notice_keeper: NoticeKeeper
    reservation_keeper: ReservationKeeper
    open_cards_keeper: OpenCardsKeeper


def build_loyalty(
    base: Foundation,
    accounts: AccountServices,
    wallets: WalletServices,
    card_links: CardLinks,
    rotating_codes: RotatingCodes,
) -> LoyaltyServices:
    """Build what stands around the till, and start the till; `close` the till to end its thread."""
    settings, clock, database = base.settings, base.clock, base.database
    staff = _staff_checks(base, accounts, rotating_codes)
    sealer = card_sealer(settings)
    checkpoint_maker = _checkpoint_maker(base, accounts)
    till = _start_till(base, sealer, wallets.service)
    former_contacts = FormerContacts(settings.keys)
    mails = _customer_mails(
        base,
        accounts,
        wallets.service,
        card_links=card_links,
        rotating_codes=rotating_codes,
        former_contacts=former_contacts,
    )
    return LoyaltyServices(
        till=till,
        live=_live_cards(base),
        card_sealer=sealer,
        card_links=card_links,
        hand_over=HandOver(settings, clock, card_links),
        former_contacts=former_contacts,
        person_proofs=mails.person_proofs,
        rotating_codes=rotating_codes,
        pin_hasher=staff.pin_hasher,
        pin_verifier=staff.pin_verifier,
        staff_tokens=staff.staff_tokens,
        operation_services=staff.operation_services,
        contact_watch=ContactWatch(),
        checkpoint_maker=checkpoint_maker,
        log_keeper=LogKeeper(database, clock, checkpoint_maker),
        due_keeper=DueKeeper(database, clock, till, settings),
        automation_keeper=AutomationKeeper(database, clock, base.ids, till),
        referral_keeper=ReferralKeeper(database, clock, base.ids, till, former_contacts),
        reservation_keeper=ReservationKeeper(database, clock, till),
        open_cards_keeper=OpenCardsKeeper(database, clock),
        notice_keeper=NoticeKeeper(database, clock, mails.customer_mail, base.ids),
        customer_mail=mails.customer_mail,
        merge_offers=mails.merge_offers,
        contact_mail=mails.contact_mail,
    )


def _checkpoint_maker(base: Foundation, accounts: AccountServices) -> CheckpointMaker:
    return CheckpointMaker(
        database=base.database,
        clock=base.clock,
        ids=base.ids,
        settings=base.settings,
        mail_queue=accounts.mail_queue,
    )


def _live_cards(base: Foundation) -> LiveCards:
    settings = base.settings
    return LiveCards(
        base.database,
        limit=live_stream_limit(settings),
        card_limit=settings.live_streams_per_card,
        address_limit=live_streams_of_address(settings),
    )


class _StaffChecks(NamedTuple):
    """What finds out who stands at a till, and what operations need of it."""

    pin_hasher: Hasher
    pin_verifier: PinVerifier
    staff_tokens: StaffTokens
    operation_services: OperationServices


def _staff_checks(
    base: Foundation, accounts: AccountServices, rotating_codes: RotatingCodes
) -> _StaffChecks:
    settings, clock, database = base.settings, base.clock, base.database
    # Of its own, so that strangers' sign-ins never take a PIN's turn.
    hasher = pin_hasher(settings)
    pin_verifier = PinVerifier(database, hasher, clock, base.ids, settings)
    staff_tokens = StaffTokens(database, clock, settings)
    operation_services = OperationServices(
        clock=clock,
        settings=settings,
        rotating_codes=rotating_codes,
        pin_verifier=pin_verifier,
        staff_tokens=staff_tokens,
        device_presences=accounts.device_presences,
        database=database,
    )
    return _StaffChecks(hasher, pin_verifier, staff_tokens, operation_services)


class _CustomerMails(NamedTuple):
    """What writes to customers."""

    person_proofs: PersonProofs
    merge_offers: MergeOffers
    customer_mail: CustomerMail
    contact_mail: ContactMail


def _customer_mails(
    base: Foundation,
    accounts: AccountServices,
    wallets: Wallets,
    *,
    card_links: CardLinks,
    rotating_codes: RotatingCodes,
    former_contacts: FormerContacts,
) -> _CustomerMails:
    person_proofs = PersonProofs(
        settings=base.settings,
        clock=base.clock,
        ids=base.ids,
        mail_queue=accounts.mail_queue,
        card_links=card_links,
    )
    merge_offers = MergeOffers(
        database=base.database,
        mail_queue=accounts.mail_queue,
        settings=base.settings,
        clock=base.clock,
        rotating_codes=rotating_codes,
        base_of=card_links.base_of,
    )
    customer_mail = CustomerMail(
        database=base.database,
        mail_queue=accounts.mail_queue,
        links=accounts.address_links,
        address_change=accounts.address_change,
        clock=base.clock,
        card_links=card_links,
        wallet_links=_wallet_links(wallets),
        merge_offers=merge_offers,
    )
    contact_mail = ContactMail(
        database=base.database,
        mail_queue=accounts.mail_queue,
        links=accounts.address_links,
        former_contacts=former_contacts,
        settings=base.settings,
        clock=base.clock,
        base_of=card_links.base_of,
    )
    return _CustomerMails(person_proofs, merge_offers, customer_mail, contact_mail)


def _start_till(base: Foundation, sealer: Sealer, wallets: Wallets) -> Till:
    @cache
    def wallet_columns() -> WalletColumns:
        # Asked at the first operation: to look at certificates costs a start that needs none.
        return state_columns(one.name for one in wallets.configured)

    settings = base.settings
    till = Till(
        base.database,
        clock=base.clock,
        ids=base.ids,
        sealer=sealer,
        queue_limit=settings.till_queue_limit,
        batch_limit=settings.till_batch_limit,
        batches_in_flight=settings.till_postgresql_batches_in_flight,
        locked_wait_seconds=settings.till_locked_wait_seconds,
        locked_retry_seconds=settings.till_locked_retry_seconds,
        locked_limit=settings.till_locked_limit,
        wallet_columns=wallet_columns,
    )
    till.start()
    return till


def _wallet_links(wallets: Wallets) -> WalletLinksOf:
    def links_of(token: str, base: str) -> dict[str, str | None]:
        found = wallets.links_for(token, base)
        return {"apple_link": found.apple, "google_link": found.google}

    return links_of
