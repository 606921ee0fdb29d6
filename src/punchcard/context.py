"""Everything that is built once and lives as long as the process; the faces receive it."""

from dataclasses import dataclass
from functools import cache, partial

from punchcard.accounts.access.address_change import AddressChange, AddressLinks
from punchcard.accounts.access.attempts import Attempts
from punchcard.accounts.access.credentials import Credentials
from punchcard.accounts.access.form_drafts import FormDrafts
from punchcard.accounts.access.hashing import Hasher, password_hasher, pin_hasher
from punchcard.accounts.access.known_browsers import KnownBrowsers
from punchcard.accounts.access.notices import AccountNotices
from punchcard.accounts.access.passkeys import Passkeys
from punchcard.accounts.access.password_reset import PasswordReset
from punchcard.accounts.access.presence import DevicePresences
from punchcard.accounts.access.rate_limit import CredentialLimits, PublicLimits
from punchcard.accounts.access.second_factor import SecondFactors
from punchcard.accounts.access.session_service import SessionRules
from punchcard.accounts.access.sign_in_service import SignIn
from punchcard.accounts.events import (
    CredentialChanged,
    SecurityEventKept,
    SubjectChanged,
    VendorChanged,
)
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.security.desk import SecurityDesk
from punchcard.accounts.security.log_lines import write_kept_event
from punchcard.db import outbox
from punchcard.db.bounded_look import BoundedLook
from punchcard.db.database import Database, open_database
from punchcard.db.outbox import Backlog, WorkEnqueued
from punchcard.db.readiness import Readiness
from punchcard.kit.clock import Clock, SystemClock
from punchcard.kit.descriptors import live_stream_limit
from punchcard.kit.ids import Ids, SystemIds
from punchcard.kit.mail import Mailer, build_mailer
from punchcard.kit.secrets import Sealer
from punchcard.kit.settings import Settings
from punchcard.kit.wakeup import WakeupRegistry
from punchcard.loyalty.cards.card_queries import WalletColumns
from punchcard.loyalty.cards.contact_faults import ContactWatch
from punchcard.loyalty.cards.customer_mail import CustomerMail, WalletLinksOf
from punchcard.loyalty.cards.hand_over import HandOver
from punchcard.loyalty.cards.links import CardLinks, card_sealer
from punchcard.loyalty.cards.person_proofs import PersonProofs
from punchcard.loyalty.events import CardsChanged, ProgramsChanged, StaffPinChanged
from punchcard.loyalty.live import LiveCards
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.loyalty.staff.pin_verifier import PinVerifier
from punchcard.loyalty.staff.staff_tokens import StaffTokens
from punchcard.loyalty.till.requests import OperationServices
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.transparency.checkpoints import CheckpointMaker
from punchcard.loyalty.transparency.log_keeper import LogKeeper
from punchcard.loyalty.transparency.log_status import Anchored, anchored
from punchcard.wallets.apple.apple_wallet_service import AppleWallet
from punchcard.wallets.google.google_wallet_service import GoogleWallet
from punchcard.wallets.wallet_service import Wallets
from punchcard.wallets.wallet_states import state_columns


@dataclass(frozen=True, kw_only=True)
class AccountServices:
    """Who is who: credentials, signing in, passwords, addresses, and the mail that goes with it."""

    password_hasher: Hasher
    limits: PublicLimits
    security: SecurityDesk
    device_presences: DevicePresences
    credential_limits: CredentialLimits
    credentials: Credentials
    sign_in: SignIn
    mailer: Mailer
    mail_queue: MailQueue
    password_reset: PasswordReset
    address_links: AddressLinks
    address_change: AddressChange
    session_rules: SessionRules
    second_factors: SecondFactors
    form_drafts: FormDrafts
    passkeys: Passkeys


@dataclass(frozen=True, kw_only=True)
class WalletServices:
    """Each company's wallet, and `service`, which is about all that are set up."""

    apple: AppleWallet
    google: GoogleWallet
    service: Wallets

    def close(self) -> None:
        """Close what is open to each company."""
        self.apple.close()
        self.google.close()


@dataclass(frozen=True, kw_only=True)
class LoyaltyServices:
    """The till and what stands around it: staff PINs, codes on cards, live pages, mail, the log."""

    till: Till
    live: LiveCards
    card_sealer: Sealer
    card_links: CardLinks
    hand_over: HandOver
    person_proofs: PersonProofs
    rotating_codes: RotatingCodes
    pin_hasher: Hasher
    pin_verifier: PinVerifier
    staff_tokens: StaffTokens
    operation_services: OperationServices
    customer_mail: CustomerMail
    contact_watch: ContactWatch
    checkpoint_maker: CheckpointMaker
    log_keeper: LogKeeper


