"""What `punchcard doctor` says of the integrations of shops: those whose orders are refused."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from punchcard.cli.doctors.findings import Finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.kit.settings import Settings

_DAYS: Final = 7
_LATE_MINUTES: Final = 15


def look_at_integrations(connection: "Connection", settings: "Settings") -> Finding:
    """Return how many are active, what failed of late, and what the worker has not come to."""
    from sqlalchemy import func, select

    from punchcard.connect.integrations.models import Integration, IntegrationEvent
    from punchcard.connect.integrations.vocabulary import (
        IntegrationEventState,
        IntegrationStatus,
    )

    now = datetime.now(UTC)
    is_active = Integration.status == IntegrationStatus.ACTIVE
    is_late = IntegrationEvent.received_at < now - timedelta(minutes=_LATE_MINUTES)
    is_new = IntegrationEvent.received_at >= now - timedelta(days=_DAYS)
    waits = IntegrationEvent.state == IntegrationEventState.WAITING
    has_failed = IntegrationEvent.state == IntegrationEventState.FAILED
    theirs = select(func.count()).where(is_active, Integration.deleted_at.is_(None))
    events = select(
        func.count().filter(has_failed & is_new), func.count().filter(waits & is_late)
    ).join(Integration, Integration.id == IntegrationEvent.integration_id)
    active = int(connection.scalar(theirs) or 0)
    failed, late = (
        int(count)
        for count in connection.execute(
            events.where(is_active, Integration.deleted_at.is_(None))
        ).one()
    )
    told = f"Integrations of shops: {active}, events refused in {_DAYS} days: {failed}."
    if late:
        told += f" {late} wait for more than {_LATE_MINUTES} minutes: does a worker run?"
    if not failed and not late:
        return Finding("integrations", "ok", told)
    return Finding(
        "integrations", "warning", f"{told} Shops see why under Integrations in the console."
    )
