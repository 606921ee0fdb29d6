"""What happens to people and credentials that caches must know after the commit."""

from dataclasses import dataclass

from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.db.events import Event
from punchcard.kit.ids import VendorId
from punchcard.kit.security.request_origin import RequestOrigin


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


@dataclass(frozen=True, slots=True)
class DomainsChanged(Event):
    """A domain of a shop's own came into use, or is in use no more."""


@dataclass(frozen=True, slots=True)
class SecurityEventKept(Event):
    """A security event stands in the audit trail.

    `actor` and `of`, what was acted upon, are `kind:id`.
    """

    event: SecurityEvent
    origin: RequestOrigin
    actor: str
    of: str
    vendor_id: VendorId | None