@dataclass(frozen=True, kw_only=True)
class Context:
    """What routes, pages, commands and the worker work with."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    wakeups: WakeupRegistry
    readiness: Readiness
    outbox_look: BoundedLook[Backlog]
    log_look: BoundedLook[Anchored | None]
    sealer: Sealer
    accounts: AccountServices
    loyalty: LoyaltyServices
    wallets: WalletServices

    def close(self) -> None:
        """Finish what the till still holds, then close what is open."""
        self.loyalty.till.close()
        self.accounts.security.close()
        self.loyalty.live.close()
        self.wallets.close()
        self.database.close()


@dataclass(frozen=True, kw_only=True)
class _Base:
    """What all services are built on."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database


def build_context(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    database: Database | None = None,
    mailer: Mailer | None = None,
) -> Context:
    """Build everything from the settings; tests and the demo hand in their own clock and ids."""
    clock = clock or SystemClock()
    base = _Base(
        settings=settings,
        clock=clock,
        ids=ids or SystemIds(clock),
        database=database or open_database(settings),
    )
    card_links = CardLinks(settings.base_url, card_sealer(settings))
    rotating_codes = RotatingCodes(settings)
    accounts = _build_accounts(base, mailer or build_mailer(settings))
    wallets = _build_wallets(base, card_links, rotating_codes)
    context = Context(
        settings=settings,
        clock=clock,
        ids=base.ids,
        database=base.database,
        wakeups=WakeupRegistry(),
        readiness=Readiness(
            base.database,
            clock,
            settings=settings,
            timeout_seconds=settings.readiness_timeout_seconds,
            probe_seconds=settings.readiness_write_probe_seconds,
        ),
        outbox_look=BoundedLook(
            partial(_backlog, base.database),
            timeout_seconds=settings.readiness_timeout_seconds,
            name="metrics",
        ),
        log_look=BoundedLook(
            partial(_anchored, base.database),
            timeout_seconds=settings.readiness_timeout_seconds,
            name="metrics of the log",
        ),
        sealer=Sealer(settings.keys, "context"),
        accounts=accounts,
        loyalty=_build_loyalty(base, accounts, wallets, card_links, rotating_codes),
        wallets=wallets,
    )
    _subscribe(context)
    return context


def _anchored(database: Database) -> Anchored | None:
    with database.read_connection() as connection:
        return anchored(connection)


def _backlog(database: Database) -> Backlog:
    with database.read() as session:
        return outbox.backlog(session)


def _build_accounts(base: _Base, mailer: Mailer) -> AccountServices:
    settings, clock, ids, database = base.settings, base.clock, base.ids, base.database
    hasher = password_hasher(settings)
    limits = PublicLimits(settings, clock)
    security = SecurityDesk(database, clock, ids, settings)
    mail_queue = MailQueue(
        clock=clock, ids=ids, settings=settings, is_configured=mailer.is_configured
    )
    attempts = Attempts(settings)
    known_browsers = KnownBrowsers(settings, clock, ids)
    presences = DevicePresences(database)
    second_factors = SecondFactors(
        database=database,
        attempts=attempts,
        mail_queue=mail_queue,
        security=security,
        clock=clock,
        ids=ids,
        settings=settings,
    )
    passkeys = Passkeys(
        database=database,
        attempts=attempts,
        factors=second_factors,
        clock=clock,
        ids=ids,
        settings=settings,
    )
    sign_in = SignIn(
        database=database,
        hasher=hasher,
        limits=limits,
        security=security,
        attempts=attempts,
        known_browsers=known_browsers,
        notices=AccountNotices(attempts=attempts, mail_queue=mail_queue, clock=clock, ids=ids),
        second_factors=second_factors,
        passkeys=passkeys,
        clock=clock,
        ids=ids,
        settings=settings,
    )
    address_links = AddressLinks(settings, clock)
    return AccountServices(
        password_hasher=hasher,
        limits=limits,
        security=security,
        credential_limits=CredentialLimits(settings, clock),
        device_presences=presences,
        credentials=Credentials(database, clock, settings, presences),
        sign_in=sign_in,
        mailer=mailer,
        mail_queue=mail_queue,
        password_reset=PasswordReset(
            database=database,
            sign_in=sign_in,
            mail_queue=mail_queue,
            limits=limits,
            attempts=attempts,
            known_browsers=known_browsers,
            clock=clock,
            ids=ids,
            settings=settings,
        ),
        address_links=address_links,
        address_change=AddressChange(mail_queue, address_links),
        session_rules=SessionRules(database, clock, settings),
        second_factors=second_factors,
        form_drafts=FormDrafts(ring=settings.keys, ids=ids),
        passkeys=passkeys,
    )


