"""From what a caller shows to who is calling, quickly: a bounded cache before the database."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import LargeBinary, Row, Select, bindparam, func, literal, or_, select, update
from sqlalchemy.orm import Session

from punchcard.accounts.access.presence import DevicePresences
from punchcard.accounts.errors import ApiKeyExpired, CredentialsInvalid, VendorSuspended
from punchcard.accounts.models import AccessToken, Admin, ApiKey, Device, User, Vendor
from punchcard.accounts.subjects import (
    ACCESS_PREFIX,
    ADMIN_PERMISSIONS,
    API_KEY_PREFIX,
    DEVICE_PERMISSIONS,
    DEVICE_PREFIX,
    ROLES,
    SCOPES,
    Subject,
)
from punchcard.accounts.vocabulary import Role, SubjectKind, VendorStatus
from punchcard.db.database import Database
from punchcard.db.types import UtcDateTime
from punchcard.kit.clock import Clock
from punchcard.kit.ids import VendorId
from punchcard.kit.refreshing_cache import RefreshingCache
from punchcard.kit.secrets import hash_token
from punchcard.kit.settings import Settings

CACHE_LIMIT: Final = 10_000
_USES_LIMIT = 100_000
_LONGEST_BEARER = 100

_Credential = type[AccessToken] | type[ApiKey] | type[Device]


class _Known(NamedTuple):
    subject: Subject
    use: tuple[_Credential, str]


class Credentials:
    """Resolves bearer tokens to subjects.

    What was found is remembered for `credential_cache_seconds` (0: not at all), so a change made
    by another process is felt that much later at most; `forget…` makes one of this process felt at
    once.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        presences: DevicePresences | None = None,
    ) -> None:
        self._database = database
        self._presences = presences or DevicePresences(database)
        self._clock = clock
        self._cache = RefreshingCache[_Known](
            clock, keep_for=timedelta(seconds=settings.credential_cache_seconds), limit=CACHE_LIMIT
        )
        self._resolution = timedelta(seconds=settings.last_used_resolution_seconds)
        self._lives = _Lives(
            idle=timedelta(minutes=settings.session_idle_minutes),
            unseen=timedelta(days=settings.terminal_unseen_days),
        )
        self._uses: dict[tuple[_Credential, str], datetime] = {}

    def resolve(self, bearer: str) -> Subject:
        """Return who shows this token; a remembered one costs a microsecond or two.

        Raises CredentialsInvalid when it is wrong, expired or revoked or its person removed, when
        the session of an owner or an admin was not used for `session_idle_minutes`, or a device
        not for `terminal_unseen_days`; ApiKeyExpired; and VendorSuspended.
        """
        return self._used(self._cache.get_or_load(bearer, lambda: self._load(bearer)))

    def resolve_cached(self, bearer: str) -> Subject | None:
        """Return who shows this token if that is remembered, None if `resolve` is to be asked.

        Never asks the database.
        """
        known = self._cache.get(bearer)
        return self._used(known) if known is not None else None

    def invalidate(self, credential_id: str) -> None:
        """Drop one access token, API key or device from the cache: call it after the commit."""
        self._forget(lambda subject: subject.credential_id == credential_id)

    def invalidate_subject(self, subject_id: str) -> None:
        """Drop everything one person, key or device showed: call it after the commit."""
        self._forget(lambda subject: subject.id == subject_id)

    def invalidate_vendor(self, vendor_id: VendorId) -> None:
        """Drop everything a vendor's people, keys and devices showed: call it after the commit."""
        self._forget(lambda subject: subject.vendor_id == vendor_id)

    def flush_last_used(self, session: Session) -> int:
        """Write down when credentials were last used, and terminals answered.

        Returns how many were looked at.

        Each is written at most once in `last_used_resolution_seconds`. The worker calls this.
        """
        uses, self._uses = self._uses, {}
        # In the order of ids, so that two processes never wait for each other crosswise.
        for (table, credential_id), used_at in sorted(
            list(uses.items()), key=lambda use: use[0][1]
        ):
            is_old = or_(
                table.last_used_at.is_(None), table.last_used_at <= used_at - self._resolution
            )
            statement = update(table).where(table.id == credential_id, is_old)
            session.execute(
                statement.values(last_used_at=used_at),
                execution_options={"synchronize_session": False},
            )
        self._presences.flush(session)
        return len(uses)

    def _forget(self, is_meant: Callable[[Subject], bool]) -> None:
        self._cache.invalidate(lambda _bearer, known: is_meant(known.subject))

    def _load(self, bearer: str) -> tuple[_Known, datetime | None]:
        query = _QUERIES.get(bearer[:3])
        if query is None or len(bearer) > _LONGEST_BEARER:
            raise CredentialsInvalid
        now = self._clock.now()
        with self._database.read_connection() as connection:
            row = connection.execute(query.select, {"hash": hash_token(bearer)}).one_or_none()
        if row is None:
            raise CredentialsInvalid
        use = (query.table, row.id)
        subject = query.read(row, now)
        # What this process saw may not be written down yet.
        used_at = max(row.used_at, self._uses.get(use, row.used_at))
        ends_at = self._lives.end(subject, expires_at=row.expires_at, used_at=used_at)
        if ends_at is not None and ends_at <= now:
            raise CredentialsInvalid
        return _Known(subject, use), ends_at

    def _used(self, known: _Known) -> Subject:
        if len(self._uses) >= _USES_LIMIT:
            self._uses = {}
        now = self._clock.now()
        self._uses[known.use] = now
        device_id = known.subject.device_id
        if device_id is not None:
            self._presences.note(device_id, now)
        return known.subject


