"""Figures that are the same for every process: of queues and the log, read from the database."""

from dataclasses import dataclass

from punchcard.connect.webhooks.delivery_queue import WebhookBacklog, webhook_backlog
from punchcard.db.database import Database
from punchcard.db.watch.backlog import Backlog, backlog_of
from punchcard.loyalty.transparency.log_status import Anchored, anchored


@dataclass(frozen=True, kw_only=True)
class SharedFigures:
    """What waits in the outbox and for webhooks, and how far the ledger is anchored."""

    backlog: Backlog
    webhooks: WebhookBacklog
    anchored: Anchored | None


def read_backlog(database: Database) -> Backlog:
    """Read what waits in the outbox. Raises what the database raises."""
    with database.read_connection() as connection:
        return backlog_of(connection)


def read_shared_figures(database: Database) -> SharedFigures:
    """Read them all over one connection. Raises what the database raises."""
    with database.read_connection() as connection:
        return SharedFigures(
            backlog=backlog_of(connection),
            webhooks=webhook_backlog(connection),
            anchored=anchored(connection),
        )
