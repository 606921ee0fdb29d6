"""Tables of vendors, people, credentials, customers and the audit trail."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.accounts.vocabulary import Role, SubjectKind, VendorStatus
from punchcard.db.base import Base
from punchcard.db.types import EnumText, Id, Json, UtcDateTime, one_of
from punchcard.kit.ids import (
    AdminId,
    ApiKeyId,
    CustomerId,
    DeviceId,
    LocationId,
    ProgramId,
    SessionId,
    UserId,
    VendorId,
)
from punchcard.kit.money import minor_digits


class Vendor(Base):
    """A shop or chain: the tenant that everything else belongs to."""

    __tablename__ = "vendors"
    __table_args__ = (one_of("status", VendorStatus),)

    id: Mapped[VendorId] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    currency: Mapped[str] = mapped_column(String(3))
    timezone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(2))
    # ISO 3166-1: where phone numbers that are typed without a country code are from.
    country: Mapped[str | None] = mapped_column(String(2))
    # Where answers to the vendor's mails go; None: to the sender's address.
    reply_to: Mapped[str | None] = mapped_column(String(254))
    status: Mapped[VendorStatus] = mapped_column(
        EnumText(VendorStatus), default=VendorStatus.ACTIVE
    )
    keeps_origins: Mapped[bool] = mapped_column(default=False)
    # Whether what happens is written down for the vendor's own software.
    keeps_events: Mapped[bool] = mapped_column(default=False, server_default=false())
    managers_need_second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def minor_digits(self) -> int:
        """Return how many digits of amounts in the vendor's currency are minor units."""
        return minor_digits(self.currency)


class SlugOwner(StrEnum):
    """What bears a short name."""

    PROGRAM = "program"
    VENDOR = "vendor"