@dataclass(frozen=True, kw_only=True)
class _Lives:
    """How long what is not used stays good; zero for as long as it was made for."""

    idle: timedelta
    unseen: timedelta

    def end(
        self, subject: Subject, *, expires_at: datetime | None, used_at: datetime
    ) -> datetime | None:
        """Return when a credential ends if it is used no more, None for never."""
        ends = [expires_at] if expires_at is not None else []
        if subject.kind == SubjectKind.DEVICE and self.unseen:
            ends.append(used_at + self.unseen)
        if has_idle_end(subject) and self.idle:
            ends.append(used_at + self.idle)
        return min(ends, default=None)


def has_idle_end(subject: Subject) -> bool:
    """Return whether the sessions of a caller end when they are not used: owners' and admins'."""
    return subject.kind == SubjectKind.ADMIN or subject.role == Role.OWNER


class _Query(NamedTuple):
    table: _Credential
    select: Select[*tuple[Any, ...]]
    read: Callable[[Row[Any], datetime], Subject]


def _read_access_token(row: Row[Any], now: datetime) -> Subject:
    if row.expires_at <= now or row.is_removed:
        raise CredentialsInvalid
    if row.admin_id is not None:
        return Subject(
            kind=SubjectKind.ADMIN,
            id=row.admin_id,
            permissions=frozenset() if row.needs_second_factor else ADMIN_PERMISSIONS,
            credential_id=row.id,
            needs_second_factor=row.needs_second_factor,
        )
    _check_vendor(row.vendor_status)
    return Subject(
        kind=SubjectKind.MEMBER,
        id=row.user_id,
        vendor_id=row.vendor_id,
        role=row.role,
        permissions=frozenset() if row.needs_second_factor else ROLES[row.role],
        language=row.language,
        country=row.country,
        credential_id=row.id,
        needs_second_factor=row.needs_second_factor,
    )


def _read_api_key(row: Row[Any], now: datetime) -> Subject:
    if row.expires_at is not None and row.expires_at <= now:
        raise ApiKeyExpired(expired_at=row.expires_at)
    _check_vendor(row.vendor_status)
    return Subject(
        kind=SubjectKind.API_KEY,
        id=row.id,
        vendor_id=row.vendor_id,
        permissions=frozenset(row.scopes).intersection(SCOPES),
        language=row.language,
        country=row.country,
        credential_id=row.id,
    )


def _read_device(row: Row[Any], _now: datetime) -> Subject:
    _check_vendor(row.vendor_status)
    return Subject(
        kind=SubjectKind.DEVICE,
        id=row.id,
        vendor_id=row.vendor_id,
        permissions=DEVICE_PERMISSIONS,
        location_id=row.location_id,
        language=row.language,
        country=row.country,
        credential_id=row.id,
    )


def _check_vendor(status: VendorStatus) -> None:
    if status == VendorStatus.SUSPENDED:
        raise VendorSuspended
    if status != VendorStatus.ACTIVE:
        raise CredentialsInvalid


_HASH = bindparam("hash", type_=LargeBinary)
_QUERIES: Final = {
    ACCESS_PREFIX: _Query(
        AccessToken,
        select(
            AccessToken.id,
            AccessToken.expires_at,
            AccessToken.needs_second_factor,
            func.coalesce(AccessToken.last_used_at, AccessToken.created_at).label("used_at"),
            AccessToken.admin_id,
            AccessToken.user_id.label("user_id"),
            User.vendor_id,
            User.role,
            func.coalesce(User.language, Vendor.language).label("language"),
            Vendor.country,
            Vendor.status.label("vendor_status"),
            or_(User.removed_at.is_not(None), Admin.removed_at.is_not(None)).label("is_removed"),
        )
        .outerjoin(User, User.id == AccessToken.user_id)
        .outerjoin(Vendor, Vendor.id == User.vendor_id)
        .outerjoin(Admin, Admin.id == AccessToken.admin_id)
        .where(AccessToken.token_hash == _HASH, AccessToken.revoked_at.is_(None)),
        _read_access_token,
    ),
    API_KEY_PREFIX: _Query(
        ApiKey,
        select(
            ApiKey.id,
            ApiKey.vendor_id,
            ApiKey.scopes,
            ApiKey.expires_at,
            ApiKey.created_at.label("used_at"),
            Vendor.language,
            Vendor.country,
            Vendor.status.label("vendor_status"),
        )
        .join(Vendor, Vendor.id == ApiKey.vendor_id)
        .where(ApiKey.key_hash == _HASH, ApiKey.revoked_at.is_(None)),
        _read_api_key,
    ),
    DEVICE_PREFIX: _Query(
        Device,
        select(
            Device.id,
            Device.vendor_id,
            Device.location_id,
            literal(None, UtcDateTime).label("expires_at"),
            func.coalesce(Device.last_used_at, Device.paired_at).label("used_at"),
            Vendor.language,
            Vendor.country,
            Vendor.status.label("vendor_status"),
        )
        .join(Vendor, Vendor.id == Device.vendor_id)
        .where(Device.token_hash == _HASH, Device.revoked_at.is_(None)),
        _read_device,
    ),
}
