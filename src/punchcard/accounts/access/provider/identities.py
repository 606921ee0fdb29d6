"""People's accounts at the operator's identity provider: linked, signed in by, and removed."""

from dataclasses import dataclass

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.accounts.access.factor_rows import changed, owned, owner_columns
from punchcard.accounts.access.opening.session_opener import SessionOpener, SignedIn, SignInOrigin
from punchcard.accounts.access.people import load_person
from punchcard.accounts.access.provider.authorization import (
    AuthorizationFlow,
    AuthorizationRequest,
    AuthorizationResponse,
    AuthorizationResult,
)
from punchcard.accounts.access.provider.errors import (
    IdentityNotAllowed,
    IdentityNotLinked,
    IdentityNotYours,
    ProviderAnswerInvalid,
    ProviderAway,
    ProviderNotSet,
)
from punchcard.accounts.access.provider.id_token import SKEW, ProviderAccount
from punchcard.accounts.access.provider.identity_models import LinkedIdentity
from punchcard.accounts.access.provider.offers import IdentityOffer, IdentityOffers
from punchcard.accounts.access.provider.rules import ProviderRules
from punchcard.accounts.access.rate_limit import PublicLimits
from punchcard.accounts.access.second_factor import SecondFactors
from punchcard.accounts.access.session_service import (
    confirm_session,
    revoke_all_sessions,
    revoke_other_sessions,
)
from punchcard.accounts.audit_service import Act
from punchcard.accounts.errors import ConfirmationIncomplete, TooManyRequests
from punchcard.accounts.models import Admin, User
from punchcard.accounts.security.event_counter import SecurityEventCounter
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SecurityEvent, SignInWay
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import Ids
from punchcard.kit.security.request_origin import counted_address, request_origin
from punchcard.kit.validation.contacts import email_forms


@dataclass(frozen=True, kw_only=True)
class ProviderSignIn:
    """What came of a request: one of the three is set, none of them where it confirmed a session.

    `challenge` asks for a second factor, as after a password; `offer` is for an account that nobody
    has linked: the browser keeps it until its person has signed in.
    """

    wanted: str
    signed_in: SignedIn | None = None
    challenge: str | None = None
    offer: str | None = None


