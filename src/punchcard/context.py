"""Everything that is built once and lives as long as the process; the faces receive it."""

from dataclasses import dataclass

from punchcard.accounts.credentials import Credentials
from punchcard.accounts.hashing import Hasher
from punchcard.accounts.rate_limit import PublicLimits
from punchcard.accounts.sign_in_service import SignIn
from punchcard.db.database import Database
from punchcard.kit.bell import Bell
from punchcard.kit.clock import Clock, SystemClock
from punchcard.kit.ids import Ids, SystemIds
from punchcard.kit.secrets import Sealer
from punchcard.kit.settings import Settings
from punchcard.loyalty.pin_desk import PinDesk
from punchcard.loyalty.staff_tokens import StaffTokens
from punchcard.loyalty.till import Till
from punchcard.wallets.apple_wallet_service import AppleWallet
from punchcard.wallets.google_wallet_service import GoogleWallet
from punchcard.wallets.wallet_service import Wallets


@dataclass(frozen=True, kw_only=True)
class Context:
    """What routes, pages, commands and the worker work with."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    bell: Bell
    sealer: Sealer
    card_sealer: Sealer
    till: Till
    hasher: Hasher
    limits: PublicLimits
    credentials: Credentials
    sign_in: SignIn
    pin_desk: PinDesk
    staff_tokens: StaffTokens
    apple_wallet: AppleWallet
    google_wallet: GoogleWallet
    wallets: Wallets

    def close(self) -> None:
        """Finish what the till still holds, then close what is open."""
        self.till.close()
        self.apple_wallet.close()
        self.google_wallet.close()
        self.database.close()


def build_context(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    database: Database | None = None,
) -> Context:
    """Build everything from the settings; tests and the demo hand in their own clock and ids."""
    clock = clock or SystemClock()
    ids = ids or SystemIds(clock)
    database = database or Database(
        settings.database_url,
        pool_size=settings.database_pool_size,
        busy_seconds=settings.database_busy_seconds,
    )
    hasher = Hasher(settings)
    credentials = Credentials(database, clock, settings)
    sign_in = SignIn(
        database=database,
        hasher=hasher,
        credentials=credentials,
        clock=clock,
        ids=ids,
        settings=settings,
    )
    card_sealer = Sealer(settings.secret_key, "card token")
    bell = Bell()
    till = Till(
        database,
        clock=clock,
        ids=ids,
        sealer=card_sealer,
        queue_limit=settings.till_queue_limit,
        batch_limit=settings.till_batch_limit,
        batches_in_flight=settings.till_postgresql_batches_in_flight,
        on_commit=bell.ring,
    )
    till.start()
    apple_wallet = AppleWallet(
        database=database, clock=clock, ids=ids, settings=settings, sealer=card_sealer
    )
    google_wallet = GoogleWallet(
        database=database, clock=clock, settings=settings, sealer=card_sealer
    )
    return Context(
        settings=settings,
        clock=clock,
        ids=ids,
        database=database,
        bell=bell,
        sealer=Sealer(settings.secret_key, "context"),
        card_sealer=card_sealer,
        till=till,
        hasher=hasher,
        limits=PublicLimits(settings, clock),
        credentials=credentials,
        sign_in=sign_in,
        pin_desk=PinDesk(database, hasher, clock, settings),
        staff_tokens=StaffTokens(database, clock, settings),
        google_wallet=google_wallet,
        wallets=Wallets(
            [apple_wallet, google_wallet], database=database, clock=clock, settings=settings
        ),
        apple_wallet=apple_wallet,
    )
