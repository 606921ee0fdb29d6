"""The words that accounts are kept and spoken of in; stored, and in the HTTP contract as here."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a user of a vendor is."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"


class SubjectKind(StrEnum):
    """What a caller is; a MEMBER is a user of a vendor, a CUSTOMER the holder of a card."""

    ADMIN = "admin"
    MEMBER = "member"
    API_KEY = "api_key"
    DEVICE = "device"
    CUSTOMER = "customer"
    NOBODY = "nobody"
    SYSTEM = "system"


class VendorStatus(StrEnum):
    """Whether a vendor is in business; a closed one stays closed."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class PlanLimit(StrEnum):
    """What a plan limits; the columns of a plan bear these names."""

    CARDS = "cards"
    LOCATIONS = "locations"
    USERS = "users"
    STAFF_PINS = "staff_pins"
    PROGRAMS = "programs"
    WEBHOOK_ENDPOINTS = "webhook_endpoints"
    MAILS_PER_MONTH = "mails_per_month"


class SignInWay(StrEnum):
    """By what a person came in, as the audit trail tells it."""

    PASSWORD = "password"  # noqa: S105 a word
    PASSKEY = "passkey"
    PROVIDER = "provider"


class AddressOwner(StrEnum):
    """Whose e-mail address is confirmed."""

    CUSTOMER = "customer"
    MEMBER = "member"
    ADMIN = "admin"


class SecurityEvent(StrEnum):
    """What is written down about who did, or tried, what: the inventory of security events.

    The value is the `action` in the audit trail and the `event` in the log, and stays what it is:
    filters of operators depend on it. `docs/operations.md` has the same list; a test compares them.
    """

    SIGNED_IN = "session.opened"
    SIGN_IN_REFUSED = "session.refused"
    SESSION_ENDED = "session.revoked"
    PASSWORD_REFUSED = "password.refused"  # noqa: S105 a word
    TOKEN_REFUSED = "token.refused"  # noqa: S105 a word
    ACCESS_REFUSED = "access.refused"
    PAIRING_REFUSED = "pairing.refused"
    PIN_REFUSED = "pin.refused"
    PIN_LOCKED = "pin.locked"
    PIN_EXHAUSTED = "pin.exhausted"
    PIN_ENTRY_LOCKED = "pin_entry.locked"
    PIN_UNLOCKED = "pin.unlocked"
    PIN_CREATED = "pin.created"
    PIN_CHANGED = "pin.changed"
    PIN_RETIRED = "pin.retired"
    API_KEY_CREATED = "api_key.created"
    API_KEY_REVOKED = "api_key.revoked"
    PAIRING_CODE_CREATED = "pairing_code.created"
    DEVICE_PAIRED = "device.paired"
    DEVICE_REVOKED = "device.revoked"
    DEVICE_EXPIRED = "device.expired"
    MEMBER_CREATED = "member.created"
    MEMBER_UPDATED = "member.updated"
    MEMBER_REMOVED = "member.removed"
    MEMBER_INVITED = "member.invited"
    MEMBER_EMAIL_CHANGED = "member.email_changed"
    MEMBER_PASSWORD_CHANGED = "member.password_changed"  # noqa: S105 a word
    MEMBER_PASSWORD_RESET = "member.password_reset"  # noqa: S105 a word
    MEMBER_GUESSED_AT = "member.guessed_at"
    MEMBER_SECOND_FACTOR_ADDED = "member.second_factor_added"
    MEMBER_SECOND_FACTOR_REMOVED = "member.second_factor_removed"
    MEMBER_PASSKEY_ADDED = "member.passkey_added"
    MEMBER_PASSKEY_REMOVED = "member.passkey_removed"
    MEMBER_IDENTITY_LINKED = "member.identity_linked"
    MEMBER_IDENTITY_REMOVED = "member.identity_removed"
    MEMBER_RECOVERY_CODES_RENEWED = "member.recovery_codes_renewed"
    ADMIN_CREATED = "admin.created"
    ADMIN_EMAIL_CHANGED = "admin.email_changed"
    ADMIN_PASSWORD_CHANGED = "admin.password_changed"  # noqa: S105 a word
    ADMIN_PASSWORD_RESET = "admin.password_reset"  # noqa: S105 a word
    ADMIN_GUESSED_AT = "admin.guessed_at"
    ADMIN_SECOND_FACTOR_ADDED = "admin.second_factor_added"
    ADMIN_SECOND_FACTOR_REMOVED = "admin.second_factor_removed"
    ADMIN_PASSKEY_ADDED = "admin.passkey_added"
    ADMIN_PASSKEY_REMOVED = "admin.passkey_removed"
    ADMIN_IDENTITY_LINKED = "admin.identity_linked"
    ADMIN_IDENTITY_REMOVED = "admin.identity_removed"
    ADMIN_RECOVERY_CODES_RENEWED = "admin.recovery_codes_renewed"
    EXPORT_TAKEN = "export.taken"
    PERSONAL_DATA_READ = "personal_data.read"
    CUSTOMER_CONTACT_CHANGED = "customer.contact_changed"
    CUSTOMER_CONTACT_RESTORED = "customer.contact_restored"
    CUSTOMER_ERASED = "customer.erased"
    VENDOR_UPDATED = "vendor.updated"
    VENDOR_CREATED = "vendor.created"
    VENDOR_SUSPENDED = "vendor.suspended"
    VENDOR_RESUMED = "vendor.resumed"
    VENDOR_CLOSED = "vendor.closed"
    PROGRAM_UPDATED = "program.updated"
    KEYS_ROTATED = "keys.rotated"
    KEYS_RETIRED = "keys.retired"
    KEYS_RENEWED = "keys.renewed"

    @property
    def sentence(self) -> str:
        """Return what it means, in English: the line of the inventory."""
        return _SENTENCES[self]

    @property
    def is_refusal(self) -> bool:
        """Return whether somebody was turned away: a warning in the log."""
        return self in _REFUSALS


