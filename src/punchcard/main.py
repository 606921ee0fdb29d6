"""The composition root: settings → database → till → API and pages. The only wiring there is."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Final

from anyio import to_thread
from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from punchcard import __version__
from punchcard.api.application import prepare
from punchcard.api.http.browsers.cross_origin import CrossOrigin, Preflights
from punchcard.api.http.data_age import DataAgeHeader
from punchcard.api.http.fast_routes import FastRoutes
from punchcard.api.http.forgiving_addresses import ForgivingAddresses
from punchcard.api.http.outer_middleware import OuterMiddleware
from punchcard.api.http.request_observer import RequestObserver
from punchcard.api.http.traced import Traced
from punchcard.api.metrics.process_group import ProcessGroup
from punchcard.api.routes import (
    apple_web_service,
    auth,
    card_claims,
    card_holders,
    contact_changes,
    docs_page,
    google_callback,
    google_pictures,
    health,
    hooks,
    ledger_log,
    own_domains,
    own_merges,
    pairing,
    passkeys,
    public,
    public_logo,
)
from punchcard.api.routes.admin import audit, plans, status, vendors
from punchcard.api.routes.admin import loyalty as platform_loyalty
from punchcard.api.routes.vendor_api import (
    api_keys,
    card_merges,
    cards,
    dashboard,
    enrolment,
    exports,
    imports,
    locations,
    logo,
    operations,
    pins,
    quotes,
    staff_report,
    stats,
    transactions,
    users,
    wallet,
)
from punchcard.api.routes.vendor_api import devices as vendor_devices
from punchcard.api.routes.vendor_api import settings as vendor_settings
from punchcard.api.routes.vendor_api.catalogue import (
    automations,
    programs,
    promotions,
    referrals,
    rewards,
)
from punchcard.api.routes.vendor_api.connections import (
    archives,
    card_imports,
    claims,
    integrations,
    receipt_keys,
    webhooks,
)
from punchcard.api.routes.vendor_api.promises import grants, reservations
from punchcard.context import Context
from punchcard.kit.origins import parse_origins
from punchcard.kit.settings import Settings
from punchcard.kit.stopping import heard_before_stop
from punchcard.web.dispatcher import (
    API,
    FILE_PAGES,
    PAGES,
    SMALL_BELOW,
    Dispatcher,
    refusal_of_body,
)
from punchcard.web.own_domains import OwnDomains
from punchcard.worker.handlers import (
    ENGAGE_LANE,
    LONG_WORK_LANE,
    MAIL_LANE,
    ORDER_LANE,
    WALLET_LANES,
)
from punchcard.worker.loop import Worker
from punchcard.worker.schedule import PROCESS_TASKS, SHARED_TASKS

ROUTERS: Final[list[APIRouter]] = [
    health.router,
    docs_page.router,
    auth.router,
    passkeys.router,
    passkeys.whole_router,
    pairing.router,
    vendor_settings.router,
    users.router,
    users.former_router,
    locations.router,
    vendor_devices.router,
    api_keys.router,
    webhooks.router,
    integrations.router,
    programs.router,
    logo.router,
    promotions.router,
    automations.router,
    referrals.router,
    rewards.router,
    grants.router,
    reservations.router,
    stats.router,
    dashboard.router,
    dashboard.usage_router,
    exports.router,
    staff_report.router,
    imports.router,
    card_imports.router,
    archives.router,
    claims.router,
    receipt_keys.router,
    wallet.router,
    pins.router,
    card_merges.router,
    cards.router,
    transactions.router,
    public.router,
    card_claims.router,
    card_holders.router,
    card_holders.vendor_router,
    contact_changes.router,
    contact_changes.vendor_router,
    own_merges.router,
    own_domains.router,
    public_logo.router,
    ledger_log.router,
    apple_web_service.router,
    google_callback.router,
    hooks.router,
    google_pictures.router,
    vendors.router,
    plans.router,
    plans.usage_router,
    plans.vendor_router,
    platform_loyalty.router,
    audit.router,
    status.router,
]

FAST_ROUTES: Final = [
    *operations.ROUTES,
    *quotes.ROUTES,
    *enrolment.ROUTES,
    *grants.ROUTES,
    *reservations.ROUTES,
    *card_merges.ROUTES,
]


def create_app(
    context: Context, *, worker: Worker | None = None, process_group: ProcessGroup | None = None
) -> ASGIApp:
    """Return the server as one ASGI application.

    `worker` lives as long as the application, which closes `context` after it; without one the
    caller does (in tests). `process_group` are the server's processes; without one it is alone.
    """
    app = FastAPI(
        title="Punchcard",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        # Each thing has one address, to which `ForgivingAddresses` leads.
        redirect_slashes=False,
        lifespan=_lifespan(context, worker) if worker is not None else None,
    )
    prepare(app, context, ROUTERS, FAST_ROUTES, process_group=process_group)
    dispatcher = Dispatcher(api=app, make_pages=partial(_create_pages, context))
    # The fast routes write, and read nothing that may be old.
    told = DataAgeHeader(dispatcher) if context.database.replica is not None else dispatcher
    routes: ASGIApp = FastRoutes(told, context, FAST_ROUTES)
    origins = parse_origins(context.settings.cors_origins)
    outer: ASGIApp = OuterMiddleware(
        ForgivingAddresses(
            OwnDomains(Preflights(routes) if origins else routes, context.shop_addresses),
            names=PAGES | API,
            small_below=SMALL_BELOW,
        ),
        body_limit_bytes=context.settings.body_limit_bytes,
        file_limits=_file_limits(context.settings),
        page_refusal=refusal_of_body,
        is_https=context.settings.is_https,
        observe=RequestObserver(context.accounts.security, context.requests),
    )
    if origins:
        # Around all that answers: a page reads refusals of every layer, too.
        outer = CrossOrigin(outer, origins)
    return Traced(outer, context.tracer) if context.tracer is not None else outer


def _file_limits(settings: Settings) -> dict[str, int]:
    """Return how long the body may be at addresses that take files: the file, and its form."""
    limit_bytes = settings.import_limit_bytes + settings.body_limit_bytes
    return dict.fromkeys((card_imports.PATH, *FILE_PAGES), limit_bytes)


def _create_pages(context: Context) -> ASGIApp:
    # Imported when the first page is asked for: templates and dates are a fifth of the start.
    from punchcard.web.application import create_pages
    from punchcard.web.routers import ROUTERS as PAGE_ROUTERS

    return create_pages(context, PAGE_ROUTERS)


def create_worker(context: Context, *, does_work: bool = True) -> Worker:
    """Return the worker of a process; without `does_work` it only does its own tasks."""
    # An operator who got a certificate wrong reads so at the start, not when a customer asks.
    context.wallets.service.faults()
    if not does_work:
        return Worker(context, [], PROCESS_TASKS)
    # Without a wallet nothing follows from a change: its word waits until there is one.
    lanes = [
        *(WALLET_LANES if context.wallets.service.configured else [{}]),
        MAIL_LANE,
        LONG_WORK_LANE,
        ENGAGE_LANE,
        ORDER_LANE,
    ]
    tasks = [*PROCESS_TASKS, *SHARED_TASKS]
    return Worker(context, lanes, tasks, [context.connect.webhook_sender])


def _lifespan(
    context: Context, worker: Worker
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # Full queues before bcrypt must leave everything else the usual number of threads.
        waiting = context.accounts.password_hasher.places + context.loyalty.pin_hasher.places
        to_thread.current_default_thread_limiter().total_tokens += waiting
        worker.start()
        try:
            # Pages that are kept up to date would hold up the stop until its grace is over.
            with heard_before_stop(context.loyalty.live.end_watches):
                yield
        finally:
            worker.stop()
            context.close()

    return lifespan
