"""The wallets' services, and what they are built from."""

from dataclasses import dataclass

from punchcard.loyalty.cards.links import CardLinks
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.services.foundation import Foundation
from punchcard.wallets.apple.apple_wallet_service import AppleWallet
from punchcard.wallets.google.google_wallet_service import GoogleWallet
from punchcard.wallets.wallet_service import Wallets


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


def build_wallets(
    base: Foundation, card_links: CardLinks, rotating_codes: RotatingCodes
) -> WalletServices:
    """Build both wallets, also those that are not set up; no company is called yet."""
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