class RetiredSlug(Base):
    """A short name that a vendor or program had before: it leads on, and stays its vendor's.

    It may be printed on posters. `subject_id` is what it named; None once that is deleted.
    """

    __tablename__ = "retired_slugs"
    __table_args__ = (one_of("kind", SlugOwner),)

    kind: Mapped[SlugOwner] = mapped_column(EnumText(SlugOwner), primary_key=True)
    slug: Mapped[str] = mapped_column(String(63), primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    subject_id: Mapped[ProgramId | VendorId | None] = mapped_column(Id, index=True)
    retired_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Location(Base):
    """One place where a vendor serves customers.

    Its coordinates (degrees, WGS 84) are both there or neither: wallets show a card near them.
    """

    __tablename__ = "locations"

    id: Mapped[LocationId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str | None] = mapped_column(String(300))
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class User(Base):
    """A person who signs in for one vendor, with a role there.

    Stored data and the HTTP contract still say "member": the table and its columns, the actions of
    the audit trail (`member.created`), the kind of an actor and error codes. They are kept, since a
    ledger's hashes and other software depend on them. In the code and on the pages a member is
    who holds a card.
    """

    __tablename__ = "members"
    __table_args__ = (
        one_of("role", Role),
        Index("uq_members_vendor_id_address", "vendor_id", "address", unique=True),
    )

    id: Mapped[UserId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    # The address once it is confirmed, which one person on the server has; until then nobody's.
    confirmed_email: Mapped[str] = mapped_column("email", String(254), unique=True)
    email: Mapped[str] = mapped_column(
        "address", String(254), index=True, server_default=text("''")
    )
    name: Mapped[str] = mapped_column(String(120))
    role: Mapped[Role] = mapped_column(EnumText(Role))
    language: Mapped[str | None] = mapped_column(String(2))
    password_hash: Mapped[str] = mapped_column(String(80))
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_confirmed(self) -> bool:
        """Return whether the person has shown that the address is theirs."""
        return self.confirmed_email == self.email


class Admin(Base):
    """A person who runs the platform; has no vendor's till."""

    __tablename__ = "admins"

    id: Mapped[AdminId] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str] = mapped_column(String(80))
    signed_in_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def is_confirmed(self) -> bool:
        """Return True: an operator has vouched for the address."""
        return True


class AccessToken(Base):
    """One signed-in session of a user or an admin."""

    __tablename__ = "access_tokens"
    __table_args__ = (
        CheckConstraint("(member_id IS NULL) <> (admin_id IS NULL)", name="one_person"),
    )

    id: Mapped[SessionId] = mapped_column(primary_key=True)
    user_id: Mapped[UserId | None] = mapped_column(
        "member_id", ForeignKey("members.id"), index=True
    )
    admin_id: Mapped[AdminId | None] = mapped_column(ForeignKey("admins.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_agent: Mapped[str | None] = mapped_column(String(200))
    # A /24 or /48, where the shop keeps from where things come.
    network: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    # Nothing but setting a second factor up is allowed in it, since the operator wants one.
    needs_second_factor: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When its person last typed their password in it; None while they did so only to sign in.
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class FormDraft(Base):
    """What someone typed into a form while their session ended, until they are back.

    `owner` is a mark of the person (`web/drafts/form_tokens.py`) that tells nobody who it is.
    """

    __tablename__ = "form_drafts"

    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    owner: Mapped[str] = mapped_column(String(32), index=True)
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class ApiKey(Base):
    """A credential of a vendor's own software."""

    __tablename__ = "api_keys"

    id: Mapped[ApiKeyId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    prefix: Mapped[str] = mapped_column(String(12))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    scopes: Mapped[list[str]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Device(Base):
    """A paired terminal at one location."""

    __tablename__ = "devices"

    id: Mapped[DeviceId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), index=True)
    location_id: Mapped[LocationId | None] = mapped_column(ForeignKey("locations.id"))
    name: Mapped[str] = mapped_column(String(120))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    paired_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DevicePresence(Base):
    """A span of time in which a terminal was answered again and again: it had its line.

    Two answers lie less than `presence.SILENCE` apart. The first span of a terminal ends when it
    was paired, and has no beginning that matters: nothing before was done with it.
    """

    __tablename__ = "device_presences"

    device_id: Mapped[DeviceId] = mapped_column(ForeignKey("devices.id"), primary_key=True)
    began_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class PairingCode(Base):
    """A code that pairs one device, once, within minutes."""

    __tablename__ = "pairing_codes"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    location_id: Mapped[LocationId | None] = mapped_column(ForeignKey("locations.id"))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Throttle(Base):
    """Failures counted against one key (an address that signs in, a terminal that types PINs).

    `locks` says how often a terminal was locked without a quiet day in between.
    """

    __tablename__ = "throttles"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    failures: Mapped[int]
    locks: Mapped[int] = mapped_column(default=0, server_default="0")
    blocked_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


_VERIFIED = text("is_verified AND erased_at IS NULL")


class Customer(Base):
    """Whom a card belongs to, as far as they told; erased on request, the ledger stays."""

    __tablename__ = "customers"
    __table_args__ = (
        # One customer per verified contact. An unverified one may be anybody's, so it may repeat.
        Index(
            "uq_customers_verified_email",
            "vendor_id",
            "email",
            unique=True,
            postgresql_where=_VERIFIED,
            sqlite_where=_VERIFIED,
        ),
        Index(
            "uq_customers_verified_phone",
            "vendor_id",
            "phone",
            unique=True,
            postgresql_where=_VERIFIED,
            sqlite_where=_VERIFIED,
        ),
        Index("ix_customers_vendor_id_email", "vendor_id", "email"),
        Index("ix_customers_vendor_id_phone", "vendor_id", "phone"),
        Index("ix_customers_vendor_id_name", "vendor_id", "name_folded"),
    )

    id: Mapped[CustomerId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    name: Mapped[str | None] = mapped_column(String(300))
    name_folded: Mapped[str | None] = mapped_column(String(600))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    birthday: Mapped[str | None] = mapped_column(String(5))
    # When it was told: what is given on birthdays asks that it was not for this one.
    birthday_set_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    locale: Mapped[str | None] = mapped_column(String(2))
    marketing_consent: Mapped[bool] = mapped_column(default=False)
    marketing_consent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    terms_accepted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    is_verified: Mapped[bool] = mapped_column(default=False)
    email_verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def accepts_news(self) -> bool:
        """Return whether news may be sent: they agreed, and the address has proved to be theirs."""
        return self.marketing_consent and self.email_verified_at is not None


class AuditEvent(Base):
    """Who changed what, with old and new values; append-only by trigger, never a secret."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_vendor_id_id", "vendor_id", "id"),
        Index("ix_audit_events_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    vendor_id: Mapped[VendorId | None] = mapped_column(ForeignKey("vendors.id"))
    actor_kind: Mapped[SubjectKind] = mapped_column(EnumText(SubjectKind))
    actor_id: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    old: Mapped[dict[str, Any] | None] = mapped_column(Json)
    new: Mapped[dict[str, Any] | None] = mapped_column(Json)
    request_id: Mapped[str | None] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditOrigin(Base):
    """Where a security event of the audit trail came from; forgotten after ORIGIN_DAYS.

    The address is as it is counted: of IPv6 only the network.
    """

    __tablename__ = "audit_origins"

    event_id: Mapped[str] = mapped_column(Id, ForeignKey("audit_events.id"), primary_key=True)
    address: Mapped[str] = mapped_column(String(64))
    user_agent: Mapped[str | None] = mapped_column(String(200))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class IdempotencyRecord(Base):
    """The answer once given under a key to a change that writes no ledger entry.

    The body is sealed: some answers hold a secret that is shown once.
    """

    __tablename__ = "idempotency_records"

    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32))
    status: Mapped[int]
    body_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class OutgoingMail(Base):
    """A mail that is still to be sent, sealed: it holds an address and often a link that opens."""

    __tablename__ = "outgoing_mails"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    content_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
