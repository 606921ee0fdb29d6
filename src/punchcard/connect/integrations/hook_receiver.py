"""Receives hooks: what is genuine is kept for the worker, all else refused.

Nothing of a body is read here but what says what it is about, and none of it is ever logged.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.connect.integrations.errors import HookNotGenuine, IntegrationNotFound
from punchcard.connect.integrations.event_queue import enqueue_event
from punchcard.connect.integrations.makers.all_makers import MAKERS
from punchcard.connect.integrations.makers.maker import Maker, Sent
from punchcard.connect.integrations.mapping import mapping_of
from punchcard.connect.integrations.models import Integration, IntegrationEvent
from punchcard.connect.integrations.secrets import IntegrationSecrets
from punchcard.connect.integrations.vocabulary import IntegrationEventState, IntegrationKind
from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids, IntegrationEventId, IntegrationId, as_id

_log = logging.getLogger(__name__)

HOOKS_PATH: Final = "/api/v1/hooks"
_NOTED_AGAIN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class HookReceiver:
    """Takes in what other systems send. `base_url` begins the addresses that were given out."""

    database: Database
    clock: Clock
    ids: Ids
    secrets: IntegrationSecrets
    base_url: str

    def address_of(self, kind: str, integration_id: str, secret: str) -> str:
        """Return the address to paste into the other system."""
        return f"{self.base_url}{HOOKS_PATH}/{kind}/{integration_id}/{secret}"

    def take(
        self, kind: str, integration_id: str, secret: str, headers: Mapping[str, str], body: bytes
    ) -> bool:
        """Keep a request for the worker; returns whether it is one to be worked on.

        `headers` have their names in small letters. Raises HookNotGenuine, and IntegrationNotFound
        for an address that can be none of ours.
        """
        sent = Sent(
            headers=headers,
            body=body,
            url=self.address_of(kind, integration_id, secret),
            now=self.clock.now(),
        )
        with self.database.read() as session:
            row = self._known(session, kind, integration_id, secret, sent.now)
        maker = MAKERS[row.kind]
        if maker.is_ping(sent):
            return False
        if not self._is_genuine(row, maker, sent):
            self._note(row, HookNotGenuine.code, sent.now)
            raise self._refused("its signature is wrong")
        with self.database.write() as session:
            self._keep(session, row.id, maker.topic(sent), sent)
        return True

    def note_refusal(self, kind: str, integration_id: str, secret: str, code: str) -> None:
        """Note on an integration's page why it was refused; nothing for an address of nobody's."""
        now = self.clock.now()
        try:
            with self.database.read() as session:
                row = self._known(session, kind, integration_id, secret, now)
        except (HookNotGenuine, IntegrationNotFound):
            return
        self._note(row, code, now)

    def _note(self, row: Integration, code: str, now: datetime) -> None:
        """Note why something was refused, once a minute at most: who asks often writes seldom."""
        noted = row.last_error_at if row.last_error == code else None
        if noted is not None and now - noted < _NOTED_AGAIN:
            return
        with self.database.write() as session:
            kept = session.get(Integration, row.id)
            if kept is not None:
                kept.last_error, kept.last_error_at = code, now

    def _known(
        self, session: Session, kind: str, integration_id: str, secret: str, now: datetime
    ) -> Integration:
        wanted = as_id(IntegrationId(integration_id))
        if wanted is None or kind not in list(IntegrationKind):
            raise IntegrationNotFound
        row = session.scalar(
            select(Integration).where(
                Integration.id == wanted,
                Integration.kind == IntegrationKind(kind),
                Integration.deleted_at.is_(None),
            )
        )
        if row is None or not self.secrets.knows_address(row, secret, now):
            raise self._refused("its address is not one of ours")
        return row

    def _is_genuine(self, row: Integration, maker: Maker, sent: Sent) -> bool:
        secrets = self.secrets.signing(row, sent.now)
        is_signed = maker.bears_signature(sent) and bool(secrets)
        if not (maker.needs_signature or is_signed or mapping_of(row.mapping).requires_signature):
            return True
        return any([maker.is_signed(sent, secret) for secret in secrets])

    def _keep(
        self, session: Session, integration_id: IntegrationId, topic: str, sent: Sent
    ) -> None:
        event_id = IntegrationEventId(self.ids.new_id())
        session.add(
            IntegrationEvent(
                id=event_id,
                integration_id=integration_id,
                part=0,
                topic=topic,
                state=IntegrationEventState.WAITING,
                body_sealed=self.secrets.seal_body(sent.body, event_id),
                received_at=sent.now,
            )
        )
        row = session.get(Integration, integration_id)
        if row is not None:
            row.last_event_at = sent.now
        session.flush()
        enqueue_event(session, event_id, sent.now)

    @staticmethod
    def _refused(why: str) -> HookNotGenuine:
        # One wording for each reason, without who or what: the log counts those that are alike.
        _log.warning("A hook was refused: %s", why)
        return HookNotGenuine()
