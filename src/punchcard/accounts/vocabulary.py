"""The words that accounts are kept and spoken of in; stored, and in the HTTP contract as here."""

from enum import StrEnum


class Role(StrEnum):
    """What a user of a vendor is."""

    OWNER = "owner"
    MANAGER = "manager"
    STAFF = "staff"


class SubjectKind(StrEnum):
    """What a caller is; a MEMBER is a user of a vendor."""

    ADMIN = "admin"
    MEMBER = "member"
    API_KEY = "api_key"
    DEVICE = "device"
    NOBODY = "nobody"
    SYSTEM = "system"


class VendorStatus(StrEnum):
    """Whether a vendor is in business; a closed one stays closed."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class AddressOwner(StrEnum):
    """Whose e-mail address is confirmed."""

    CUSTOMER = "customer"
    MEMBER = "member"
    ADMIN = "admin"
