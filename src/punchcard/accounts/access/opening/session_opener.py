"""Opening a session for a person who has shown who they are, by whichever way."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from punchcard.accounts.access.attempts import Attempt, Attempts
from punchcard.accounts.access.hashing import password_marks
from punchcard.accounts.access.known_browsers import KnownBrowsers
from punchcard.accounts.access.notices import AccountNotices
from punchcard.accounts.access.provider.errors import ProviderRequired
from punchcard.accounts.access.provider.rules import ProviderRules
from punchcard.accounts.access.second_factor import SecondFactors
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import CredentialsInvalid, VendorSuspended
from punchcard.accounts.models import AccessToken, Admin, User, Vendor
from punchcard.accounts.subjects import ACCESS_PREFIX, ADMIN_PERMISSIONS, ROLES, Subject
from punchcard.accounts.vocabulary import SignInWay, SubjectKind, VendorStatus
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids, SessionId
from punchcard.kit.secrets import hash_token
from punchcard.kit.security.request_origin import coarse_network
from punchcard.kit.settings import Settings
from punchcard.kit.validation.contacts import email_forms

_USER_AGENT_CHARACTERS = 200


@dataclass(frozen=True, kw_only=True)
class SignInOrigin:
    """Where a sign-in comes from.

    `network` is the address of who asks, empty when unknown; `known` what the browser keeps from an
    earlier sign-in, see KnownBrowsers; `vouched_email` the address that the operator's identity
    provider has just confirmed in this browser.
    """

    network: str
    user_agent: str | None
    request_id: str | None
    known: str | None = None
    vouched_email: str | None = None


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A new session: the token is shown once. `known` is what the browser is to keep."""

    access_token: str
    expires_at: datetime
    subject: Subject
    known: str


class SessionOpener:
    """Opens sessions, each in a transaction of its own."""

    def __init__(
        self,
        *,
        database: Database,
        attempts: Attempts,
        known_browsers: KnownBrowsers,
        notices: AccountNotices,
        second_factors: SecondFactors,
        provider_rules: ProviderRules,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._database = database
        self._attempts = attempts
        self._known_browsers = known_browsers
        self._notices = notices
        self._second_factors = second_factors
        self._provider_rules = provider_rules
        self._clock = clock
        self._ids = ids
        self._session_time = timedelta(hours=settings.access_token_hours)

    def require_way(self, person: User | Admin, way: SignInWay, origin: SignInOrigin) -> None:
        """Let on whoever may come in by this way. Raises ProviderRequired.

        Who must come by the provider may show a password beside it, to link their account.
        """
        if way is SignInWay.PROVIDER or not self._provider_rules.must(person):
            return
        if origin.vouched_email is None or person.email not in email_forms(origin.vouched_email):
            raise ProviderRequired

    def open(
        self,
        person: User | Admin,
        origin: SignInOrigin,
        *,
        way: SignInWay,
        has_second_factor: bool,
        attempt: Attempt | None = None,
    ) -> SignedIn:
        """Open a session; `attempt` is what a password was counted with, and is forgotten.

        `has_second_factor`: they have shown one as well. Who must have one and has shown none can
        do nothing in the session but set it up. Raises ProviderRequired, VendorSuspended, and
        CredentialsInvalid for who changed meanwhile.
        """
        self.require_way(person, way, origin)
        now = self._clock.now()
        token = ACCESS_PREFIX + self._ids.new_token()
        is_known = self._known_browsers.find(person, origin.known) is not None
        with self._database.write() as session:
            if attempt is not None:
                self._attempts.forget(session, attempt)
            row = self._new_row(person, token, origin, now)
            held = _hold_unchanged(session, person)
            subject = _signed_in(session, held, row.id)
            if not has_second_factor and self._second_factors.is_required(session, held):
                row.needs_second_factor = True
                subject = replace(subject, permissions=frozenset(), needs_second_factor=True)
            if _keeps_origins(session, held):
                row.network = coarse_network(origin.network)
            if held.signed_in_at is not None and not is_known and held.is_confirmed:
                self._notices.tell_of_new_browser(session, held, origin.user_agent)
            held.signed_in_at = now
            session.add(row)
            session.flush()
            act = Act(subject=subject, now=now, ids=self._ids, request_id=origin.request_id)
            _record_opened(session, act, row, way)
        return SignedIn(
            access_token=token,
            expires_at=row.expires_at,
            subject=subject,
            known=self._known_browsers.issue(person, origin.known),
        )

    def _new_row(
        self, person: User | Admin, token: str, origin: SignInOrigin, now: datetime
    ) -> AccessToken:
        return AccessToken(
            id=self._ids.new_id(),
            user_id=person.id if isinstance(person, User) else None,
            admin_id=person.id if isinstance(person, Admin) else None,
            token_hash=hash_token(token),
            user_agent=(origin.user_agent or "")[:_USER_AGENT_CHARACTERS] or None,
            created_at=now,
            expires_at=now + self._session_time,
        )


def _record_opened(session: Session, act: Act, row: AccessToken, way: SignInWay) -> None:
    record_act(
        session,
        act,
        "session.opened",
        of=("session", row.id),
        vendor_id=act.subject.vendor_id,
        new={"way": way.value},
    )


def _hold_unchanged(session: Session, person: User | Admin) -> User | Admin:
    """Return the person's row, held, unless the person changed while bcrypt ran."""
    now_stored = session.merge(person, load=False)
    session.refresh(now_stored, with_for_update=True)
    is_same = password_marks(now_stored.password_hash)[0] == password_marks(person.password_hash)[0]
    if now_stored.removed_at is not None or not is_same:
        raise CredentialsInvalid
    return now_stored


def _keeps_origins(session: Session, person: User | Admin) -> bool:
    """Return whether it is kept from where a person signs in: as the shop says of its entries."""
    return isinstance(person, Admin) or session.get_one(Vendor, person.vendor_id).keeps_origins


def _signed_in(session: Session, person: User | Admin, session_id: SessionId) -> Subject:
    """Return the subject of a new session."""
    if isinstance(person, Admin):
        return Subject(
            kind=SubjectKind.ADMIN,
            id=person.id,
            permissions=ADMIN_PERMISSIONS,
            credential_id=session_id,
        )
    vendor = session.get_one(Vendor, person.vendor_id)
    if vendor.status == VendorStatus.SUSPENDED:
        raise VendorSuspended
    if vendor.status == VendorStatus.CLOSED:
        raise CredentialsInvalid
    return Subject(
        kind=SubjectKind.MEMBER,
        id=person.id,
        vendor_id=vendor.id,
        role=person.role,
        permissions=ROLES[person.role],
        language=person.language or vendor.language,
        credential_id=session_id,
    )
