"""Everything that is built once and lives as long as the process; the faces receive it."""

from dataclasses import dataclass
from functools import cache

from punchcard.accounts.access.address_change import AddressChange, AddressLinks
from punchcard.accounts.access.credentials import Credentials
from punchcard.accounts.access.hashing import Hasher, password_hasher, pin_hasher
from punchcard.accounts.access.password_reset import PasswordReset
from punchcard.accounts.access.rate_limit import PublicLimits
from punchcard.accounts.access.sign_in_service import SignIn
from punchcard.accounts.events import CredentialChanged, SubjectChanged, VendorChanged
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.db.database import Database, open_database
from punchcard.db.outbox import WorkEnqueued
from punchcard.db.readiness import Readiness
from punchcard.kit.clock import Clock, SystemClock
from punchcard.kit.descriptors import live_stream_limit
from punchcard.kit.ids import Ids, SystemIds
from punchcard.kit.mail import Mailer, build_mailer
from punchcard.kit.secrets import Sealer
from punchcard.kit.settings import Settings
from punchcard.kit.wakeup import WakeupRegistry
from punchcard.loyalty.cards.card_queries import WalletColumns
from punchcard.loyalty.cards.customer_mail import CustomerMail, WalletLinksOf
from punchcard.loyalty.cards.links import CardLinks, card_sealer
from punchcard.loyalty.events import CardsChanged, StaffPinChanged
from punchcard.loyalty.live import LiveCards
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.loyalty.staff.pin_verifier import PinVerifier
from punchcard.loyalty.staff.staff_tokens import StaffTokens
from punchcard.loyalty.till.requests import OperationServices
from punchcard.loyalty.till.till import Till
from punchcard.wallets.apple.apple_wallet_service import AppleWallet
from punchcard.wallets.google.google_wallet_service import GoogleWallet
from punchcard.wallets.wallet_service import Wallets
from punchcard.wallets.wallet_states import state_columns


