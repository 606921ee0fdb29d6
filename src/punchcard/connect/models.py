"""Tables of webhook endpoints and of what is sent to them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.connect.vocabulary import DeliveryState, DisabledReason, EndpointStatus
from punchcard.db.base import Base
from punchcard.db.types import EnumText, Json, UtcDateTime, one_of
from punchcard.kit.ids import (
    VendorEventId,
    VendorId,
    WebhookDeliveryId,
    WebhookEndpointId,
)


class WebhookEndpoint(Base):
    """Where a vendor wants to be told what happens.

    An empty list of `types` stands for every type, also those to come. `former_secret_sealed` signs
    beside the secret in use until `former_secret_until`. `failing_since` is the first failed
    attempt after the last that succeeded; nothing is sent before `paused_until`. A deleted one goes
    once its deliveries are gone.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        one_of("status", EndpointStatus),
        one_of("disabled_reason", DisabledReason),
        Index("ix_webhook_endpoints_vendor_id", "vendor_id", "id"),
    )

    id: Mapped[WebhookEndpointId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str] = mapped_column(String(200))
    types: Mapped[list[str]] = mapped_column(Json)
    status: Mapped[EndpointStatus] = mapped_column(EnumText(EndpointStatus))
    disabled_reason: Mapped[DisabledReason | None] = mapped_column(EnumText(DisabledReason))
    secret_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    former_secret_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    former_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WebhookDelivery(Base):
    """One event on its way to one endpoint: at most one of each.

    `attempts` counts those begun, that in hand too. `due_at` is when the next one is, while it
    waits. `answer` is the beginning of what the receiver said last, `error` why there was none.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        one_of("state", DeliveryState),
        Index("uq_webhook_deliveries_event_id_endpoint_id", "event_id", "endpoint_id", unique=True),
        Index("ix_webhook_deliveries_endpoint_id_id", "endpoint_id", "id"),
        Index("ix_webhook_deliveries_due", "endpoint_id", "state", "due_at"),
        Index("ix_webhook_deliveries_lease", "state", "lease_until"),
        Index("ix_webhook_deliveries_created_at", "created_at"),
    )

    id: Mapped[WebhookDeliveryId] = mapped_column(primary_key=True)
    endpoint_id: Mapped[WebhookEndpointId] = mapped_column(ForeignKey("webhook_endpoints.id"))
    event_id: Mapped[VendorEventId] = mapped_column(ForeignKey("vendor_events.id"))
    state: Mapped[DeliveryState] = mapped_column(EnumText(DeliveryState))
    attempts: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    status_code: Mapped[int | None]
    answer: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(String(300))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
