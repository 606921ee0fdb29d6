"""The audit trail of locks: whose PIN was guessed at, and with which credential."""

from sqlalchemy import Connection, insert

from punchcard.accounts.audit_service import Act, keep_origin
from punchcard.accounts.models import AuditEvent
from punchcard.kit.clock import to_rfc3339
from punchcard.kit.ids import StaffPinId
from punchcard.loyalty.staff.pin_lockout import FailedAttempt


def record_lock(
    connection: Connection, act: Act, pin_id: StaffPinId | None, miss: FailedAttempt
) -> None:
    """Record that a wrong PIN locked a person, or (None) PIN entry on the credential itself.

    Who acted is the credential that the PIN was typed with.
    """
    action = "pin.locked" if pin_id else "pin_entry.locked"
    if miss.exhausted_at is not None:
        action = "pin.exhausted"
    until = to_rfc3339(miss.locked_until) if miss.locked_until else None
    kind, named = ("staff_pin", pin_id) if pin_id else (act.subject.kind, act.subject.id)
    event_id = act.ids.new_id()
    connection.execute(
        insert(AuditEvent).values(
            id=event_id,
            vendor_id=act.subject.vendor_id,
            actor_kind=act.subject.kind,
            actor_id=act.subject.id,
            action=action,
            subject_kind=kind,
            subject_id=named,
            new={"locked_until": until, "locks": miss.locks},
            created_at=act.now,
        )
    )
    keep_origin(connection, act, action, event_id=event_id, of=f"{kind}:{named}")