class Identities:
    """Signs people in by the provider, and links and removes their accounts there.

    Nobody is let in by an address: only by an account that they have linked themselves, in a
    session. Like SignIn it opens its own transactions, none of them while the provider is asked.
    """

    def __init__(
        self,
        *,
        database: Database,
        flow: AuthorizationFlow,
        rules: ProviderRules,
        offers: IdentityOffers,
        opener: SessionOpener,
        second_factors: SecondFactors,
        limits: PublicLimits,
        security: SecurityEventCounter,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._database = database
        self._flow = flow
        self._rules = rules
        self._offers = offers
        self._opener = opener
        self._second_factors = second_factors
        self._limits = limits
        self._security = security
        self._clock = clock
        self._ids = ids

    @property
    def provider_name(self) -> str | None:
        """Return what the provider is called on buttons, None while there is none."""
        return self._rules.name if self._flow.is_set else None

    def begin(
        self, *, network: str, wanted: str, confirms: Subject | None = None
    ) -> AuthorizationRequest:
        """Begin a request to the provider, from which one comes back to `wanted`.

        `confirms` is who is to show once more who they are. Raises ProviderNotSet, ProviderAway,
        TooManyRequests.
        """
        self._limits.sign_ins.take(counted_address(network))
        session_id = confirms.credential_id if confirms is not None else None
        return self._flow.begin(wanted=wanted, confirms=session_id)

    def come_back(
        self, kept: str, answer: AuthorizationResponse, *, origin: SignInOrigin, subject: Subject
    ) -> ProviderSignIn:
        """Read what a browser brought back, and let its person in, if they have linked the account.

        `subject` is who is signed in there already. Raises ProviderAnswerInvalid, ProviderDeclined,
        ProviderAway, IdentityNotAllowed, TooManyRequests, VendorSuspended; ConfirmationIncomplete
        where a session was to be confirmed and a second factor is missing.
        """
        self._limits.sign_ins.take(counted_address(origin.network))
        try:
            back = self._flow.finish(kept, answer)
            if back.confirms is not None:
                self._confirm(back, subject)
                return ProviderSignIn(wanted=back.wanted)
            return self._let_in(back, origin)
        except (ProviderAway, ProviderNotSet, TooManyRequests, ConfirmationIncomplete):
            raise
        except DomainError as refusal:
            event = SecurityEvent.SIGN_IN_REFUSED
            self._security.note(event, request_origin.get(), actor=subject, refusal=refusal.code)
            raise

    def offered(self, token: str | None) -> IdentityOffer | None:
        """Return the account that a browser may link, None for what is forged or too old."""
        return self._offers.read(token) if token else None

    def find(self, subject: Subject) -> LinkedIdentity | None:
        """Return the account that the caller has linked. Raises NotAllowed for who is no person."""
        with self._database.read() as session:
            return self.linked_to(session, load_person(session, subject))

    def linked_to(self, session: Session, person: User | Admin) -> LinkedIdentity | None:
        """Return the account that a person has linked at the provider that is set up now."""
        row = _own(session, person)
        return row if row is not None and self._flow.is_of(row.issuer) else None

    def may_link(self, subject: Subject) -> bool:
        """Return whether the caller may sign in by the provider."""
        with self._database.read() as session:
            return self._rules.may(load_person(session, subject))

    def link(self, subject: Subject, token: str, *, request_id: str | None) -> None:
        """Link the account that was offered to the caller; a mail tells them.

        The provider must have confirmed the address that they have here. Raises
        ProviderAnswerInvalid for an offer that is over, IdentityNotYours, IdentityNotAllowed.
        """
        offer = self._offers.read(token)
        if offer is None:
            raise ProviderAnswerInvalid
        act = self._act(subject, request_id)
        with self._database.write() as session:
            person = load_person(session, subject)
            if not self._rules.may(person):
                raise IdentityNotAllowed
            is_linked = self.linked_to(session, person) is not None
            if person.email not in email_forms(offer.email) or is_linked:
                raise IdentityNotYours
            _forget_unused(session, offer, person)
            session.add(
                LinkedIdentity(
                    id=act.ids.new_id(),
                    **owner_columns(person),
                    issuer=offer.issuer,
                    subject=offer.subject,
                    email=offer.email,
                    created_at=act.now,
                    asked_at=offer.asked_at,
                )
            )
            try:
                session.flush()
            except IntegrityError:
                raise IdentityNotYours from None
            told = {"email": offer.email}
            self._second_factors.note(session, act, person, "identity_linked", new=told)

    def remove(self, subject: Subject, *, request_id: str | None) -> None:
        """Remove the caller's linked account; their other sessions end. Raises IdentityNotLinked.

        Their password goes on working.
        """
        act = self._act(subject, request_id)
        with self._database.write() as session:
            self._remove(session, act, load_person(session, subject))
            revoke_other_sessions(session, act)

    def reset(self, session: Session, act: Act, person: User | Admin) -> None:
        """Remove somebody else's linked account; all their sessions end, and a mail tells them.

        Raises IdentityNotLinked.
        """
        self._remove(session, act, person)
        revoke_all_sessions(session, act, person)

    def farewell(self) -> str | None:
        """Return where one is signed out at the provider too, None if that is not to be had."""
        return self._flow.farewell()

    def _let_in(self, back: AuthorizationResult, origin: SignInOrigin) -> ProviderSignIn:
        account = back.account
        if not self._rules.takes_address(account.email, is_verified=account.is_verified):
            raise IdentityNotAllowed
        person = self._use(back)
        if person is None:
            if account.email is None or not account.is_verified:
                raise IdentityNotAllowed
            return ProviderSignIn(
                wanted=back.wanted, offer=self._offers.issue(account, back.asked_at)
            )
        has_second_factor = self._rules.has_second_factor(account.amr, account.acr)
        with self._database.read() as session:
            is_asked = not has_second_factor and self._second_factors.has_one(session, person)
        if is_asked:
            challenge = self._second_factors.challenge(person, way=SignInWay.PROVIDER)
            return ProviderSignIn(wanted=back.wanted, challenge=challenge)
        signed_in = self._opener.open(
            person, origin, way=SignInWay.PROVIDER, has_second_factor=has_second_factor
        )
        return ProviderSignIn(wanted=back.wanted, signed_in=signed_in)

    def _confirm(self, back: AuthorizationResult, subject: Subject) -> None:
        """Confirm the session from which the request began. Raises ConfirmationIncomplete."""
        account = back.account
        shown_at = account.authenticated_at
        # The provider was told to ask anew; one that does not say when it did has not.
        if shown_at is None or shown_at < back.asked_at - SKEW:
            raise ProviderAnswerInvalid
        if back.confirms != subject.credential_id:
            raise ProviderAnswerInvalid
        person = self._use(back)
        if person is None or person.id != subject.id:
            raise ProviderAnswerInvalid
        has_second_factor = self._rules.has_second_factor(account.amr, account.acr)
        with self._database.write() as session:
            if not has_second_factor and self._second_factors.has_one(session, person):
                challenge = self._second_factors.challenge(person, way=SignInWay.PROVIDER)
                raise ConfirmationIncomplete(challenge=challenge)
            confirm_session(session, subject, self._clock.now())

    def _use(self, back: AuthorizationResult) -> User | Admin | None:
        """Return who has linked the account; of two answers to one request the second gets nothing.

        None for an account that nobody has. Raises ProviderAnswerInvalid, IdentityNotAllowed.
        """
        with self._database.write() as session:
            row = _find(session, back.account)
            person = _person_of(session, row) if row is not None else None
            if row is None or person is None:
                return None
            if not self._rules.may(person):
                raise IdentityNotAllowed
            now = self._clock.now()
            # One that was asked later than now was asked before the clock was put back.
            is_newer = or_(LinkedIdentity.asked_at < back.asked_at, LinkedIdentity.asked_at > now)
            unused = update(LinkedIdentity).where(LinkedIdentity.id == row.id, is_newer)
            values = {"asked_at": back.asked_at, "last_used_at": now}
            if not changed(session, unused.values(**values)):
                raise ProviderAnswerInvalid
            return person

    def _remove(self, session: Session, act: Act, person: User | Admin) -> None:
        row = _own(session, person)
        if row is None:
            raise IdentityNotLinked
        session.delete(row)
        told = {"email": row.email}
        self._second_factors.note(session, act, person, "identity_removed", old=told)

    def _act(self, subject: Subject, request_id: str | None) -> Act:
        now = self._clock.now()
        return Act(subject=subject, now=now, ids=self._ids, request_id=request_id)


def _own(session: Session, person: User | Admin) -> LinkedIdentity | None:
    return session.scalar(select(LinkedIdentity).where(owned(LinkedIdentity, person)))


def _find(session: Session, account: ProviderAccount | IdentityOffer) -> LinkedIdentity | None:
    query = select(LinkedIdentity).where(
        LinkedIdentity.issuer == account.issuer, LinkedIdentity.subject == account.subject
    )
    return session.scalar(query)


def _person_of(session: Session, row: LinkedIdentity) -> User | Admin | None:
    """Return whose account it is, None for somebody who was removed."""
    person: User | Admin | None
    if row.user_id is not None:
        person = session.get(User, row.user_id)
    else:
        person = session.get(Admin, row.admin_id)
    return person if person is not None and person.removed_at is None else None


def _forget_unused(session: Session, offer: IdentityOffer, person: User | Admin) -> None:
    """Make room for an account: of one who is no longer here, or at a provider of before."""
    row = _find(session, offer)
    is_free = row is not None and _person_of(session, row) is None
    for unused in (row if is_free else None, _own(session, person)):
        if unused is not None:
            session.delete(unused)
    session.flush()
