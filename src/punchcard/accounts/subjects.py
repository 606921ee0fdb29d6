"""Who is calling, and what that allows: permissions, roles and scopes, written once."""

from dataclasses import dataclass
from typing import Final

from punchcard.accounts.vocabulary import Role, SubjectKind
from punchcard.kit.ids import DeviceId, LocationId, VendorId

LOYALTY_READ: Final = "loyalty:read"
LOYALTY_OPERATE: Final = "loyalty:operate"
LOYALTY_MANAGE: Final = "loyalty:manage"
VENDOR_MANAGE: Final = "vendor:manage"
VENDOR_OWN: Final = "vendor:own"
PLATFORM_ADMIN: Final = "platform:admin"

SCOPES: Final = (LOYALTY_READ, LOYALTY_OPERATE, LOYALTY_MANAGE)
"""What an API key can be given."""

_STAFF = frozenset({LOYALTY_READ, LOYALTY_OPERATE})
_MANAGER = _STAFF | {LOYALTY_MANAGE, VENDOR_MANAGE}
ROLES: Final[dict[Role, frozenset[str]]] = {
    Role.OWNER: _MANAGER | {VENDOR_OWN},
    Role.MANAGER: _MANAGER,
    Role.STAFF: _STAFF,
}
DEVICE_PERMISSIONS: Final = frozenset({LOYALTY_OPERATE})
ADMIN_PERMISSIONS: Final = frozenset({PLATFORM_ADMIN})


@dataclass(frozen=True, slots=True)
class Subject:
    """One caller. `id` names the person, key or device; `credential_id` what they showed.

    `country` is the vendor's: where phone numbers without a country code are from.
    """

    kind: SubjectKind
    id: str | None = None
    vendor_id: VendorId | None = None
    role: Role | None = None
    permissions: frozenset[str] = frozenset()
    location_id: LocationId | None = None
    language: str | None = None
    country: str | None = None
    credential_id: str | None = None
    needs_second_factor: bool = False
    """Whether they may do nothing yet but set a second factor up."""

    @property
    def device_id(self) -> DeviceId | None:
        """Return the terminal that is calling, None when it is not one."""
        return DeviceId(self.id) if self.kind == SubjectKind.DEVICE and self.id else None

    @property
    def called(self) -> str:
        """Return what the log calls the caller: `kind:id`, or only the kind of who has no id."""
        return f"{self.kind}:{self.id}" if self.id else str(self.kind)

    def may(self, *any_of: str) -> bool:
        """Return whether the caller has at least one of these permissions."""
        return not self.permissions.isdisjoint(any_of)


def is_by_till(subject: Subject) -> bool:
    """Return whether what a caller of a shop asks wants a person behind it, as at the till.

    Who may manage answers for it without a PIN.
    """
    return subject.vendor_id is not None and not subject.may(LOYALTY_MANAGE)


NOBODY: Final = Subject(kind=SubjectKind.NOBODY)
"""A visitor who showed no credential."""

SYSTEM: Final = Subject(kind=SubjectKind.SYSTEM)
"""The server itself: the command line on the operator's machine, and the worker."""


@dataclass(frozen=True, slots=True)
class AccessRule:
    """Who may use a route, of the API or of the pages."""

    any_of: frozenset[str] = frozenset()
    is_public: bool = False
    is_for_people: bool = False

    def allows(self, subject: Subject) -> bool:
        """Return whether the caller may use the route."""
        if self.is_public:
            return True
        if subject.kind == SubjectKind.NOBODY:
            return False
        if self.is_for_people and subject.kind not in (SubjectKind.MEMBER, SubjectKind.ADMIN):
            return False
        return not self.any_of or subject.may(*self.any_of)


PUBLIC: Final = AccessRule(is_public=True)
SIGNED_IN: Final = AccessRule()
PERSON: Final = AccessRule(is_for_people=True)
"""Members and admins: who signed in with a password, unlike API keys and devices."""

MAY_OWN: Final = AccessRule(frozenset({VENDOR_OWN}))
MAY_MANAGE_VENDOR: Final = AccessRule(frozenset({VENDOR_MANAGE}))
MAY_READ: Final = AccessRule(frozenset({LOYALTY_READ}))
MAY_OPERATE: Final = AccessRule(frozenset({LOYALTY_OPERATE}))
MAY_MANAGE: Final = AccessRule(frozenset({LOYALTY_MANAGE}))
MAY_ADMINISTER: Final = AccessRule(frozenset({PLATFORM_ADMIN}))


ACCESS_PREFIX: Final = "at_"


API_KEY_PREFIX: Final = "pk_"


DEVICE_PREFIX: Final = "dt_"
