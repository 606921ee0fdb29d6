"""What is said about the audit trail."""

from typing import Annotated, Any

from fastapi import Depends, Query

from punchcard.accounts.models import AuditEvent, AuditOrigin
from punchcard.accounts.vocabulary import SECURITY
from punchcard.accounts.words import ACTIONS
from punchcard.api.schemas.fields import IdOf, Moment, Schema
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import VendorId


class ActorSchema(Schema):
    """Who did something."""

    kind: str
    id: str | None


class AuditedSchema(Schema):
    """What was acted upon."""

    kind: str
    id: str


class OriginSchema(Schema):
    """Where a security event came from, for as long as that is kept (`ORIGIN_DAYS`).

    `address`: of IPv6 the network.
    """

    address: str
    user_agent: str | None


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
    origin: OriginSchema | None
    created_at: Moment


async def read_action(
    action: Annotated[
        str | None,
        Query(
            max_length=64,
            description="Only events of this action, such as `pin.locked`; `security` stands for"
            " all security events.",
        ),
    ] = None,
) -> str | None:
    """Read `action`. Raises InvalidInput for a word that is none."""
    if action is not None and action != SECURITY and action not in ACTIONS:
        raise invalid_field("query", "action", message=N_("There is no such action."))
    return action


ActionDep = Annotated[str | None, Depends(read_action)]


def audit_event_schema(row: AuditEvent, origin: AuditOrigin | None) -> AuditEventSchema:
    """Return an event as it is told."""
    seen = OriginSchema(address=origin.address, user_agent=origin.user_agent) if origin else None
    return AuditEventSchema(
        id=row.id,
        vendor_id=row.vendor_id,
        actor=ActorSchema(kind=row.actor_kind, id=row.actor_id),
        action=row.action,
        subject=AuditedSchema(kind=row.subject_kind, id=row.subject_id),
        old=row.old,
        new=row.new,
        request_id=row.request_id,
        origin=seen,
        created_at=row.created_at,
    )
