"""What is said about the audit trail."""

from typing import Any

from punchcard.accounts.models import AuditEvent
from punchcard.api.schemas.fields import IdOf, Moment, Schema
from punchcard.kit.ids import VendorId


class ActorSchema(Schema):
    """Who did something."""

    kind: str
    id: str | None


class AuditedSchema(Schema):
    """What was acted upon."""

    kind: str
    id: str


class AuditEventSchema(Schema):
    """Who changed what, with the old and the new values."""

    id: IdOf[str]
    vendor_id: IdOf[VendorId] | None
    actor: ActorSchema
    action: str
    subject: AuditedSchema
    old: dict[str, Any] | None
    new: dict[str, Any] | None
    request_id: str | None
    created_at: Moment


def audit_event_schema(row: AuditEvent) -> AuditEventSchema:
    """Return an event as it is told."""
    return AuditEventSchema(
        id=row.id,
        vendor_id=row.vendor_id,
        actor=ActorSchema(kind=row.actor_kind, id=row.actor_id),
        action=row.action,
        subject=AuditedSchema(kind=row.subject_kind, id=row.subject_id),
        old=row.old,
        new=row.new,
        request_id=row.request_id,
        created_at=row.created_at,
    )
