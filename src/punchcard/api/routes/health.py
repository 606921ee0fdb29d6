"""For anyone who watches the server: alive, ready, and figures for Prometheus."""

import hmac
import ipaddress
from collections.abc import Iterator
from enum import StrEnum
from typing import Literal

from fastapi import Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from punchcard.accounts.errors import CredentialsInvalid, CredentialsMissing
from punchcard.api.http.dependencies import ContextDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.schemas.fields import Schema
from punchcard.context import Context
from punchcard.db.outbox import Backlog
from punchcard.db.readiness import Found
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.settings import Settings
from punchcard.loyalty.transparency.log_status import Anchored

router = api_router(tag="operations")


class Alive(Schema):
    """The process answers."""

    status: Literal["alive"] = "alive"


class NotReady(StrEnum):
    """Why the server is not ready."""

    DATABASE_UNAVAILABLE = "database_unavailable"
    DATABASE_NOT_MIGRATED = "database_not_migrated"
    DATABASE_NEWER = "database_newer"
    SECRETS_FOREIGN = "secrets_foreign"
    STORAGE_NOT_WRITABLE = "storage_not_writable"
    TILL_STOPPED = "till_stopped"


class Ready(Schema):
    """What the server needs to serve, part by part; ready when all are true.

    `storage`: what is written is kept. `secrets`: those that are set are the ones the database was
    filled with. `code` names the first part that is not true.
    """

    is_ready: bool
    code: NotReady | None
    database: bool
    migrated: bool
    secrets: bool
    storage: bool
    till: bool


@router.get("/healthz", summary="Is the process alive?")
async def get_alive() -> Alive:
    """Answer as long as the process runs, also while every thread waits for the database."""
    return Alive()


@router.get(
    "/readyz",
    summary="Can the server serve?",
    responses={503: {"description": "Not ready; the parts tell why.", "model": Ready}},
)
async def get_ready(context: ContextDep, response: Response) -> Ready:
    """Return whether the database answers, is migrated and can be written, and the till runs.

    Answers within a time of its own, also while the database hangs.
    """
    found = await context.readiness.ask()
    till = context.loyalty.till.is_running
    code = _first_missing(found, till=till)
    if code is not None:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return Ready(
        is_ready=code is None,
        code=code,
        database=found.answers,
        migrated=found.is_migrated,
        secrets=found.has_its_secrets,
        storage=found.is_writable,
        till=till,
    )


class MetricsClosed(DomainError):
    """Figures are asked for from another machine, and no token is set that would open them."""

    code = "metrics_closed"
    kind = Kind.FORBIDDEN
    sentence = N_("The figures are shown to this machine only. Set METRICS_TOKEN to open them.")


async def check_metrics_caller(request: Request, context: ContextDep) -> None:
    """Let a caller with the token through, or, where none is set, one of this machine.

    Raises CredentialsMissing, CredentialsInvalid, MetricsClosed.
    """
    settings = context.settings
    if not settings.metrics_token:
        if not _is_of_this_machine(request, settings):
            raise MetricsClosed
        return
    scheme, _, shown = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not shown:
        raise CredentialsMissing
    wanted = settings.metrics_token.encode()
    if not hmac.compare_digest(shown.strip().encode("utf-8", "replace"), wanted):
        request.state.token_refused = True
        raise CredentialsInvalid


def _is_of_this_machine(request: Request, settings: Settings) -> bool:
    if settings.trusted_proxies.strip() == "*":
        # Then anybody may say that they are.
        return False
    host = request.client.host if request.client else ""
    try:
        return not host or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses=problems(401, 403),
    dependencies=[Depends(check_metrics_caller)],
)
async def get_metrics(context: ContextDep) -> Response:
    """Return the figures of this process and of the queue of work, as text.

    Those of the queue are left out while the database does not answer in time.
    """
    try:
        backlog = await context.outbox_look.ask()
        anchored = None if backlog is None else await context.log_look.ask()
    except SQLAlchemyError:
        backlog = anchored = None
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(context, backlog, anchored))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _first_missing(found: Found, *, till: bool) -> NotReady | None:
    parts = {
        NotReady.DATABASE_UNAVAILABLE: found.answers,
        NotReady.DATABASE_NEWER: not found.is_newer,
        NotReady.DATABASE_NOT_MIGRATED: found.is_migrated,
        NotReady.SECRETS_FOREIGN: found.has_its_secrets,
        NotReady.STORAGE_NOT_WRITABLE: found.is_writable,
        NotReady.TILL_STOPPED: till,
    }
    return next((code for code, is_there in parts.items() if not is_there), None)


class _Figures(Collector):
    """Reads the figures at the moment they are asked for."""

    def __init__(
        self, context: Context, backlog: Backlog | None, anchored: Anchored | None
    ) -> None:
        self._context = context
        self._backlog = backlog
        self._anchored = anchored

    def collect(self) -> Iterator[Metric]:
        till = self._context.loyalty.till
        yield _gauge("punchcard_till_running", "1 while the till works", till.is_running)
        yield _gauge("punchcard_till_waiting", "Operations that wait for the till", till.waiting)
        counts = till.counts
        yield _gauge("punchcard_till_accepted", "Operations accepted since start", counts.accepted)
        yield _gauge("punchcard_till_refused", "Operations refused since start", counts.refused)
        failed = "Operations that were told to come back: busy, or nothing could be written"
        yield _gauge("punchcard_till_failed", failed, counts.failed)
        is_writable = self._context.database.writes.failure is None
        written = "0 after a write that failed for want of storage, until one succeeds"
        yield _gauge("punchcard_storage_writable", written, is_writable)
        replica = self._context.database.replica
        if replica is not None and (lag := replica.lag_seconds) is not None:
            behind = "How old what the replica for reads shows may be; absent while it is not known"
            yield _gauge("punchcard_replica_lag_seconds", behind, lag)
        yield _gauge("punchcard_till_batches", "Transactions of the till", counts.batches)
        complaints = self._context.wallets.apple.complaints
        meaning = "Lines that phones wrote to the log of Apple Wallet's service since start"
        yield _gauge("punchcard_apple_log_lines", meaning, complaints)
        answers = "1 if the database answered in time to be asked for the figures below"
        yield _gauge("punchcard_database_answers", answers, self._backlog is not None)
        outbox = GaugeMetricFamily(
            "punchcard_outbox_rows",
            "Work left by changes, by topic and status",
            None,
            ["topic", "status"],
        )
        for topic, status, number in self._backlog or ():
            outbox.add_metric([topic, status], number)
        yield outbox
        if self._anchored is not None:
            age = (self._context.clock.now() - self._anchored.made_at).total_seconds()
            meaning = "Seconds since the newest checkpoint of the ledger was signed"
            yield _gauge("punchcard_checkpoint_age_seconds", meaning, age)
            covered = "Entries that the newest checkpoint covers"
            yield _gauge("punchcard_checkpoint_entries", covered, self._anchored.entries)


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value)
