"""Ninety days of a shop's life, told to the till as its terminals would have told it.

The clock is walked from slot to slot; what happened within one is handed in together, each
operation with its own time. Nothing is written past the till and the services, but when PINs and
terminals were last used.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from sqlalchemy import func, select

from punchcard.accounts.audit_service import Act
from punchcard.accounts.models import Device
from punchcard.accounts.subjects import Subject
from punchcard.context import Context
from punchcard.demo.guests import ZONE, Doing, Guest, GuestEvent, day_of_events, invite
from punchcard.demo.mornings import Mornings, morning_of
from punchcard.demo.opening import OpenShop, Prize, ServicePoint
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, GrantId, VendorId
from punchcard.loyalty.cards import card_changes
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.grant_codes import new_grant_code
from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    AdjustPoints,
    CardKey,
    CardRef,
    EarnPoints,
    GrantReward,
    OpenCard,
    Operation,
    RedeemGrant,
    RedeemReward,
    RedeemStamps,
    VoidEntry,
)
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind, GrantReason

SEED = 24
SLOT_MINUTES = 10

_VOIDED = 0.008
_COLLECTED = 0.6
_GIFT_DAYS = 60
_GIFTS = 12
_REASONS = ("Wrong card", "Typed twice", "Customer changed their mind")
_PUBLIC = Actor(ActorKind.PUBLIC, None)

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class _Asked:
    """An operation and whose card it is about."""

    guest: Guest
    operation: Operation


@dataclass
class HistorySimulator:
    """Lives the days of some shops one after another; `operations` counts what the till took."""

    context: Context
    clock: ManualClock
    shops: Sequence[OpenShop]
    days: int
    ends: datetime
    operations: int = 0
    _chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 not a secret
    _purchases: int = 0
    _mornings: Mornings = field(init=False)
    _holders: dict[VendorId, list[Guest]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._mornings = Mornings(self.context)

    def live(self, progress: Progress) -> None:
        """Live all days; `progress` is told after each one how many have passed."""
        guests = [g for shop in self.shops for g in invite(shop, self.days, self._chance)]
        first = (self.ends - timedelta(days=self.days)).astimezone(ZONE).date()
        for number in range(self.days + 1):
            day = first + timedelta(days=number)
            events = day_of_events(guests, number, day, self._chance)
            happened = sorted((e for e in events if self._is_within(e)), key=lambda e: e.at)
            self._live_day(morning_of(day), happened)
            progress(number + 1)
        self._submit(self._gifts(guests))
        self._mornings.do_what_is_due()
        note_last_uses(self.context)

    def _live_day(self, morning: datetime, happened: list[GuestEvent]) -> None:
        is_early = True
        for slot, together in groupby(happened, key=lambda e: _slot_end(e.at)):
            if is_early and slot > morning:
                is_early = False
                self.clock.set(max(morning, self.clock.now()))
                self._mornings.do_what_is_due()
            self.clock.set(min(slot, self.ends))
            self._live_slot(list(together))

    def _gifts(self, guests: Sequence[Guest]) -> list[_Asked]:
        """Return what a few regulars are given on the last day, and have not collected yet."""
        with_card = [guest for guest in guests if guest.card and not guest.is_blocked]
        return [
            self._apology(GuestEvent(self.ends, guest, Doing.COMPLAINS))
            for guest in with_card[:: len(with_card) // _GIFTS or 1]
            if any(prize.points_required is None for prize in guest.shop.prizes)
        ]

    def _is_within(self, event: GuestEvent) -> bool:
        return self.ends - timedelta(days=self.days) < event.at < self.ends

    def _live_slot(self, events: list[GuestEvent]) -> None:
        for event in events:
            self._change_card(event)
        opened = self._submit([self._enrolment(e) for e in events if e.doing is Doing.ENROLS])
        for one, _ in opened:
            self._holders[one.guest.shop.vendor_id].append(one.guest)
        visits: list[_Asked] = []
        for event in events:
            if event.doing is Doing.VISITS or (
                event.doing is Doing.ENROLS and not event.guest.enrols_alone
            ):
                visits += self._visit(event.guest, event.at + timedelta(seconds=40))
            elif event.doing is Doing.COMPLAINS and event.guest.shop.prizes:
                visits.append(self._apology(event))
        done = self._submit(visits)
        for one, _ in done:
            self._mornings.note_visit(one.guest)
        self._submit(self._voids([*opened, *done]))

    def _submit(self, asked: Iterable[_Asked]) -> list[tuple[_Asked, Receipt]]:
        """Hand operations to the till; each guest then knows how the card stands."""
        together = list(asked)
        if not together:
            return []
        outcomes = self.context.loyalty.till.submit_all([one.operation for one in together])
        receipts = []
        for one, outcome in zip(together, outcomes, strict=True):
            if isinstance(outcome, DomainError):
                raise outcome
            one.guest.card = outcome.card
            receipts.append((one, outcome))
        self.operations += len(receipts)
        return receipts

    def _enrolment(self, event: GuestEvent) -> _Asked:
        guest, service_point = event.guest, _service_point(event.guest)
        at_counter = {"actor": service_point.terminal, "location_id": service_point.location_id}
        metadata: dict[str, Any] = {"actor": _PUBLIC} if guest.enrols_alone else at_counter
        if guest.is_brought:
            metadata["referrer_card_id"] = self._referrer_of(guest)
        operation = OpenCard(
            vendor_id=guest.shop.vendor_id,
            program_id=guest.shop.program_id,
            customer=guest.customer,
            is_vouched=not guest.enrols_alone,
            locale=guest.customer.locale if guest.customer else None,
            occurred_at=event.at,
            **metadata,
        )
        return _Asked(guest, operation)

    def _referrer_of(self, friend: Guest) -> CardId | None:
        """Return the card of who brings a guest: someone with a name, who likes to come."""
        holders = [g for g in self._holders[friend.shop.vendor_id] if g.customer is not None]
        if not holders:
            return None
        asked = self._chance.choices(holders, k=4)
        referrer = max(asked, key=lambda guest: guest.visits_a_week)
        return referrer.card.id if referrer.card else None

    def _visit(self, guest: Guest, at: datetime) -> list[_Asked]:
        """Return what a guest asks for: a reward that is due, then what today's purchase earns."""
        if guest.card is None or guest.is_blocked or at >= self.clock.now():
            return []
        metadata = self._metadata(guest, at)
        trade = guest.shop.shop.trade
        asked: list[Operation] = []
        given = _grants_good_on(guest.card, at.astimezone(ZONE).date())
        if given and self._chance.random() < _COLLECTED:
            asked.append(RedeemGrant(grant_id=given[0], **metadata(0)))
        elif trade.quantities and guest.card.stamps >= guest.card.stamps_target:
            asked.append(RedeemStamps(**metadata(0)))
        elif (at_stamps := self._ready_milestone(guest.card)) is not None:
            asked.append(RedeemStamps(milestone=at_stamps, **metadata(0)))
        elif (prize := self._chosen_prize(guest, at)) is not None:
            asked.append(RedeemReward(reward_id=prize.id, **metadata(0)))
        if trade.quantities:
            sizes = range(1, len(trade.quantities) + 1)
            quantity = self._chance.choices(sizes, trade.quantities)[0]
            asked.append(AddStamp(quantity=quantity, **metadata(1)))
        if trade.basket_minor[2]:
            asked.append(self._purchase(trade.basket_minor, metadata(2)))
        return [_Asked(guest, operation) for operation in asked]

    def _ready_milestone(self, card: CardView) -> int | None:
        """Return at how many stamps the reward stands that the guest asks for today, if any."""
        ready = [one.at for one in card.ready if one.id is None and not one.is_full_card]
        return ready[0] if ready and self._chance.random() < _COLLECTED else None

    def _purchase(self, basket: tuple[int, int, int], metadata: dict[str, Any]) -> EarnPoints:
        least, usual, most = basket
        amount = round(self._chance.triangular(least, most, usual) * self._chance.uniform(0.5, 1))
        self._purchases += 1
        return EarnPoints(
            amount_minor=max(least, amount), reference=f"R-{self._purchases:06d}", **metadata
        )

    def _metadata(self, guest: Guest, at: datetime) -> Callable[[int], dict[str, Any]]:
        service_point = _service_point(guest)
        staff = self._chance.choice(service_point.staff)
        assert guest.card is not None
        card = CardRef(CardKey.ID, guest.card.id)

        def metadata(step: int) -> dict[str, Any]:
            moment = at + timedelta(seconds=step * 6)
            key = f"till-{guest.shop.shop.slug}-{moment.timestamp():.6f}-{card.value[-12:]}"
            return {
                "vendor_id": guest.shop.vendor_id,
                "actor": service_point.terminal,
                "staff": staff,
                "location_id": service_point.location_id,
                "occurred_at": min(moment, self.clock.now()),
                "card": card,
                "idempotency_key": key,
                "fingerprint": hashlib.sha256(key.encode()).digest(),
            }

        return metadata

    def _chosen_prize(self, guest: Guest, at: datetime) -> Prize | None:
        """Return what the guest takes today: most save up for something better."""
        card = guest.card
        if card is None or self._chance.random() > 0.35:
            return None
        floor = int(guest.shop.shop.program.get("minimum_redemption_points", 0))
        fitting = [
            prize
            for prize in guest.shop.prizes
            if prize.points_required is not None
            and floor <= prize.points_required <= card.points
            and _can_have(guest, prize, at)
        ]
        if not fitting:
            return None
        prize = self._chance.choice(fitting)
        guest.taken[prize.id] = guest.taken.get(prize.id, 0) + 1
        guest.shop.taken[prize.id] = guest.shop.taken.get(prize.id, 0) + 1
        return prize

    def _voids(self, done: Iterable[tuple[_Asked, Receipt]]) -> Iterable[_Asked]:
        """Return the voids of a few slips, a moment after each."""
        for one, receipt in done:
            made = one.operation
            if not isinstance(made, AddStamp | EarnPoints) or self._chance.random() > _VOIDED:
                continue
            assert made.occurred_at is not None
            later = made.occurred_at + timedelta(seconds=self._chance.randint(20, 120))
            void = VoidEntry(
                vendor_id=made.vendor_id,
                actor=made.actor,
                staff=made.staff,
                location_id=made.location_id,
                occurred_at=min(later, self.clock.now()),
                transaction_id=receipt.entry["id"],
                note=self._chance.choice(_REASONS),
            )
            yield _Asked(one.guest, void)

    def _apology(self, event: GuestEvent) -> _Asked:
        """Return what a guest is given who waited long: a reward of the shop's own, or points."""
        guest, manager = event.guest, event.guest.shop.manager
        assert guest.card is not None
        gifts = [prize for prize in guest.shop.prizes if prize.points_required is None]
        if gifts:
            gift = GrantReward(
                vendor_id=guest.shop.vendor_id,
                actor=Actor(ActorKind(manager.kind), manager.id),
                card=CardRef(CardKey.ID, guest.card.id),
                grant_id=GrantId(self.context.ids.new_id()),
                code=new_grant_code(),
                reward_id=gifts[0].id,
                reason=GrantReason.APOLOGY,
                expires_on=event.at.astimezone(ZONE).date() + timedelta(days=_GIFT_DAYS),
            )
            return _Asked(guest, gift)
        operation = AdjustPoints(
            vendor_id=guest.shop.vendor_id,
            actor=Actor(ActorKind(manager.kind), manager.id),
            card=CardRef(CardKey.ID, guest.card.id),
            points_delta=self._chance.choice((10, 20, 25, 50)),
            note="An apology for a long wait",
        )
        return _Asked(guest, operation)

    def _change_card(self, event: GuestEvent) -> None:
        guest = event.guest
        if guest.card is None or event.doing in (Doing.ENROLS, Doing.VISITS, Doing.COMPLAINS):
            return
        vendor_id, card_id = guest.shop.vendor_id, guest.card.id
        with self.context.database.write() as session:
            act = self._act(guest.shop.manager)
            if event.doing is Doing.LOSES_CARD:
                card_changes.block_card(session, act, vendor_id, card_id)
            else:
                card_changes.unblock_card(session, act, vendor_id, card_id)
            if event.doing is Doing.GETS_NEW_CARD:
                sealer = self.context.loyalty.card_sealer
                card_changes.replace_card(session, act, vendor_id, card_id, sealer)
        guest.is_blocked = event.doing is Doing.LOSES_CARD

    def _act(self, subject: Subject) -> Act:
        return Act(subject=subject, now=self.clock.now(), ids=self.context.ids)


