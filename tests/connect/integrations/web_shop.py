"""WebShop: a system of a vendor's that tells of orders, and the worker that takes them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from punchcard.accounts.audit_service import Act
from punchcard.accounts.subjects import Subject
from punchcard.accounts.vocabulary import SubjectKind
from punchcard.connect.integrations import integration_service
from punchcard.connect.integrations.event_work import IntegrationWork, work_on_event
from punchcard.connect.integrations.hook_receiver import HookReceiver
from punchcard.connect.integrations.makers.maker import Sent
from punchcard.connect.integrations.mapping import IntegrationMapping
from punchcard.connect.integrations.models import (
    IntegrationBooking,
    IntegrationEvent,
    IntegrationOrder,
)
from punchcard.connect.integrations.secrets import IntegrationSecrets
from punchcard.connect.integrations.vocabulary import IntegrationEventState, IntegrationKind
from punchcard.kit.ids import CardId, IntegrationEventId, IntegrationId, ProgramId
from punchcard.kit.secrets import Keyring
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyCard, LoyaltyTransaction
from tests.connect.integrations.signing import signed
from tests.support.drivers.till import TillDriver

BASE_URL = "https://cards.example"
SETTINGS = Settings()
BODIES = Path(__file__).parent / "bodies"


def body(name: str) -> dict[str, Any]:
    """Read what a system sends, as its maker shows it."""
    told: dict[str, Any] = json.loads((BODIES / f"{name}.json").read_text())
    return told


@dataclass(frozen=True)
class WebShop:
    """A connected system of Café Alice's, with what its people were shown."""

    alice: TillDriver
    kind: IntegrationKind
    id: IntegrationId
    address: str
    secret: str

    @property
    def secrets(self) -> IntegrationSecrets:
        """Return what checks and seals."""
        return secrets_of_tests()

    @property
    def work(self) -> IntegrationWork:
        """Return what the worker works with."""
        alice = self.alice
        return IntegrationWork(
            database=alice.database,
            till=alice.till,
            clock=alice.clock,
            ids=alice.ids,
            secrets=self.secrets,
            settings=SETTINGS,
        )

    @property
    def receiver(self) -> HookReceiver:
        """Return what receives its hooks."""
        alice = self.alice
        return HookReceiver(
            database=alice.database,
            clock=alice.clock,
            ids=alice.ids,
            secrets=self.secrets,
            base_url=BASE_URL,
        )

    def sends(
        self, told: Mapping[str, Any] | bytes, topic: str = "", **headers: str
    ) -> IntegrationEventId | None:
        """Tell something, signed as this system signs; returns the event, None if none is kept."""
        raw = told if isinstance(told, bytes) else json.dumps(told).encode()
        url = self.receiver.address_of(self.kind, self.id, self.address)
        sent = Sent(headers={}, body=raw, url=url, now=self.alice.clock.now())
        bears = signed(self.kind, sent, self.secret, topic) | headers
        if not self.receiver.take(self.kind, self.id, self.address, bears, raw):
            return None
        with self.alice.database.read() as session:
            newest = select(IntegrationEvent.id).order_by(IntegrationEvent.id.desc()).limit(1)
            return IntegrationEventId(session.scalars(newest).one())

    def tells(self, told: Mapping[str, Any] | bytes, topic: str = "") -> IntegrationEvent:
        """Tell something and have it worked on; returns what became of it."""
        event_id = self.sends(told, topic)
        assert event_id is not None
        self.works()
        return self.event(event_id)

    def works(self) -> None:
        """Work on what waits, until nothing does that can be worked on."""
        done: set[IntegrationEventId] = set()
        while waiting := [one.id for one in self.events() if _waits(one) and one.id not in done]:
            for event_id in waiting:
                work_on_event(self.work, event_id)
                done.add(event_id)

    def act(self) -> Act:
        """Act as the owner does."""
        subject = Subject(kind=SubjectKind.MEMBER, id="owner", vendor_id=self.alice.vendor_id)
        return Act(subject=subject, now=self.alice.clock.now(), ids=self.alice.ids)

    def events(self) -> list[IntegrationEvent]:
        """Return what was sent, oldest first."""
        with self.alice.database.read() as session:
            query = select(IntegrationEvent).where(IntegrationEvent.integration_id == self.id)
            return list(session.scalars(query.order_by(IntegrationEvent.id)))

    def event(self, event_id: IntegrationEventId) -> IntegrationEvent:
        """Return an event as it is now."""
        with self.alice.database.read() as session:
            return session.get_one(IntegrationEvent, event_id)

    def orders(self) -> list[IntegrationOrder]:
        """Return all orders, by their numbers."""
        with self.alice.database.read() as session:
            orders = session.scalars(select(IntegrationOrder)).all()
        return sorted(orders, key=lambda order: int(order.foreign_id))

    def order(self) -> IntegrationOrder:
        """Return the only order."""
        with self.alice.database.read() as session:
            return session.scalars(select(IntegrationOrder)).one()

    def bookings(self) -> list[tuple[str, str, int]]:
        """Return what was booked: kind, state and minor units, in its order."""
        with self.alice.database.read() as session:
            rows = session.scalars(select(IntegrationBooking).order_by(IntegrationBooking.id))
            return [(str(one.kind), str(one.state), one.amount_minor) for one in rows]

    def points(self, card_id: CardId) -> int:
        """Return the points on a card."""
        with self.alice.database.read() as session:
            return session.get_one(LoyaltyCard, card_id).points

    def stamps(self, card_id: CardId) -> int:
        """Return the stamps on a card."""
        with self.alice.database.read() as session:
            return session.get_one(LoyaltyCard, card_id).stamps

    def entries(self, card_id: CardId) -> list[LoyaltyTransaction]:
        """Return what this system brought to a card's history, oldest first."""
        with self.alice.database.read() as session:
            query = select(LoyaltyTransaction).where(
                LoyaltyTransaction.card_id == card_id, LoyaltyTransaction.actor_id == self.id
            )
            return list(session.scalars(query.order_by(LoyaltyTransaction.sequence)))


def secrets_of_tests() -> IntegrationSecrets:
    """Return the secrets of a server of tests."""
    return IntegrationSecrets(Keyring("a secret of 32 characters at least"))


def connected(
    alice: TillDriver,
    program: ProgramId,
    kind: IntegrationKind = IntegrationKind.WOOCOMMERCE,
    *,
    signing_secret: str | None = None,
    **mapping: Any,
) -> WebShop:
    """Connect a system to a program."""
    subject = Subject(kind=SubjectKind.MEMBER, id="owner", vendor_id=alice.vendor_id)
    with alice.database.write() as session:
        shown, row = integration_service.create_integration(
            session,
            Act(subject=subject, now=alice.clock.now(), ids=alice.ids),
            alice.vendor_id,
            secrets_of_tests(),
            program_id=program,
            kind=kind,
            name="",
            mapping=IntegrationMapping(**mapping),
            location_id=None,
            signing_secret=signing_secret,
            limit=20,
        )
        secret = shown.signing or signing_secret or ""
        return WebShop(alice, kind, row.id, shown.address, secret)


def _waits(event: IntegrationEvent) -> bool:
    return event.state is IntegrationEventState.WAITING


def tells_at(receiver: HookReceiver, hook: str, told: Mapping[str, Any]) -> None:
    """Tell something at an address that was shown, as a system does that signs nothing."""
    kind, integration_id, secret = hook.split("/")[-3:]
    assert receiver.take(kind, integration_id, secret, {}, json.dumps(told).encode())