def _build_wallets(
    base: _Base, card_links: CardLinks, rotating_codes: RotatingCodes
) -> WalletServices:
    settings, clock, database = base.settings, base.clock, base.database
    apple = AppleWallet(
        database=database, clock=clock, ids=base.ids, settings=settings, card_links=card_links
    )
    google = GoogleWallet(
        database=database,
        clock=clock,
        settings=settings,
        card_links=card_links,
        rotating_codes=rotating_codes,
    )
    service = Wallets([apple, google], database=database, clock=clock, settings=settings)
    return WalletServices(apple=apple, google=google, service=service)


def _build_loyalty(
    base: _Base,
    accounts: AccountServices,
    wallets: WalletServices,
    card_links: CardLinks,
    rotating_codes: RotatingCodes,
) -> LoyaltyServices:
    settings, clock, database = base.settings, base.clock, base.database
    # Of its own, so that strangers' sign-ins never take a PIN's turn.
    hasher = pin_hasher(settings)
    pin_verifier = PinVerifier(database, hasher, clock, base.ids, settings)
    staff_tokens = StaffTokens(database, clock, settings)
    sealer = card_sealer(settings)
    checkpoint_maker = CheckpointMaker(
        database=database,
        clock=clock,
        ids=base.ids,
        settings=settings,
        mail_queue=accounts.mail_queue,
    )
    return LoyaltyServices(
        till=_start_till(base, sealer, wallets.service),
        live=LiveCards(
            database,
            limit=live_stream_limit(settings),
            card_limit=settings.live_streams_per_card,
            address_limit=settings.live_streams_per_address,
        ),
        card_sealer=sealer,
        card_links=card_links,
        hand_over=HandOver(settings, clock, card_links),
        person_proofs=PersonProofs(
            settings=settings,
            clock=clock,
            ids=base.ids,
            mail_queue=accounts.mail_queue,
            card_links=card_links,
        ),
        rotating_codes=rotating_codes,
        pin_hasher=hasher,
        pin_verifier=pin_verifier,
        staff_tokens=staff_tokens,
        operation_services=OperationServices(
            clock=clock,
            settings=settings,
            rotating_codes=rotating_codes,
            pin_verifier=pin_verifier,
            staff_tokens=staff_tokens,
            device_presences=accounts.device_presences,
            database=database,
        ),
        contact_watch=ContactWatch(),
        checkpoint_maker=checkpoint_maker,
        log_keeper=LogKeeper(database, clock, checkpoint_maker),
        customer_mail=CustomerMail(
            database=database,
            mail_queue=accounts.mail_queue,
            links=accounts.address_links,
            address_change=accounts.address_change,
            clock=clock,
            card_links=card_links,
            wallet_links=_wallet_links(wallets.service),
        ),
    )


def _start_till(base: _Base, sealer: Sealer, wallets: Wallets) -> Till:
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


def _subscribe(context: Context) -> None:
    """Wire what follows a commit in this process: the only place that knows it."""
    subscribe = context.database.subscribe
    wakeups, live = context.wakeups, context.loyalty.live
    credentials, staff_tokens = context.accounts.credentials, context.loyalty.staff_tokens
    subscribe(WorkEnqueued, lambda event: wakeups.notify(event.topic))
    subscribe(CardsChanged, lambda event: live.publish(event.card_ids))
    subscribe(ProgramsChanged, lambda event: live.publish_programs(event.program_ids))
    subscribe(CredentialChanged, lambda event: credentials.invalidate(event.credential_id))
    subscribe(SubjectChanged, lambda event: credentials.invalidate_subject(event.subject_id))
    subscribe(VendorChanged, lambda event: credentials.invalidate_vendor(event.vendor_id))
    subscribe(SecurityEventKept, write_kept_event)
    subscribe(StaffPinChanged, lambda event: staff_tokens.invalidate(event.pin_id))


def _wallet_links(wallets: Wallets) -> WalletLinksOf:
    def links_of(token: str) -> dict[str, str | None]:
        found = wallets.links_for(token)
        return {"apple_link": found.apple, "google_link": found.google}

    return links_of
