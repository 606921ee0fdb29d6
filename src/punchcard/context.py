"""Everything that is built once and lives as long as the process; the faces receive it."""

from dataclasses import dataclass
from functools import partial

from punchcard.accounts.domains.shop_addresses import ShopAddresses
from punchcard.accounts.events import (
    CredentialChanged,
    DomainsChanged,
    SecurityEventKept,
    SubjectChanged,
    VendorChanged,
)
from punchcard.accounts.security.log_lines import write_kept_event
from punchcard.connect.archive import models as _archive_tables  # noqa: F401 - declares them
from punchcard.connect.imports import models as _import_tables  # noqa: F401 - declares them
from punchcard.connect.integrations import models as _order_tables  # noqa: F401 - declares them
from punchcard.db.bounded_look import BoundedLook
from punchcard.db.database import Database, open_database
from punchcard.db.outbox import WorkEnqueued
from punchcard.db.readiness import Readiness
from punchcard.kit.clock import Clock, SystemClock
from punchcard.kit.ids import Ids, SystemIds
from punchcard.kit.mail import Mailer, build_mailer
from punchcard.kit.metrics.request_metrics import RequestMetrics
from punchcard.kit.metrics.work_metrics import WorkMetrics
from punchcard.kit.secrets import Sealer
from punchcard.kit.settings import Settings
from punchcard.kit.tracing.set_up import build_tracer
from punchcard.kit.tracing.spans import Tracer
from punchcard.kit.wakeup import WakeupRegistry
from punchcard.loyalty.cards.links import CardLinks, ReferralCodes, card_sealer
from punchcard.loyalty.events import CardsChanged, ProgramsChanged, StaffPinChanged
from punchcard.loyalty.rotating_codes import RotatingCodes
from punchcard.services.account_services import AccountServices, build_accounts
from punchcard.services.connect_services import ConnectServices, build_connect
from punchcard.services.foundation import Foundation
from punchcard.services.loyalty_services import LoyaltyServices, build_loyalty
from punchcard.services.service_status import ServiceSources, ServiceStatus
from punchcard.services.shared_figures import (
    SharedFigures,
    read_backlog,
    read_shared_figures,
)
from punchcard.services.wallet_services import WalletServices, build_wallets


@dataclass(frozen=True, kw_only=True)
class Context:
    """What routes, pages, commands and the worker work with."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    wakeups: WakeupRegistry
    readiness: Readiness
    shared_look: BoundedLook[SharedFigures]
    service_status: ServiceStatus
    requests: RequestMetrics
    work: WorkMetrics
    tracer: Tracer | None
    sealer: Sealer
    shop_addresses: ShopAddresses
    accounts: AccountServices
    loyalty: LoyaltyServices
    wallets: WalletServices
    connect: ConnectServices

    def close(self) -> None:
        """Finish what the till still holds, then close what is open."""
        self.loyalty.till.close()
        self.accounts.security.close()
        self.loyalty.live.close()
        self.wallets.close()
        if self.tracer is not None:
            self.tracer.close()
        self.database.close()


def build_context(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
    database: Database | None = None,
    mailer: Mailer | None = None,
    tracer: Tracer | None = None,
) -> Context:
    """Build everything from the settings; tests and the demo hand in their own clock and ids."""
    clock = clock or SystemClock()
    base = Foundation(
        settings=settings,
        clock=clock,
        ids=ids or SystemIds(clock),
        database=database or open_database(settings),
        tracer=tracer or build_tracer(settings),
    )
    shop_addresses = ShopAddresses(base.database, clock, settings)
    card_links = CardLinks(
        shop_addresses.base_of, card_sealer(settings), ReferralCodes(settings.keys)
    )
    rotating_codes = RotatingCodes(settings)
    accounts = build_accounts(base, mailer or build_mailer(settings))
    wallets = build_wallets(base, card_links, rotating_codes)
    wakeups = WakeupRegistry()
    loyalty = build_loyalty(base, accounts, wallets, card_links, rotating_codes)
    readiness = _readiness(base)
    context = Context(
        settings=settings,
        clock=clock,
        ids=base.ids,
        database=base.database,
        wakeups=wakeups,
        readiness=readiness,
        shared_look=_shared_look(base),
        service_status=_service_status(base, readiness, accounts, wallets, loyalty),
        requests=RequestMetrics(),
        work=WorkMetrics(),
        tracer=base.tracer,
        sealer=Sealer(settings.keys, "context"),
        shop_addresses=shop_addresses,
        accounts=accounts,
        loyalty=loyalty,
        wallets=wallets,
        connect=build_connect(base, accounts, loyalty, wakeups),
    )
    _subscribe(context)
    return context


def _readiness(base: Foundation) -> Readiness:
    settings = base.settings
    return Readiness(
        base.database,
        base.clock,
        settings=settings,
        timeout_seconds=settings.readiness_timeout_seconds,
        probe_seconds=settings.readiness_write_probe_seconds,
    )


def _shared_look(base: Foundation) -> BoundedLook[SharedFigures]:
    return BoundedLook(
        partial(read_shared_figures, base.database),
        timeout_seconds=base.settings.readiness_timeout_seconds,
        name="metrics",
    )


def _service_status(
    base: Foundation,
    readiness: Readiness,
    accounts: AccountServices,
    wallets: WalletServices,
    loyalty: LoyaltyServices,
) -> ServiceStatus:
    sources = ServiceSources(
        find=readiness.find,
        backlog=partial(read_backlog, base.database),
        till_runs=lambda: loyalty.till.is_running,
        has_wallets=lambda: bool(wallets.service.configured),
        has_mail=lambda: accounts.mailer.is_configured,
    )
    return ServiceStatus(
        sources, base.clock, timeout_seconds=base.settings.readiness_timeout_seconds
    )


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
    subscribe(VendorChanged, lambda _event: context.shop_addresses.invalidate())
    subscribe(DomainsChanged, lambda _event: context.shop_addresses.invalidate())
    subscribe(SecurityEventKept, write_kept_event)
    subscribe(StaffPinChanged, lambda event: staff_tokens.invalidate(event.pin_id))