_SENTENCES: Final[Mapping[SecurityEvent, str]] = {
    SecurityEvent.SIGNED_IN: "A person or an admin signed in.",
    SecurityEvent.SIGN_IN_REFUSED: "Somebody was refused at the sign-in, by password or by second"
    " factor; `account` is a keyed digest of the address that was typed.",
    SecurityEvent.SESSION_ENDED: "A session was ended by its person, or by a change of password.",
    SecurityEvent.PASSWORD_REFUSED: "The password asked again in a session was wrong.",
    SecurityEvent.TOKEN_REFUSED: "A token, key or terminal was shown that is forged, expired or"
    " revoked.",
    SecurityEvent.ACCESS_REFUSED: "A known caller asked for what their role, scope or shop does"
    " not allow, or a form came from another site.",
    SecurityEvent.PAIRING_REFUSED: "A pairing code was typed that is not good.",
    SecurityEvent.PIN_REFUSED: "A wrong staff PIN was typed.",
    SecurityEvent.PIN_LOCKED: "Wrong PINs locked a person at the till.",
    SecurityEvent.PIN_EXHAUSTED: "So many wrong PINs came in that the PIN has to be given anew.",
    SecurityEvent.PIN_ENTRY_LOCKED: "Wrong PINs locked the entry of PINs on a terminal or key.",
    SecurityEvent.PIN_UNLOCKED: "A manager unlocked a staff PIN.",
    SecurityEvent.PIN_CREATED: "A staff PIN was given.",
    SecurityEvent.PIN_CHANGED: "A staff PIN was changed.",
    SecurityEvent.PIN_RETIRED: "A staff PIN was retired.",
    SecurityEvent.API_KEY_CREATED: "An API key was made.",
    SecurityEvent.API_KEY_REVOKED: "An API key was revoked.",
    SecurityEvent.PAIRING_CODE_CREATED: "A code to pair a terminal was made.",
    SecurityEvent.DEVICE_PAIRED: "A terminal was paired.",
    SecurityEvent.DEVICE_REVOKED: "A terminal was unpaired.",
    SecurityEvent.DEVICE_EXPIRED: "A terminal was unpaired because it was not seen for long.",
    SecurityEvent.MEMBER_CREATED: "A person was added to a shop.",
    SecurityEvent.MEMBER_UPDATED: "A person's name or role was changed.",
    SecurityEvent.MEMBER_REMOVED: "A person was removed from a shop.",
    SecurityEvent.MEMBER_INVITED: "A person was sent their invitation again.",
    SecurityEvent.MEMBER_EMAIL_CHANGED: "A person signs in with another address.",
    SecurityEvent.MEMBER_PASSWORD_CHANGED: "A person's password was changed.",
    SecurityEvent.MEMBER_PASSWORD_RESET: "A person set a password by a link in a mail.",
    SecurityEvent.MEMBER_GUESSED_AT: "Somebody keeps typing wrong passwords for a person.",
    SecurityEvent.MEMBER_SECOND_FACTOR_ADDED: "A person set a second factor up.",
    SecurityEvent.MEMBER_SECOND_FACTOR_REMOVED: "The second factor of a person was removed.",
    SecurityEvent.MEMBER_PASSKEY_ADDED: "A person added a passkey.",
    SecurityEvent.MEMBER_PASSKEY_REMOVED: "A person removed a passkey.",
    SecurityEvent.MEMBER_IDENTITY_LINKED: "A person linked their account at the provider.",
    SecurityEvent.MEMBER_IDENTITY_REMOVED: "A person removed their account at the provider.",
    SecurityEvent.MEMBER_RECOVERY_CODES_RENEWED: "A person made new recovery codes.",
    SecurityEvent.ADMIN_CREATED: "An admin of the platform was added.",
    SecurityEvent.ADMIN_EMAIL_CHANGED: "An admin signs in with another address.",
    SecurityEvent.ADMIN_PASSWORD_CHANGED: "An admin's password was changed.",
    SecurityEvent.ADMIN_PASSWORD_RESET: "An admin set a password by a link in a mail.",
    SecurityEvent.ADMIN_GUESSED_AT: "Somebody keeps typing wrong passwords for an admin.",
    SecurityEvent.ADMIN_SECOND_FACTOR_ADDED: "An admin set a second factor up.",
    SecurityEvent.ADMIN_SECOND_FACTOR_REMOVED: "The second factor of an admin was removed.",
    SecurityEvent.ADMIN_PASSKEY_ADDED: "An admin added a passkey.",
    SecurityEvent.ADMIN_PASSKEY_REMOVED: "An admin removed a passkey.",
    SecurityEvent.ADMIN_IDENTITY_LINKED: "An admin linked their account at the provider.",
    SecurityEvent.ADMIN_IDENTITY_REMOVED: "An admin removed their account at the provider.",
    SecurityEvent.ADMIN_RECOVERY_CODES_RENEWED: "An admin made new recovery codes.",
    SecurityEvent.EXPORT_TAKEN: "A list or a customer's data was taken away: which, in which"
    " format, how many rows.",
    SecurityEvent.PERSONAL_DATA_READ: "Contact data of customers was looked at; counted for each"
    " caller and hour.",
    SecurityEvent.CUSTOMER_CONTACT_CHANGED: "A customer confirmed a new address for their cards.",
    SecurityEvent.CUSTOMER_CONTACT_RESTORED: "A customer took a change of their contact back.",
    SecurityEvent.CUSTOMER_ERASED: "A customer's data was deleted.",
    SecurityEvent.VENDOR_UPDATED: "A shop's settings were changed.",
    SecurityEvent.VENDOR_CREATED: "A shop was opened.",
    SecurityEvent.VENDOR_SUSPENDED: "A shop was suspended.",
    SecurityEvent.VENDOR_RESUMED: "A suspended shop was resumed.",
    SecurityEvent.VENDOR_CLOSED: "A shop was closed for good.",
    SecurityEvent.PROGRAM_UPDATED: "A program's settings were changed, its PIN policy among them.",
    SecurityEvent.KEYS_ROTATED: "The secret key or the PIN pepper of the server was changed.",
    SecurityEvent.KEYS_RETIRED: "An old key of the server is no longer accepted.",
    SecurityEvent.KEYS_RENEWED: "The secrets of the server were lost, and others took their place.",
}

_REFUSALS: Final = frozenset(
    {
        SecurityEvent.SIGN_IN_REFUSED,
        SecurityEvent.PASSWORD_REFUSED,
        SecurityEvent.TOKEN_REFUSED,
        SecurityEvent.ACCESS_REFUSED,
        SecurityEvent.PAIRING_REFUSED,
        SecurityEvent.PIN_REFUSED,
        SecurityEvent.PIN_LOCKED,
        SecurityEvent.PIN_EXHAUSTED,
        SecurityEvent.PIN_ENTRY_LOCKED,
    }
)

EVENTS_BY_ACTION: Final[Mapping[str, SecurityEvent]] = {str(one): one for one in SecurityEvent}
"""Each event by its action: whatever of these stands in the audit trail is a security event."""

SECURITY: Final = "security"
"""Asks lists of the audit trail for all security events, in the place of one action."""
