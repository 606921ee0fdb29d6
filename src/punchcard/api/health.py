"""For whoever watches the server: alive, ready, and figures for Prometheus."""

from collections.abc import Iterator
from typing import Literal

from fastapi import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from punchcard.api.deps import ContextDep
from punchcard.api.routing import api_router
from punchcard.api.shapes import Shape
from punchcard.context import Context
from punchcard.db.migrate import is_current
from punchcard.db.outbox import OutboxRow

router = api_router(tag="operations")


class Alive(Shape):
    """The process answers."""

    status: Literal["alive"] = "alive"


class Ready(Shape):
    """What the server needs to serve, part by part; ready when all are true."""

    is_ready: bool
    database: bool
    migrated: bool
    till: bool


@router.get("/healthz", summary="Is the process alive?")
def get_alive() -> Alive:
    """Answer as long as the process runs."""
    return Alive()


@router.get(
    "/readyz",
    summary="Can the server serve?",
    responses={503: {"description": "Not ready; the parts tell why.", "model": Ready}},
)
def get_ready(context: ContextDep, response: Response) -> Ready:
    """Tell whether the database answers, is migrated, and the till is running."""
    database, migrated = _look_at_database(context)
    till = context.till.is_running
    is_ready = database and migrated and till
    if not is_ready:
        response.status_code = 503
        response.headers["Retry-After"] = "5"
    return Ready(is_ready=is_ready, database=database, migrated=migrated, till=till)


@router.get("/metrics", summary="Figures for Prometheus", response_class=Response)
def get_metrics(context: ContextDep) -> Response:
    """Return the figures of this process and of the queue of work, as text."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(context))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _look_at_database(context: Context) -> tuple[bool, bool]:
    try:
        return True, is_current(context.database)
    except SQLAlchemyError:
        return False, False


class _Figures(Collector):
    """Reads the figures at the moment they are asked for."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def collect(self) -> Iterator[Metric]:
        till = self._context.till
        yield _gauge("punchcard_till_running", "1 while the till works", till.is_running)
        yield _gauge("punchcard_till_waiting", "Operations that wait for the till", till.waiting)
        counts = till.counts
        yield _gauge("punchcard_till_accepted", "Operations accepted since start", counts.accepted)
        yield _gauge("punchcard_till_refused", "Operations refused since start", counts.refused)
        yield _gauge("punchcard_till_batches", "Transactions of the till", counts.batches)
        complaints = self._context.apple_wallet.complaints
        meaning = "Lines that phones wrote to the log of Apple Wallet's service since start"
        yield _gauge("punchcard_apple_log_lines", meaning, complaints)
        outbox = GaugeMetricFamily(
            "punchcard_outbox_rows",
            "Work left by changes, by topic and status",
            None,
            ["topic", "status"],
        )
        for topic, status, number in self._outbox():
            outbox.add_metric([topic, status], number)
        yield outbox

    def _outbox(self) -> list[tuple[str, str, int]]:
        query = select(OutboxRow.topic, OutboxRow.status, func.count()).group_by(
            OutboxRow.topic, OutboxRow.status
        )
        with self._context.database.read() as session:
            return [(row[0], row[1], row[2]) for row in session.execute(query)]


def _gauge(name: str, meaning: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, meaning, value)
