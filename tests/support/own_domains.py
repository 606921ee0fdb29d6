"""Short ways to give a shop a domain of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from punchcard.accounts.domains import domain_service
from punchcard.accounts.domains.models import VendorDomain
from punchcard.connect.domains.domain_keeper import DomainKeeper
from punchcard.connect.domains.proofs import DomainProofs, record_name, shown_value
from punchcard.connect.webhooks.retry_rules import WebhookAnswer
from punchcard.context import Context
from tests.support.cast import Shop, by_operator

DOMAIN = "cards.bakery.example"


def claim(shop: Shop, domain: str = DOMAIN) -> VendorDomain:
    """Let a shop claim a domain."""
    context = shop.context
    with context.database.write() as session:
        return domain_service.claim_domain(
            session,
            by_operator(context),
            shop.id,
            domain,
            base_url=context.settings.base_url,
        )


def prove(shop: Shop) -> bool:
    """Let the proof of a shop's domain be found; returns whether it is in use since now."""
    with shop.context.database.write() as session:
        row = domain_service.find_domain(session, shop.id)
        assert row is not None
        return domain_service.note_found(session, by_operator(shop.context), shop.id, row.proof)


def give_domain(shop: Shop, domain: str = DOMAIN) -> None:
    """Let a shop have a domain that is proven."""
    claim(shop, domain)
    prove(shop)


def lose(shop: Shop) -> VendorDomain | None:
    """Let the proof of a shop's domain be missing now; returns what its owners are told of."""
    lapse = timedelta(days=shop.context.settings.domain_lapse_days)
    with shop.context.database.write() as session:
        row = domain_service.find_domain(session, shop.id)
        assert row is not None
        act = by_operator(shop.context)
        return domain_service.note_missing(session, act, shop.id, row.proof, lapse=lapse)


def domain_of(shop: Shop) -> VendorDomain | None:
    """Return the domain that a shop claims."""
    with shop.context.database.read() as session:
        return domain_service.find_domain(session, shop.id)


@dataclass
class Internet:
    """Name servers and web servers as a test wants them; notes what is asked of either."""

    texts: dict[str, Sequence[str]] = field(default_factory=dict)
    pages: dict[str, WebhookAnswer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def look_up(self, name: str) -> Sequence[str]:
        """Return the TXT records of a name."""
        self.asked.append(name)
        return self.texts.get(name, [])

    def get(self, url: str) -> WebhookAnswer:
        """Return what is at an address."""
        self.asked.append(url)
        return self.pages.get(url, WebhookAnswer(error="no such name"))

    def show(self, row: VendorDomain) -> None:
        """Let the record of a domain be there."""
        self.texts[record_name(row.domain)] = ["v=spf1 -all", shown_value(row.proof)]


def keeper(context: Context, internet: Internet) -> DomainKeeper:
    """Return what looks at domains, with an internet of the test's."""
    return DomainKeeper(
        database=context.database,
        proofs=DomainProofs(internet.look_up, internet),
        mail_queue=context.accounts.mail_queue,
        clock=context.clock,
        ids=context.ids,
        settings=context.settings,
    )