def note_last_uses(context: Context) -> None:
    """Let PINs and terminals have been used last when the ledger says so.

    Their checks note that, and the history is told to the till by itself.
    """
    with context.database.write() as session:
        latest = select(func.max(ENTRIES.c.occurred_at))
        for pin in session.scalars(select(StaffPin)):
            pin.last_used_at = session.scalar(latest.where(ENTRIES.c.staff_pin_id == pin.id))
        for device in session.scalars(select(Device)):
            device.last_used_at = session.scalar(latest.where(ENTRIES.c.actor_id == device.id))


def _slot_end(moment: datetime) -> datetime:
    start = moment.replace(minute=moment.minute // SLOT_MINUTES * SLOT_MINUTES)
    return start.replace(second=0, microsecond=0) + timedelta(minutes=SLOT_MINUTES)


def _service_point(guest: Guest) -> ServicePoint:
    return guest.shop.service_points[guest.service_point]


def _can_have(guest: Guest, prize: Prize, at: datetime) -> bool:
    if prize.valid_from is not None and at < prize.valid_from:
        return False
    if prize.valid_until is not None and at >= prize.valid_until:
        return False
    if prize.stock is not None and guest.shop.taken.get(prize.id, 0) >= prize.stock:
        return False
    limit = prize.per_card_limit
    return limit is None or guest.taken.get(prize.id, 0) < limit


def _grants_good_on(card: CardView, day: date) -> list[GrantId]:
    """Return what a card was given and can have on a day, as far as its holder knows it."""
    if card.standing is None:
        return []
    last_days = {key: facts.get("expires_on") for key, facts in card.standing.grants.items()}
    given = [GrantId(one.grant_id) for one in card.ready if one.grant_id]
    return [one for one in given if (last := last_days[one]) is None or last >= day.isoformat()]
