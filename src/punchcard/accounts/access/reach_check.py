"""Whether phones reach the server where cards lead: one that opened a link says so."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, list_events, record_act
from punchcard.kit.ids import VendorId
from punchcard.kit.secrets import Signer
from punchcard.kit.settings import Settings

_LIFE: Final = timedelta(minutes=15)


def reach_url(settings: Settings, vendor_id: VendorId, now: datetime) -> str:
    """Return the address for a phone to open within 15 minutes, at the server's public address."""
    ticket = _signer(settings).sign({"vendor": vendor_id, "at": now.isoformat()})
    return f"{settings.base_url.rstrip('/')}/reach/{ticket}"


def note_reached(session: Session, act: Act, settings: Settings, ticket: str) -> bool:
    """Write down for the shop that a phone opened `ticket`; False if it is none, or too old.

    Once for each ticket, however often it is opened.
    """
    facts = _signer(settings).verify(ticket)
    if not facts:
        return False
    vendor_id, made_at = VendorId(facts["vendor"]), datetime.fromisoformat(facts["at"])
    if act.now > made_at + _LIFE:
        return False
    if reached_since(session, vendor_id, made_at) is None:
        record_act(session, act, "vendor.reached", of=("vendor", vendor_id), vendor_id=vendor_id)
    return True


def reached_since(session: Session, vendor_id: VendorId, since: datetime) -> datetime | None:
    """Return when a phone last said so, if that was at or after `since`."""
    found = list_events(
        session, vendor_id=vendor_id, before_id=None, limit=1, action="vendor.reached"
    )
    return found[0].created_at if found and found[0].created_at >= since else None


def _signer(settings: Settings) -> Signer:
    return Signer(settings.keys, "reach check", "")
