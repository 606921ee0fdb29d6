"""Mails on their way out: left sealed in a transaction, taken up by the worker, then gone."""

import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from punchcard.accounts import throttle
from punchcard.accounts.mail.mail_messages import Enclosed, Mail
from punchcard.accounts.models import OutgoingMail, Throttle, Vendor
from punchcard.accounts.plans import month_counts
from punchcard.accounts.throttle import Limit
from punchcard.db import outbox
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids, VendorId
from punchcard.kit.secrets import Digests, Sealer
from punchcard.kit.settings import Settings

MAIL_SEND: Final = "mail.send"

_HOUR_SECONDS: Final = 3600
_DAY_SECONDS: Final = 24 * 3600
_HOUR: Final = timedelta(hours=1)
_NOTICE_LIFE: Final = timedelta(days=3)


class MailQueue:
    """Takes mails in and hands them to the worker, one row of the outbox for each.

    What is left here is sealed: a mail holds an address, and often a link that lets its reader in.
    """

    def __init__(self, *, clock: Clock, ids: Ids, settings: Settings, is_configured: bool) -> None:
        self.is_configured = is_configured
        self._clock = clock
        self._ids = ids
        self._sealer = Sealer(settings.keys, "outgoing mail")
        self._digests = Digests(settings.keys, "punchcard mail throttle")
        self._limit = _limit(settings, settings.mails_per_address)
        self._limit_of_all = _limit(settings, settings.mails_per_address_of_all)
        self._shop_limit = Limit(
            attempts=settings.enrolment_mails_per_shop_and_hour,
            block_seconds=_HOUR_SECONDS,
            block_limit_seconds=_HOUR_SECONDS,
        )

    def enqueue(
        self,
        session: Session,
        mail: Mail | None,
        *,
        expires_at: datetime | None = None,
        of_vendor: VendorId | None = None,
    ) -> None:
        """Enqueue a mail in the caller's transaction; it is sent before `expires_at` or never.

        `of_vendor` is the shop that writes to a customer of its own: its mails are counted, and
        answers go to its address.

        None leaves a row that the worker throws away: what is asked for in the name of an address
        that nobody has costs the same.
        """
        mail_id, now = self._ids.new_id(), self._clock.now()
        if mail is not None and of_vendor is not None:
            reply_to = session.get_one(Vendor, of_vendor).reply_to
            mail = replace(mail, facts={**mail.facts, "reply_to": reply_to}) if reply_to else mail
        content = json.dumps(asdict(mail) if mail is not None else None).encode()
        session.add(
            OutgoingMail(
                id=mail_id,
                content_sealed=self._sealer.seal(content, mail_id),
                expires_at=expires_at or now + _NOTICE_LIFE,
                created_at=now,
            )
        )
        outbox.enqueue(session, MAIL_SEND, mail_id, now)
        if of_vendor is not None:
            month_counts.count_mail(session, of_vendor, now)

    def has_room(self, session: Session, vendor_id: VendorId) -> bool:
        """Return whether the shop's plan has room for a mail that nobody asked for."""
        return month_counts.may_mail(session, vendor_id, self._clock.now())

    def find(self, session: Session, mail_id: str) -> Mail | None:
        """Return a mail that is still to be sent; None when it is gone, too old or none."""
        row = session.get(OutgoingMail, mail_id)
        if row is None or row.expires_at <= self._clock.now():
            return None
        content = self._sealer.open(row.content_sealed, mail_id)
        values = json.loads(content) if content is not None else None
        if values is None:
            return None
        # Mails that an older version left have no such line.
        enclosed = values.pop("enclosed", None)
        return Mail(**values, enclosed=Enclosed(**enclosed) if enclosed else None)

    def count(self, session: Session, purpose: str, address: str) -> None:
        """Count a mail that a stranger can cause; raises TooManyRequests during a pause.

        Nobody can be flooded: an address gets `mails_per_address`, then pauses that double. Commit
        it with the mail.
        """
        key = self._key_of(purpose, address)
        throttle.fail(session, key, limit=self._limit, now=self._clock.now())

    def count_of_stranger(
        self, session: Session, purpose: str, address: str, *, network: str, browser_id: str | None
    ) -> None:
        """Count a mail asked for without a session; raises TooManyRequests during a pause.

        Each network has its own count for an address, so what strangers ask for does not use up
        what the address's owner may; all together get `mails_per_address_of_all`. A browser that
        the owner has signed in with is asked about neither. Commit it with the mail.
        """
        now = self._clock.now()
        if browser_id is not None:
            key = self._key_of(f"{purpose}_known", browser_id)
            throttle.fail(session, key, limit=self._limit, now=now)
            return
        near = self._key_of(purpose, f"{address}\n{network}")
        throttle.fail(session, near, limit=self._limit, now=now)
        everywhere = self._key_of(f"{purpose}_all", address)
        throttle.fail(session, everywhere, limit=self._limit_of_all, now=now)

    def _key_of(self, purpose: str, what: str) -> str:
        digest = self._digests.of(what.encode("utf-8", "replace"))
        return f"{purpose}:{digest.hex()}"

    def count_enrolment(self, session: Session, vendor_id: VendorId) -> None:
        """Count a mail that a stranger who joined causes in a shop's name, in this hour.

        Raises TooManyRequests above `enrolment_mails_per_shop_and_hour`. Commit it with the mail.
        """
        now = self._clock.now()
        throttle.fail(session, _shop_key(vendor_id, now), limit=self._shop_limit, now=now)

    def pauses_enrolments(self, session: Session, vendor_id: VendorId) -> datetime | None:
        """Return until when who joins a shop gets no mail: the next full hour; None if they do."""
        now = self._clock.now()
        row = session.get(Throttle, _shop_key(vendor_id, now))
        is_full = row is not None and row.failures >= self._shop_limit.attempts
        return _hour_of(now) + _HOUR if is_full else None

    def delete(self, session: Session, mail_id: str) -> None:
        """Delete a mail: it was sent, or never will be."""
        session.execute(delete(OutgoingMail).where(OutgoingMail.id == mail_id))


def _limit(settings: Settings, attempts: int) -> Limit:
    return Limit(
        attempts=attempts,
        block_seconds=settings.mail_pause_minutes * 60,
        block_limit_seconds=_DAY_SECONDS,
    )


def _hour_of(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _shop_key(vendor_id: VendorId, now: datetime) -> str:
    return f"enrolment mails:{vendor_id}:{_hour_of(now).isoformat()}"


def delete_expired_mails(session: Session, now: datetime) -> int:
    """Delete the mails that had their time; returns how many there were."""
    statement = delete(OutgoingMail).where(OutgoingMail.expires_at <= now)
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
