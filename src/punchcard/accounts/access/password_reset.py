"""A forgotten password, and the first one of someone invited: a link that works once."""

import hmac
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from punchcard.accounts.access.attempts import Attempts, address_of
from punchcard.accounts.access.hashing import password_marks
from punchcard.accounts.access.known_browsers import KnownBrowsers
from punchcard.accounts.access.people import (
    find_claims,
    find_holder,
    known_names,
    mail_to,
    person_of,
    person_subject,
    vendor_of,
)
from punchcard.accounts.access.rate_limit import PublicLimits, counted_address
from punchcard.accounts.access.session_service import set_password
from punchcard.accounts.access.sign_in_service import SignIn
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.errors import LinkInvalid, MailNotConfigured
from punchcard.accounts.links import LinkTokens
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Admin, User
from punchcard.accounts.user_service import confirm_email
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.db.database import Database
from punchcard.kit.clock import Clock, to_rfc3339
from punchcard.kit.i18n import SOURCE_LANGUAGE
from punchcard.kit.ids import Ids
from punchcard.kit.secrets import Digests
from punchcard.kit.settings import Settings

_log = logging.getLogger(__name__)


class PasswordReset:
    """Lets people choose a password by a link sent to their address.

    A link carries a fingerprint of the password it replaces: used once, it fits no longer, and so
    do all others of that person. Like SignIn it opens its own transactions: bcrypt runs in none.
    """

    def __init__(
        self,
        *,
        database: Database,
        sign_in: SignIn,
        mail_queue: MailQueue,
        limits: PublicLimits,
        attempts: Attempts,
        known_browsers: KnownBrowsers,
        clock: Clock,
        ids: Ids,
        settings: Settings,
    ) -> None:
        self._database = database
        self._sign_in = sign_in
        self._mail_queue = mail_queue
        self._limits = limits
        self._attempts = attempts
        self._known_browsers = known_browsers
        self._clock = clock
        self._ids = ids
        self._address = f"{settings.base_url.rstrip('/')}/reset-password?token="
        self._links = LinkTokens(settings.keys, "password reset", clock)
        self._digests = Digests(settings.keys, "punchcard password reset")
        self._reset_life = timedelta(minutes=settings.password_reset_minutes)
        self._invitation_life = timedelta(hours=settings.invitation_hours)

    def request(
        self, email: str, *, asked_from: str, language: str, known: str | None = None
    ) -> None:
        """Leave a mail with a link for anyone who signs in with the address.

        An address that nobody has is answered the same and leaves as much work. `asked_from` is
        the network address of who asks, `known` what their browser keeps from an earlier sign-in:
        what strangers ask for uses up neither. `language` is for people who have chosen none.
        Raises MailNotConfigured, and TooManyRequests for the address or for who asks.
        """
        self._limits.mails.take(counted_address(asked_from))
        if not self._mail_queue.is_configured:
            _log.warning("a new password was asked for, but no mail server is set up")
            raise MailNotConfigured
        expires_at = self._clock.now() + self._reset_life
        with self._database.write() as session:
            people = self._people(session, email)
            browsers = (self._known_browsers.find(one, known) for one in people if one is not None)
            browser_id = next((one for one in browsers if one is not None), None)
            self._mail_queue.count_of_stranger(
                session,
                "password_reset",
                address_of(email),
                network=counted_address(asked_from),
                browser_id=browser_id,
            )
            for person in people:
                mail = self._mail(session, person, "password_reset", language, expires_at)
                self._mail_queue.enqueue(session, mail, expires_at=expires_at)

    @staticmethod
    def _people(session: Session, email: str) -> Sequence[User | Admin | None]:
        """Return for whom an address counts, else who claims it; an address of nobody is one."""
        holder = find_holder(session, email)
        return [holder] if holder is not None else find_claims(session, email) or [None]

    def invite(self, session: Session, user: User) -> None:
        """Leave a mail that lets a new user choose their first password.

        Create the user with `new_unknown_password()`. Raises MailNotConfigured.
        """
        if not self._mail_queue.is_configured:
            raise MailNotConfigured
        expires_at = self._clock.now() + self._invitation_life
        mail = self._mail(session, user, "invitation", SOURCE_LANGUAGE, expires_at)
        self._mail_queue.enqueue(session, mail, expires_at=expires_at)

    def invite_again(self, session: Session, act: Act, user: User) -> None:
        """Leave another invitation for someone who may have lost the first; both links work until
        a password is chosen. Raises TooManyRequests.
        """
        self._mail_queue.count(session, "invitation", user.email)
        self.invite(session, user)
        of = ("member", user.id)
        record_act(session, act, "member.invited", of=of, vendor_id=user.vendor_id)

    def new_unknown_password(self) -> str:
        """Return the hash of a password that nobody knows; call it outside of transactions."""
        return self._sign_in.hash_password(self._ids.new_token())

    def check(self, token: str) -> None:
        """Raise LinkInvalid when a link can't be used (any more)."""
        with self._database.read() as session:
            self._find(session, token)

    def reset(self, token: str, new: str, *, asked_from: str, request_id: str | None) -> str:
        """Set the password of whom the link was sent to, end all their sessions, and return the
        address they sign in with.

        `asked_from` is the network address of who asks; it counts like signing in.
        Raises EmailTaken where the address of a new user counts for somebody else by now,
        LinkInvalid, InvalidInput for a password that is too short or easy to guess,
        HasherBusy, TooManyRequests.
        """
        caller = counted_address(asked_from)
        self._limits.sign_ins.take(caller)
        with self._database.read() as session:
            names = known_names(session, self._find(session, token))
        hashed = self._sign_in.hash_password(new, "new_password", caller=caller, names=names)
        with self._database.write() as session:
            person = self._find(session, token)
            subject = person_subject(person)
            act = Act(subject=subject, now=self._clock.now(), ids=self._ids, request_id=request_id)
            if isinstance(person, User):
                confirm_email(session, person)
            set_password(session, act, person, hashed)
            of = (subject.kind, person.id)
            action = f"{subject.kind}.password_reset"
            record_act(session, act, action, of=of, vendor_id=subject.vendor_id)
            self._attempts.forget_address(session, person.email, asked_from=asked_from)
            self._mail_queue.enqueue(session, _notice(session, person))
            return person.email

    def _mail(
        self,
        session: Session,
        person: User | Admin | None,
        kind: str,
        language: str,
        expires_at: datetime,
    ) -> Mail | None:
        if person is None:
            return None
        vendor = vendor_of(session, person)
        if vendor is not None and vendor.status == VendorStatus.CLOSED:
            return None
        token = self._links.issue(
            {"kind": _kind(person), "id": person.id, "was": self._fingerprints(person)[0]},
            expires_at=expires_at,
        )
        facts = {"link": self._address + token, "expires_at": to_rfc3339(expires_at)}
        return mail_to(person, vendor, kind, facts, language)

    def _find(self, session: Session, token: str) -> User | Admin:
        facts = self._links.read(token)
        person = person_of(session, facts)
        if not any([hmac.compare_digest(one, facts["was"]) for one in self._fingerprints(person)]):
            raise LinkInvalid
        return person

    def _fingerprints(self, person: User | Admin) -> list[str]:
        """Return what stands for their password and their address.

        A link sent to an address that has been given up since opens nothing.
        """
        marks = password_marks(person.password_hash)
        return [self._digests.of(f"{person.email}\n{mark}".encode()).hex() for mark in marks]


def _notice(session: Session, person: User | Admin) -> Mail:
    return mail_to(person, vendor_of(session, person), "password_changed", {})


def _kind(person: User | Admin) -> str:
    return "member" if isinstance(person, User) else "admin"
