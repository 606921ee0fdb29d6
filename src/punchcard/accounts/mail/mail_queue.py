"""Mails on their way out: left sealed in a transaction, taken up by the worker, then gone."""

import hmac
import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import CursorResult, delete
from sqlalchemy.orm import Session

from punchcard.accounts import throttle
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import OutgoingMail
from punchcard.accounts.throttle import Limit
from punchcard.db import outbox
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from punchcard.kit.secrets import Sealer, derive_key
from punchcard.kit.settings import Settings

MAIL_SEND: Final = "mail.send"

_DAY_SECONDS: Final = 24 * 3600
_NOTICE_LIFE: Final = timedelta(days=3)


class MailQueue:
    """Takes mails in and hands them to the worker, one row of the outbox for each.

    What is left here is sealed: a mail holds an address, and often a link that lets its reader in.
    """

    def __init__(self, *, clock: Clock, ids: Ids, settings: Settings, is_configured: bool) -> None:
        self.is_configured = is_configured
        self._clock = clock
        self._ids = ids
        self._sealer = Sealer(settings.secret_key, "outgoing mail")
        self._key = derive_key(settings.secret_key, "punchcard mail throttle")
        self._limit = Limit(
            attempts=settings.mails_per_address,
            block_seconds=settings.mail_pause_minutes * 60,
            block_limit_seconds=_DAY_SECONDS,
        )

    def enqueue(
        self, session: Session, mail: Mail | None, *, expires_at: datetime | None = None
    ) -> None:
        """Enqueue a mail in the caller's transaction; it is sent before `expires_at` or never.

        None leaves a row that the worker throws away: what is asked for in the name of an address
        that nobody has costs the same.
        """
        mail_id, now = self._ids.new_id(), self._clock.now()
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

    def find(self, session: Session, mail_id: str) -> Mail | None:
        """Return a mail that is still to be sent; None when it is gone, too old or none."""
        row = session.get(OutgoingMail, mail_id)
        if row is None or row.expires_at <= self._clock.now():
            return None
        content = self._sealer.open(row.content_sealed, mail_id)
        values = json.loads(content) if content is not None else None
        return Mail(**values) if values is not None else None

    def count(self, session: Session, purpose: str, address: str) -> None:
        """Count a mail that a stranger can cause; raises TooManyRequests during a pause.

        Nobody can be flooded: an address gets `mails_per_address`, then pauses that double. Commit
        it with the mail.
        """
        digest = hmac.digest(self._key, address.encode("utf-8", "replace"), "sha256")
        key = f"{purpose}:{digest.hex()}"
        throttle.fail(session, key, limit=self._limit, now=self._clock.now())

    def delete(self, session: Session, mail_id: str) -> None:
        """Delete a mail: it was sent, or never will be."""
        session.execute(delete(OutgoingMail).where(OutgoingMail.id == mail_id))


def delete_expired_mails(session: Session, now: datetime) -> int:
    """Delete the mails that had their time; returns how many there were."""
    statement = delete(OutgoingMail).where(OutgoingMail.expires_at <= now)
    statement = statement.execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
