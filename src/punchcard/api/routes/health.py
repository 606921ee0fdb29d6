"""For anyone who watches the server: alive, ready, and figures for Prometheus."""

import hmac
import ipaddress
from enum import StrEnum
from typing import Literal

from fastapi import Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from punchcard.accounts.errors import CredentialsInvalid, CredentialsMissing
from punchcard.api.http.dependencies import ContextDep
from punchcard.api.http.openapi import problems
from punchcard.api.http.routing import api_router
from punchcard.api.metrics.process_group import ProcessGroup
from punchcard.api.metrics.telling import tell
from punchcard.api.schemas.fields import Schema
from punchcard.db.readiness import Found
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_
from punchcard.kit.settings import Settings

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
    filled with. `code` names the first part that is not true. `worker_age_seconds` is how long ago
    the slowest thread of this process's worker looked for work, null until it has; it says nothing
    of whether the server is ready, since customers and tills are served without it.
    """

    is_ready: bool
    code: NotReady | None
    database: bool
    migrated: bool
    secrets: bool
    storage: bool
    till: bool
    worker_age_seconds: float | None


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
        worker_age_seconds=max(context.work.ages().values(), default=None),
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
async def get_metrics(request: Request, context: ContextDep) -> Response:
    """Return the figures of every process of this server, and of the queues they share, as text.

    Those of the queues are left out while the database does not answer in time.
    """
    group: ProcessGroup = request.app.state.process_group
    return Response(await tell(context, group), media_type=CONTENT_TYPE_LATEST)


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
