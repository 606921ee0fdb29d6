"""What someone typed while their session ended, kept until they have signed in again.

A draft is sealed, opens once, for the person whose form it was, for an hour. Passwords, PINs and
files never get here: `web/drafts` leaves them out.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from punchcard.accounts.models import FormDraft
from punchcard.kit.ids import Ids
from punchcard.kit.secrets import Keyring, Sealer, hash_token

DRAFT_LIFE: Final = timedelta(hours=1)
"""How long it waits: someone signs in at once, or has gone home."""
DRAFTS_EACH: Final = 5
"""How many one person can have: tabs whose session ended together."""
DRAFT_BYTES: Final = 100_000
"""How large one may be; the longest form, a program's texts in four languages, has half of it."""


class FormDrafts:
    """Keeps what was typed, and gives it back once."""

    def __init__(self, *, ring: Keyring, ids: Ids) -> None:
        self._sealer = Sealer(ring, "form drafts")
        self._ids = ids

    def keep(self, session: Session, owner: str, typed: bytes, *, now: datetime) -> str | None:
        """Return the token that gives `typed` back to `owner`; None when it is too large."""
        if len(typed) > DRAFT_BYTES:
            return None
        older = (
            select(FormDraft.token_hash)
            .where(FormDraft.owner == owner)
            .order_by(FormDraft.expires_at.desc(), FormDraft.token_hash)
            .offset(DRAFTS_EACH - 1)
        )
        superfluous = list(session.scalars(older))
        session.execute(delete(FormDraft).where(FormDraft.token_hash.in_(superfluous)))
        token = self._ids.new_token()
        token_hash = hash_token(token)
        session.add(
            FormDraft(
                token_hash=token_hash,
                owner=owner,
                content_sealed=self._sealer.seal(typed, token_hash.hex()),
                expires_at=now + DRAFT_LIFE,
            )
        )
        return token

    def take(
        self, session: Session, owners: Sequence[str], token: str, *, now: datetime
    ) -> bytes | None:
        """Return what was typed and forget it; None for anybody else, twice, or too late.

        `owners` are the marks of one person, under each of the server's keys.
        """
        token_hash = hash_token(token)
        found = session.execute(
            delete(FormDraft)
            .where(FormDraft.token_hash == token_hash, FormDraft.owner.in_(owners))
            .returning(FormDraft.content_sealed, FormDraft.expires_at)
        ).one_or_none()
        if found is None or found.expires_at <= now:
            return None
        return self._sealer.open(found.content_sealed, token_hash.hex())


def delete_expired_drafts(session: Session, now: datetime) -> int:
    """Forget the drafts that nobody came back for; return how many."""
    expired = delete(FormDraft).where(FormDraft.expires_at <= now)
    return len(session.execute(expired.returning(FormDraft.token_hash)).all())
