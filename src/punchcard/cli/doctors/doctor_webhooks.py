"""What `punchcard doctor` says of the webhooks of shops: those that nobody takes any more."""

from typing import TYPE_CHECKING

from punchcard.cli.doctors.findings import Finding

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from punchcard.kit.settings import Settings


def look_at_webhooks(connection: "Connection", settings: "Settings") -> Finding:
    """Return how many endpoints work, how many fail, and how many were given up for it."""
    from sqlalchemy import func, select

    from punchcard.connect.models import WebhookEndpoint
    from punchcard.connect.vocabulary import DisabledReason, EndpointStatus

    active = WebhookEndpoint.status == EndpointStatus.ACTIVE
    is_given_up = WebhookEndpoint.disabled_reason.in_((DisabledReason.GONE, DisabledReason.FAILING))
    counted = [
        func.count().filter(condition)
        for condition in (active, active & WebhookEndpoint.failing_since.is_not(None), is_given_up)
    ]
    query = select(*counted).where(WebhookEndpoint.deleted_at.is_(None))
    working, failing, given_up = (int(count) for count in connection.execute(query).one())
    told = f"Endpoints of shops: {working}, failing: {failing}, given up: {given_up}."
    if not failing and not given_up:
        return Finding("webhooks", "ok", told)
    advice = "Shops see why under Webhooks in the console."
    if failing > working // 2:
        advice += " If most fail, look whether this server may open connections outwards."
    return Finding("webhooks", "warning", f"{told} {advice}")
