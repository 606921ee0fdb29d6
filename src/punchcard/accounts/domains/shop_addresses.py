"""Which shop is at which host, and what the links of a shop begin with: kept for seconds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, NamedTuple

from sqlalchemy import select

from punchcard.accounts.domains.models import VendorDomain
from punchcard.accounts.domains.names import host_of
from punchcard.accounts.models import Vendor
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import VendorId
from punchcard.kit.refreshing_cache import RefreshingCache
from punchcard.kit.settings import Settings

_ALL: Final = "all"


class ShopAtHost(NamedTuple):
    """Whose domain a host is, and whether the shop is open: a suspended one has no pages there.

    `proof` is what the domain shows of it; `name` the shop's, which its pages carry there, and
    `is_white_label` whether they name nobody else.
    """

    vendor_id: VendorId
    is_open: bool
    proof: str
    name: str
    is_white_label: bool


@dataclass(frozen=True, slots=True)
class ShopDomains:
    """All proven domains: whose each is, and the domain of each vendor that is open."""

    shops: Mapping[str, ShopAtHost]
    domains: Mapping[VendorId, str]


class ShopAddresses:
    """Knows the proven domains, at most `domain_cache_seconds` after another process changed one.

    `base_url` is the server's own address, where every link goes on working.
    """

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self.base_url = settings.base_url.rstrip("/")
        self.host = host_of(settings.base_url)
        self.last: ShopDomains | None = None
        """What was read last, however long ago: for what is shown while nothing can be read."""
        self._database = database
        keep_for = timedelta(seconds=settings.domain_cache_seconds)
        self._cache: RefreshingCache[ShopDomains] = RefreshingCache(
            clock, keep_for=keep_for, limit=1
        )

    def base_of(self, vendor_id: VendorId) -> str:
        """Return what links to a vendor's pages begin with: https and its own domain, or ours."""
        domain = self.all_domains().domains.get(vendor_id)
        return f"https://{domain}" if domain is not None else self.base_url

    def kept(self) -> ShopDomains | None:
        """Return what is kept without ever waiting; None when it is to be read again."""
        return self._cache.get(_ALL)

    def all_domains(self) -> ShopDomains:
        """Return all proven domains, read again when they have been kept for long enough."""
        return self._cache.get_or_load(_ALL, lambda: (self._read(), None))

    def invalidate(self) -> None:
        """Forget what is kept: a domain or the status of a vendor has changed."""
        self._cache.invalidate(lambda _key, _value: True)

    def _read(self) -> ShopDomains:
        query = (
            select(
                VendorDomain.domain,
                VendorDomain.vendor_id,
                VendorDomain.proof,
                Vendor.status,
                Vendor.name,
                Plan.white_label,
            )
            .join(Vendor, Vendor.id == VendorDomain.vendor_id)
            .outerjoin(VendorPlan, VendorPlan.vendor_id == Vendor.id)
            .outerjoin(Plan, Plan.id == VendorPlan.plan_id)
            .where(VendorDomain.verified_at.is_not(None))
        )
        with self._database.read() as session:
            rows = session.execute(query).all()
        shops = {
            row.domain: ShopAtHost(
                row.vendor_id,
                row.status == VendorStatus.ACTIVE,
                row.proof,
                row.name,
                row.white_label is True,
            )
            for row in rows
        }
        self.last = ShopDomains(
            shops=shops,
            domains={shop.vendor_id: domain for domain, shop in shops.items() if shop.is_open},
        )
        return self.last
