"""TillDriver: vendors, programs and cards straight over the till, no server around it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from punchcard.accounts.models import Location, Vendor
from punchcard.db.database import Database
from punchcard.kit.clock import Clock, ManualClock, SystemClock
from punchcard.kit.ids import (
    CardId,
    EntryId,
    GrantId,
    Ids,
    LocationId,
    MergeId,
    ProgramId,
    PromotionId,
    ReservationId,
    RewardId,
    StaffPinId,
    SystemIds,
    VendorId,
)
from punchcard.kit.secrets import Keyring, Sealer
from punchcard.loyalty.grant_codes import new_grant_code
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.models import LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    AdjustPoints,
    CardKey,
    CardRef,
    ConfirmReservation,
    EarnPoints,
    GrantReward,
    OpenCard,
    RecordVisit,
    RedeemGrant,
    RedeemPoints,
    RedeemReward,
    RedeemStamps,
    RefundPoints,
    ReleaseReservation,
    Reserve,
    RevokeGrant,
    StaffIdentity,
    VoidEntry,
)
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.till.till import Till
from punchcard.loyalty.vocabulary import ActorKind, GrantReason

SEALER = Sealer(Keyring("a secret of 32 characters at least"), "card token")
BY_TILL = Actor(ActorKind.DEVICE, "till-1")


@contextmanager
def open_till(database: Database, *, clock: Clock, ids: Ids, **limits: Any) -> Iterator[Till]:
    """Run a till; finish what waits and stop when the block ends."""
    till = Till(database, clock=clock, ids=ids, sealer=SEALER, **limits)
    till.start()
    try:
        yield till
    finally:
        till.close()


@dataclass(frozen=True)
class TillDriver:
    """Drives the till for one vendor; each verb makes an operation."""

    database: Database
    till: Till
    clock: Clock
    ids: Ids
    vendor_id: VendorId

    def program(self, **fields: Any) -> ProgramId:
        """Open a program: a coffee card without PINs unless `fields` say otherwise."""
        now, program_id = self.clock.now(), ProgramId(self.ids.new_id())
        given = {
            "slug": program_id,
            "name": "Coffee card",
            "card_name": "Coffee card",
            "type": "stamps",
            "status": "active",
            "currency": "EUR",
            "timezone": "Europe/Luxembourg",
            "stamp_reward": {"name": "A coffee", "value_minor": 350},
            "pin_policy": "off",
            **fields,
        }
        self.add(
            LoyaltyProgram(
                id=program_id, vendor_id=self.vendor_id, created_at=now, updated_at=now, **given
            )
        )
        return program_id

    def reward(self, program_id: ProgramId, **fields: Any) -> RewardId:
        """Put a cake for 100 points into the catalogue."""
        now, reward_id = self.clock.now(), RewardId(self.ids.new_id())
        given = {"name": "A cake", "points_required": 100, **fields}
        ids = {"id": reward_id, "vendor_id": self.vendor_id, "program_id": program_id}
        self.add(Reward(**ids, created_at=now, updated_at=now, **given))
        return reward_id

    def promotion(self, program_id: ProgramId, **fields: Any) -> PromotionId:
        """Let the program double points, or what `fields` say; the till hears of it."""
        now, promotion_id = self.clock.now(), PromotionId(self.ids.new_id())
        given = {
            "name": "Double points",
            "status": "active",
            "effect": {"kind": "multiply", "factor": "2.000"},
            **fields,
        }
        ids = {"id": promotion_id, "vendor_id": self.vendor_id, "program_id": program_id}
        self.add(Promotion(**ids, created_at=now, updated_at=now, **given))
        with self.database.write() as session:
            session.get_one(LoyaltyProgram, program_id).version += 1
        return promotion_id

    def location(self) -> LocationId:
        """Open a place of the vendor."""
        location_id = LocationId(self.ids.new_id())
        ids = {"id": location_id, "vendor_id": self.vendor_id}
        self.add(Location(**ids, name="Gare", created_at=self.clock.now()))
        return location_id

    def staff(self, name: str = "Anna", staff_id: str | None = "a1") -> StaffIdentity:
        """Employ someone whose PIN is known to be right."""
        now, pin_id = self.clock.now(), StaffPinId(self.ids.new_id())
        self.add(
            StaffPin(
                id=pin_id,
                vendor_id=self.vendor_id,
                staff_id=staff_id,
                name=name,
                pin_hash="$2b$",
                pin_index=pin_id.encode()[-32:],
                created_at=now,
                updated_at=now,
            )
        )
        return StaffIdentity(pin_id=pin_id, staff_id=staff_id, name=name, program_id=None)

    def card(self, program_id: ProgramId, **more: Any) -> CardId:
        """Open a card through the till; returns its id."""
        return self.till.submit(self.enrol(program_id, **more)).card.id

    def card_of_before(self, program_id: ProgramId, **more: Any) -> CardId:
        """Open a card four days ago: as far back as anything may be told, and a day more."""
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(days=-4)
        card_id = self.card(program_id, **more)
        self.clock.advance(days=4)
        return card_id

    def cards(self, program_id: ProgramId, number: int) -> list[CardId]:
        """Open several cards through the till; returns their ids."""
        outcomes = self.till.submit_all([self.enrol(program_id) for _ in range(number)])
        return [outcome.card.id for outcome in outcomes]  # type: ignore[union-attr]

    def enrol(self, program_id: ProgramId, **more: Any) -> OpenCard:
        """Ask for a new card."""
        return OpenCard(**self._common(more), program_id=program_id)

    def stamp(self, card_id: CardId, quantity: int = 1, **more: Any) -> AddStamp:
        """Ask for stamps."""
        return AddStamp(**self._on(card_id, more), quantity=quantity)

    def visit(self, card_id: CardId, **more: Any) -> RecordVisit:
        """Ask to record a purchase with its stamps and points."""
        return RecordVisit(**self._on(card_id, more))

    def redeem_stamps(self, card_id: CardId, **more: Any) -> RedeemStamps:
        """Ask for the reward of a full card."""
        return RedeemStamps(**self._on(card_id, more))

    def earn(self, card_id: CardId, amount_minor: int, **more: Any) -> EarnPoints:
        """Ask for the points of a purchase."""
        return EarnPoints(**self._on(card_id, more), amount_minor=amount_minor)

    def redeem(self, card_id: CardId, reward_id: RewardId, **more: Any) -> RedeemReward:
        """Ask for a reward."""
        return RedeemReward(**self._on(card_id, more), reward_id=reward_id)

    def redeem_points(self, card_id: CardId, points: int, **more: Any) -> RedeemPoints:
        """Ask to take points off."""
        return RedeemPoints(**self._on(card_id, more), points=points)

    def adjust(self, card_id: CardId, points_delta: int, **more: Any) -> AdjustPoints:
        """Ask for a correction by hand."""
        return AdjustPoints(**self._on(card_id, more), points_delta=points_delta)

    def grant(self, card_id: CardId, reward_id: RewardId, **more: Any) -> GrantReward:
        """Ask to give a card a reward, for an apology unless `more` says otherwise."""
        given: dict[str, Any] = {
            "grant_id": GrantId(self.ids.new_id()),
            "code": new_grant_code(),
            "reason": GrantReason.APOLOGY,
            **more,
        }
        return GrantReward(**self._on(card_id, given), reward_id=reward_id)

    def redeem_grant(
        self, card_id: CardId, grant_id: GrantId | None = None, **more: Any
    ) -> RedeemGrant:
        """Ask for what a card was given."""
        return RedeemGrant(**self._on(card_id, more), grant_id=grant_id)

    def revoke(self, card_id: CardId, grant_id: GrantId, **more: Any) -> RevokeGrant:
        """Ask to withdraw what a card was given."""
        return RevokeGrant(**self._on(card_id, more), grant_id=grant_id)

    def reserve(self, card_id: CardId, **more: Any) -> Reserve:
        """Ask to set something aside for a quarter of an hour."""
        given: dict[str, Any] = {
            "reservation_id": ReservationId(self.ids.new_id()),
            "expires_in_seconds": 900,
            **more,
        }
        return Reserve(**self._on(card_id, given))

    def confirm(
        self, card_id: CardId, reservation_id: ReservationId, **more: Any
    ) -> ConfirmReservation:
        """Ask to use what was set aside."""
        return ConfirmReservation(**self._on(card_id, more), reservation_id=reservation_id)

    def release(
        self, card_id: CardId, reservation_id: ReservationId, **more: Any
    ) -> ReleaseReservation:
        """Ask to give back what was set aside."""
        return ReleaseReservation(**self._on(card_id, more), reservation_id=reservation_id)

    def void(self, transaction_id: EntryId, **more: Any) -> VoidEntry:
        """Ask to reverse an entry."""
        return VoidEntry(**self._common(more), transaction_id=transaction_id)

    def refund(self, transaction_id: EntryId, amount_minor: int, **more: Any) -> RefundPoints:
        """Ask to pay a part of a purchase back."""
        asked = {"transaction_id": transaction_id, "amount_minor": amount_minor}
        return RefundPoints(**self._common({**asked, **more}))

    def merge(self, card_id: CardId, from_card_id: CardId, **more: Any) -> MergeCards:
        """Ask to put two cards of one person together; the first stays."""
        given = {"merge_id": MergeId(self.ids.new_id()), **more}
        return MergeCards(**self._on(card_id, given), from_card=CardRef(CardKey.ID, from_card_id))

    def _common(self, more: dict[str, Any]) -> dict[str, Any]:
        key = more.get("idempotency_key")
        given = {"vendor_id": self.vendor_id, "actor": BY_TILL, **more}
        return {"fingerprint": b"f" * 32, **given} if key else given

    def _on(self, card_id: CardId, more: dict[str, Any]) -> dict[str, Any]:
        return {**self._common(more), "card": CardRef(CardKey.ID, card_id)}

    def add(self, row: Any) -> None:
        """Put a row into the database."""
        with self.database.write() as session:
            session.add(row)


def open_till_driver(
    database: Database,
    till: Till,
    *,
    clock: Clock,
    ids: Ids,
    slug: str = "cafe-alice",
    keeps_events: bool = False,
) -> TillDriver:
    """Open a vendor with a counter; with `keeps_events` its own software follows what happens."""
    now, vendor_id = clock.now(), VendorId(ids.new_id())
    counter = TillDriver(database, till, clock, ids, vendor_id)
    counter.add(
        Vendor(
            id=vendor_id,
            slug=slug,
            name=slug,
            currency="EUR",
            timezone="Europe/Luxembourg",
            language="fr",
            keeps_events=keeps_events,
            created_at=now,
            updated_at=now,
        )
    )
    return counter


@contextmanager
def till_driver_at(url: str, vendor_id: VendorId | None = None) -> Iterator[TillDriver]:
    """Open the database anew, as a restarted server does."""
    clock = SystemClock()
    ids = SystemIds(clock)
    database = Database(url)
    with open_till(database, clock=clock, ids=ids) as till:
        if vendor_id is None:
            yield open_till_driver(database, till, clock=clock, ids=ids)
        else:
            yield TillDriver(database, till, clock, ids, vendor_id)
    database.close()
