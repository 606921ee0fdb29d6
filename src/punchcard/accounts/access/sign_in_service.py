"""Signing in by e-mail address and password."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import update

from punchcard.accounts import checks
from punchcard.accounts.access.attempts import Attempt, Attempts, address_of
from punchcard.accounts.access.guessable_passwords import refuse_guessable
from punchcard.accounts.access.hashing import Hasher, nobodys_hash, password_bytes
from punchcard.accounts.access.known_browsers import KnownBrowsers
from punchcard.accounts.access.notices import AccountNotices
from punchcard.accounts.access.opening.session_opener import SessionOpener, SignedIn, SignInOrigin
from punchcard.accounts.access.passkeys import Passkeys
from punchcard.accounts.access.people import (
    KeptPassword,
    find_passwords,
    known_names,
    load_person,
)
from punchcard.accounts.access.rate_limit import PublicLimits
from punchcard.accounts.access.relying_party import Credential
from punchcard.accounts.access.second_factor import AnsweredChallenge, SecondFactors
from punchcard.accounts.access.session_service import confirm_session, set_password
from punchcard.accounts.audit_service import Act
from punchcard.accounts.errors import (
    ChallengeInvalid,
    ConfirmationIncomplete,
    CredentialsInvalid,
    LinkInvalid,
    PasswordWrong,
    SecondFactorRequired,
)
from punchcard.accounts.models import Admin, User
from punchcard.accounts.security.event_counter import SecurityEventCounter
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SecurityEvent, SignInWay
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.security.request_origin import counted_address, request_origin
from punchcard.kit.settings import Settings


class SignIn:
    """Checks passwords.

    It opens its own transactions, because a check is four steps: take a place in the queue for
    bcrypt, count the attempt and commit, run bcrypt outside of any transaction, then write down
    what came of it. Who gets no place has cost nothing, and is not counted.
    """

    def __init__(
        self,
        *,
        database: Database,
        hasher: Hasher,
        limits: PublicLimits,
        security: SecurityEventCounter,
        attempts: Attempts,
        known_browsers: KnownBrowsers,
        notices: AccountNotices,
        second_factors: SecondFactors,
        passkeys: Passkeys,
        opener: SessionOpener,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._database = database
        self._hasher = hasher
        self._limits = limits
        self._security = security
        self._attempts = attempts
        self._known_browsers = known_browsers
        self._notices = notices
        self._second_factors = second_factors
        self._passkeys = passkeys
        self._opener = opener
        self._clock = clock
        self._ids = ids
        self._cost = settings.password_bcrypt_cost
        # Nobody's hash: an unknown address costs the same time as a known one.
        self._nobodys_hash = nobodys_hash(self._cost)

    def sign_in(self, email: str, password: str, *, origin: SignInOrigin) -> SignedIn:
        """Open a session for the person with this address and password.

        Raises TooManyRequests for who asks too often, before anything is done; CredentialsInvalid,
        the same and as slowly for an unknown address; TooManyRequests after repeated failures;
        HasherBusy; and when the password was right VendorSuspended, or ProviderRequired for who
        must come by the operator's identity provider.
        """
        caller = counted_address(origin.network)
        self._limits.sign_ins.take(caller)
        with self._hasher.place(caller):
            with self._database.read() as session:
                holder, claims = find_passwords(session, email)
            attempt = self._count([holder] if holder is not None else claims, email, origin)
            kept = self._whose_password(holder, claims, password)
            person = self._load(kept)
            if kept is not None:
                self._hash_anew(kept, password)
        if person is None:
            self._note_refused(email)
            if attempt.begins_pause:
                with self._database.write() as session:
                    told = holder.load(session) if holder is not None else None
                    self._notices.tell_of_guesses(session, told, email, origin.request_id)
            raise CredentialsInvalid
        if kept is not holder and len(claims) + (holder is not None) > 1:
            # Any owner may add someone with this address, and would guess without a pause.
            attempt = replace(attempt, is_of_another=True)
        self._opener.require_way(person, SignInWay.PASSWORD, origin)
        with self._database.read() as session:
            has_second_factor = self._second_factors.has_one(session, person)
        if not has_second_factor:
            return self._opener.open(
                person, origin, way=SignInWay.PASSWORD, has_second_factor=False, attempt=attempt
            )
        with self._database.write() as session:
            self._attempts.forget(session, attempt)
        raise SecondFactorRequired(challenge=self._second_factors.challenge(person))

    def sign_in_with_second_factor(
        self, challenge: str, code: str, *, origin: SignInOrigin
    ) -> SignedIn:
        """Open a session for whom `sign_in` has sent away with a challenge, if the code is right.

        Raises ChallengeInvalid for one that is over, SecondFactorInvalid,
        TooManyRequests, VendorSuspended.
        """
        return self._opened(origin, lambda: self._second_factors.answer(challenge, code))

    def sign_in_with_passkey(
        self, token: str, credential: Credential, *, origin: SignInOrigin
    ) -> SignedIn:
        """Open a session for whom `sign_in` has sent away, if their passkey signed what was asked.

        `token` is of `Passkeys.ask`. Raises ChallengeInvalid, PasskeyInvalid, TooManyRequests,
        VendorSuspended.
        """
        return self._opened(origin, lambda: self._passkeys.answer(token, credential))

    def sign_in_with_passkey_alone(
        self, token: str, credential: Credential, *, origin: SignInOrigin
    ) -> SignedIn:
        """Open a session for whose passkey signed, on a device that made sure of its person.

        `token` is of `Passkeys.ask_anybody`; raises like `sign_in_with_passkey`.
        """
        return self._opened(origin, lambda: self._passkeys.answer_alone(token, credential))

    def change_password(
        self, subject: Subject, *, current: str, new: str, request_id: str | None
    ) -> None:
        """Set the caller's own password and end their other sessions.

        Raises PasswordWrong, InvalidInput for one that is too short or easy to guess,
        TooManyRequests after repeated failures, HasherBusy, and NotAllowed for callers that have no
        password.
        """
        with self._database.read() as session:
            names = known_names(session, load_person(session, subject))
        checks.password("new_password", new)
        refuse_guessable("new_password", new, names)
        attempt = self._confirm(subject, current)
        hashed = self.hash_password(new, caller=subject.id)
        act = Act(subject=subject, now=self._clock.now(), ids=self._ids, request_id=request_id)
        with self._database.write() as session:
            self._attempts.forget(session, attempt)
            person = load_person(session, subject)
            set_password(session, act, person, hashed)
            if not self._second_factors.has_one(session, person):
                confirm_session(session, subject, act.now)

    def check_password(self, subject: Subject, current: str) -> str | None:
        """Let a caller through who knows their own password; raises like `change_password`.

        That confirms the session, unless they have a second factor: returns the challenge for it.
        """
        attempt = self._confirm(subject, current)
        with self._database.write() as session:
            self._attempts.forget(session, attempt)
            person = load_person(session, subject)
            if self._second_factors.has_one(session, person):
                return self._second_factors.challenge(person)
            confirm_session(session, subject, self._clock.now())
        return None

    def confirm_password(self, subject: Subject, current: str) -> None:
        """Confirm the caller's session by their own password; raises like `change_password`.

        For `confirm_minutes` they are not asked again. Raises ConfirmationIncomplete, with a
        challenge, for who has a second factor.
        """
        challenge = self.check_password(subject, current)
        if challenge is not None:
            raise ConfirmationIncomplete(challenge=challenge)

    def confirm_second_factor(self, subject: Subject, challenge: str, code: str) -> None:
        """Confirm the session of whom `confirm_password` has asked, if the code is right.

        Raises ChallengeInvalid, SecondFactorInvalid, TooManyRequests.
        """
        self._confirm_as(subject, lambda: self._second_factors.answer(challenge, code))

    def confirm_passkey(self, subject: Subject, token: str, credential: Credential) -> None:
        """Confirm the session by what a passkey signed; raises like `sign_in_with_passkey`."""
        self._confirm_as(subject, lambda: self._passkeys.answer(token, credential))

    def hash_password(
        self,
        password: str,
        field: str = "password",
        *,
        caller: str | None = None,
        names: list[str] | None = None,
    ) -> str:
        """Return the hash to store of a new password; call it outside of transactions.

        `caller` is who has a share of the queue for it, see `Hasher.place`; `names` are what others
        know of whose password it is to be. Raises InvalidInput for a password that is too short,
        too long or easy to guess, HasherBusy, TooManyRequests.
        """
        plain = password_bytes(checks.password(field, password))
        refuse_guessable(field, password, names or [])
        return self._hasher.hash(plain, self._cost, caller=caller)

    def remember_browser(self, subject: Subject, shown: str | None) -> str:
        """Return what the browser of a signed-in person is to keep: after a new password, anew."""
        with self._database.read() as session:
            return self._known_browsers.issue(load_person(session, subject), shown)

    def _opened(self, origin: SignInOrigin, answer: Callable[[], AnsweredChallenge]) -> SignedIn:
        """Open the session of whoever answers a challenge; counts them before anything is read."""
        self._limits.sign_ins.take(counted_address(origin.network))
        person, way = _answered(answer)
        return self._opener.open(person, origin, way=way, has_second_factor=True)

    def _confirm_as(self, subject: Subject, answer: Callable[[], AnsweredChallenge]) -> None:
        """Confirm the session, if whoever answers the challenge is the caller."""
        if _answered(answer).person.id != subject.id:
            raise ChallengeInvalid
        with self._database.write() as session:
            confirm_session(session, subject, self._clock.now())

    def _confirm(self, subject: Subject, current: str) -> Attempt:
        with self._database.read() as session:
            person = load_person(session, subject)
        with self._hasher.place(subject.id):
            counted = subject.credential_id or person.id
            with self._database.write() as session:
                attempt = self._attempts.count_in_session(session, counted, now=self._clock.now())
            plain = password_bytes(current)
            is_right = self._hasher.verify_in_place(plain, person.password_hash, cost=self._cost)
            if is_right:
                self._hash_anew(KeptPassword.of(person), current)
        if not is_right:
            event = SecurityEvent.PASSWORD_REFUSED
            self._security.note(event, request_origin.get(), actor=subject)
            raise PasswordWrong
        return attempt

    def _hash_anew(self, kept: KeptPassword, password: str) -> None:
        """Keep a right password at the cost that is set now, for who holds a place.

        It stays the same password: no session, link or known browser ends. Only who knows it could
        feel that it takes longer, once.
        """
        plain, before = password_bytes(password), kept.password_hash
        hashed = self._hasher.hash_anew_in_place(plain, before, cost=self._cost)
        if hashed is None:
            return
        table = kept.table
        unchanged = update(table).where(table.id == kept.id, table.password_hash == before)
        with self._database.write() as session:
            session.execute(unchanged.values(password_hash=hashed))

    def _note_refused(self, typed: str) -> None:
        account = self._security.account(address_of(typed))
        event = SecurityEvent.SIGN_IN_REFUSED
        self._security.note(event, request_origin.get(), account=account)

    def _load(self, kept: KeptPassword | None) -> User | Admin | None:
        """Return whose password was right."""
        if kept is None:
            return None
        with self._database.read() as session:
            return kept.load(session)

    def _whose_password(
        self, holder: KeptPassword | None, claims: Sequence[KeptPassword], password: str
    ) -> KeptPassword | None:
        """Return whose password it is: the holder's of an address, or one's who claims it.

        Two passwords are compared at least, so that time does not tell an owner, who adds someone
        with an address, whether it counts for somebody elsewhere.
        """
        plain, found = password_bytes(password), None
        for person in (holder, *claims, *([] if claims else [None])):
            hashed = person.password_hash if person is not None else self._nobodys_hash
            if self._hasher.verify_in_place(plain, hashed, cost=self._cost):
                found = found or person
        return found

    def _count(self, people: Sequence[KeptPassword], email: str, origin: SignInOrigin) -> Attempt:
        """Count an attempt at the password of `people`, apart in a browser they all know."""
        known = [self._known_browsers.find(one, origin.known) for one in people]
        browser_id = known[0] if known and None not in known else None
        with self._database.write() as session:
            return self._attempts.count(
                session,
                email,
                asked_from=origin.network,
                browser_id=browser_id,
                now=self._clock.now(),
            )


def _answered(answer: Callable[[], AnsweredChallenge]) -> AnsweredChallenge:
    try:
        return answer()
    except LinkInvalid:
        raise ChallengeInvalid from None