@dataclass(frozen=True, kw_only=True)
class Context:
    """What routes, pages, commands and the worker work with."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    wakeups: WakeupRegistry
    sealer: Sealer
    card_sealer: Sealer
    card_links: CardLinks
    rotating_codes: RotatingCodes
    till: Till
    live: LiveCards
    password_hasher: Hasher
    pin_hasher: Hasher
    limits: PublicLimits
    credentials: Credentials
    sign_in: SignIn
    mailer: Mailer
    mail_queue: MailQueue
    password_reset: PasswordReset
    address_change: AddressChange
    customer_mail: CustomerMail
    pin_verifier: PinVerifier
    staff_tokens: StaffTokens
    operation_services: OperationServices
    apple_wallet: AppleWallet
    google_wallet: GoogleWallet
    wallets: Wallets
    readiness: Readiness

    def close(self) -> None:
        """Finish what the till still holds, then close what is open."""
        self.till.close()
        self.live.close()
        self.apple_wallet.close()
        self.google_wallet.close()
        self.database.close()


def build_context(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    database: Database | None = None,
    mailer: Mailer | None = None,
) -> Context:
    """Build everything from the settings; tests and the demo hand in their own clock and ids."""
    mailer = mailer or build_mailer(settings)
    clock = clock or SystemClock()
    ids = ids or SystemIds(clock)
    database = database or open_database(settings)
    # Two, so that strangers' sign-ins never take a PIN's turn.
    for_passwords, for_pins = password_hasher(settings), pin_hasher(settings)
    limits = PublicLimits(settings, clock)
    credentials = Credentials(database, clock, settings)
    sign_in = SignIn(
        database=database,
        hasher=for_passwords,
        limits=limits,
        clock=clock,
        ids=ids,
        settings=settings,
    )
    card_seals = card_sealer(settings)
    card_links = CardLinks(settings.base_url, card_seals)
    wakeups = WakeupRegistry()
    live = LiveCards(
        database, limit=live_stream_limit(settings), card_limit=settings.live_streams_per_card
    )

    @cache
    def wallet_columns() -> WalletColumns:
        # Asked at the first operation: to look at certificates costs a start that needs none.
        return state_columns(one.name for one in wallets.configured)

    till = Till(
        database,
        clock=clock,
        ids=ids,
        sealer=card_seals,
        queue_limit=settings.till_queue_limit,
        batch_limit=settings.till_batch_limit,
        batches_in_flight=settings.till_postgresql_batches_in_flight,
        locked_wait_seconds=settings.till_locked_wait_seconds,
        locked_retry_seconds=settings.till_locked_retry_seconds,
        locked_limit=settings.till_locked_limit,
        wallet_columns=wallet_columns,
    )
    till.start()
    apple_wallet = AppleWallet(
        database=database, clock=clock, ids=ids, settings=settings, card_links=card_links
    )
    rotating_codes = RotatingCodes(settings)
    google_wallet = GoogleWallet(
        database=database,
        clock=clock,
        settings=settings,
        card_links=card_links,
        rotating_codes=rotating_codes,
    )
    wallets = Wallets(
        [apple_wallet, google_wallet], database=database, clock=clock, settings=settings
    )
    pin_verifier = PinVerifier(database, for_pins, clock, settings)
    staff_tokens = StaffTokens(database, clock, settings)
    _subscribe(
        database, wakeups=wakeups, live=live, credentials=credentials, staff_tokens=staff_tokens
    )
    mail_queue = MailQueue(
        clock=clock, ids=ids, settings=settings, is_configured=mailer.is_configured
    )
    address_links = AddressLinks(settings, clock)
    address_change = AddressChange(mail_queue, address_links)
    return Context(
        settings=settings,
        clock=clock,
        ids=ids,
        database=database,
        wakeups=wakeups,
        sealer=Sealer(settings.secret_key, "context"),
        card_sealer=card_seals,
        card_links=card_links,
        rotating_codes=rotating_codes,
        till=till,
        live=live,
        password_hasher=for_passwords,
        pin_hasher=for_pins,
        limits=limits,
        credentials=credentials,
        sign_in=sign_in,
        mailer=mailer,
        mail_queue=mail_queue,
        password_reset=PasswordReset(
            database=database,
            sign_in=sign_in,
            mail_queue=mail_queue,
            limits=limits,
            clock=clock,
            ids=ids,
            settings=settings,
        ),
        address_change=address_change,
        customer_mail=CustomerMail(
            database=database,
            mail_queue=mail_queue,
            links=address_links,
            address_change=address_change,
            clock=clock,
            card_links=card_links,
            wallet_links=_wallet_links(wallets),
        ),
        pin_verifier=pin_verifier,
        staff_tokens=staff_tokens,
        operation_services=OperationServices(
            clock=clock,
            settings=settings,
            rotating_codes=rotating_codes,
            pin_verifier=pin_verifier,
            staff_tokens=staff_tokens,
        ),
        google_wallet=google_wallet,
        wallets=wallets,
        apple_wallet=apple_wallet,
        readiness=Readiness(
            database,
            clock,
            timeout_seconds=settings.readiness_timeout_seconds,
            probe_seconds=settings.readiness_write_probe_seconds,
        ),
    )


def _subscribe(
    database: Database,
    *,
    wakeups: WakeupRegistry,
    live: LiveCards,
    credentials: Credentials,
    staff_tokens: StaffTokens,
) -> None:
    """Wire what follows a commit in this process: the only place that knows it."""
    database.subscribe(WorkEnqueued, lambda event: wakeups.notify(event.topic))
    database.subscribe(CardsChanged, lambda event: live.publish(event.card_ids))
    database.subscribe(CredentialChanged, lambda event: credentials.invalidate(event.credential_id))
    database.subscribe(
        SubjectChanged, lambda event: credentials.invalidate_subject(event.subject_id)
    )
    database.subscribe(VendorChanged, lambda event: credentials.invalidate_vendor(event.vendor_id))
    database.subscribe(StaffPinChanged, lambda event: staff_tokens.invalidate(event.pin_id))


def _wallet_links(wallets: Wallets) -> WalletLinksOf:
    def links_of(token: str) -> dict[str, str | None]:
        found = wallets.links_for(token)
        return {"apple_link": found.apple, "google_link": found.google}

    return links_of
