"""What every service is built on."""

from dataclasses import dataclass

from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.settings import Settings
from punchcard.kit.tracing.spans import Tracer


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What all services are built on."""

    settings: Settings
    clock: Clock
    ids: Ids
    database: Database
    tracer: Tracer | None = None
