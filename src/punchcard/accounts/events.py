"""What happens to people and credentials that caches must know after the commit."""

from dataclasses import dataclass

from punchcard.db.events import Event
from punchcard.kit.ids import VendorId


@dataclass(frozen=True, slots=True)
class CredentialChanged(Event):
    """A session, API key or device was revoked, or may do something else now."""

    credential_id: str


@dataclass(frozen=True, slots=True)
class SubjectChanged(Event):
    """A person changed: their role, language, password or presence, and so all their sessions."""

    subject_id: str


@dataclass(frozen=True, slots=True)
class VendorChanged(Event):
    """A vendor changed: its status or language, and so what all its credentials resolve to."""

    vendor_id: VendorId
