"""What people are told by mail about their own account: that somebody guesses, a new sign-in."""

from sqlalchemy.orm import Session

from punchcard.accounts.access.attempts import Attempts
from punchcard.accounts.access.people import mail_to, person_subject, vendor_of
from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.mail.mail_queue import MailQueue
from punchcard.accounts.models import Admin, User
from punchcard.accounts.subjects import SYSTEM
from punchcard.kit.browsers import browser_name
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids


class AccountNotices:
    """Leaves these mails, each at most once a day for the same thing.

    No network address stands in them, nor in the audit trail.
    """

    def __init__(
        self, *, attempts: Attempts, mail_queue: MailQueue, clock: Clock, ids: Ids
    ) -> None:
        self._attempts = attempts
        self._mail_queue = mail_queue
        self._clock = clock
        self._ids = ids

    def tell_of_guesses(
        self, session: Session, person: User | Admin | None, typed: str, request_id: str | None
    ) -> None:
        """Tell whoever signs in with an address that somebody keeps typing wrong passwords for it.

        An address that nobody has leaves as much work.
        """
        now = self._clock.now()
        if not self._attempts.may_tell(session, typed, now=now):
            return
        mail = None
        if person is not None:
            by = person_subject(person)
            act = Act(subject=SYSTEM, now=now, ids=self._ids, request_id=request_id)
            of = (by.kind, person.id)
            record_act(session, act, f"{by.kind}.guessed_at", of=of, vendor_id=by.vendor_id)
            mail = mail_to(person, vendor_of(session, person), "guessed_at", {})
        self._mail_queue.enqueue(session, mail)

    def tell_of_new_browser(
        self, session: Session, person: User | Admin, user_agent: str | None
    ) -> None:
        """Tell a person that they signed in with a browser that they had not used before."""
        if not self._mail_queue.is_configured:
            return
        subject = f"{person.id} {user_agent}"
        if not self._attempts.may_tell(session, subject, now=self._clock.now()):
            return
        name = browser_name(user_agent)
        facts = {"browser": name} if name else {}
        mail = mail_to(person, vendor_of(session, person), "new_browser", facts)
        self._mail_queue.enqueue(session, mail)
