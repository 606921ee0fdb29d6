"""A counter over a till: events asked for as operations, and what its cards hold then."""

from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from punchcard.db.base import table_of
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import (
    CardId,
    EntryId,
    GrantId,
    ImportId,
    LocationId,
    ReservationId,
    RewardId,
)
from punchcard.loyalty.import_models import HistoryImport
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.operations import (
    Actor,
    BookDue,
    CardKey,
    CardRef,
    GiveBonus,
    Operation,
    PurchaseItem,
    SetOpeningBalance,
)
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind, EntryType
from tests.oracle.whole.cards import Card, Event, Program
from tests.oracle.whole.piles import NEVER
from tests.oracle.whole.promises import ready
from tests.oracle.whole.shop import Shop
from tests.support.drivers.till import TillDriver

OPENED_BEFORE = timedelta(days=4)


class Counter:
    """One program at a till, with some cards and all that it offers."""

    def __init__(self, driver: TillDriver, clock: ManualClock, program: Program, cards: int):
        self.driver, self.clock, self.program = driver, clock, program
        clock.advance(seconds=-OPENED_BEFORE.total_seconds())
        self.program_id = driver.program(**_columns(program))
        self.rewards = {
            "cake": driver.reward(
                self.program_id,
                name="cake",
                points_required=program["price"],
                stock_left=program["stock"],
                per_card_limit=program["per_card"],
            ),
            "coffee": driver.reward(
                self.program_id, name="coffee", points_required=None, stock_left=program["cups"]
            ),
            "gift": driver.reward(self.program_id, name="gift", points_required=None),
        }
        if program["club"]:
            with driver.database.write() as session:
                row = session.get_one(LoyaltyProgram, self.program_id)
                row.tiers, row.tier_rules = _club(program["club"], self.rewards["gift"])
        self.places = [driver.location() for _ in range(2)]
        self.promotions = [
            driver.promotion(self.program_id, **_promotion(one, self.places))
            for one in program["promotions"]
        ]
        self.cards = driver.cards(self.program_id, cards)
        self.moving = _import(driver)
        clock.advance(seconds=OPENED_BEFORE.total_seconds())
        self.entries: dict[int, EntryId] = {}
        self.grants: dict[int, GrantId] = {}
        self.holds: dict[int, ReservationId] = {}

    def code(self, number: int, outcome: Receipt | Exception) -> str:
        """Return "done", or the code of the refusal, of the event of this number."""
        if isinstance(outcome, DomainError):
            return outcome.code
        assert isinstance(outcome, Receipt), outcome
        self.entries[number] = EntryId(outcome.entry["id"])
        return "done"

    def held(self) -> list[dict[str, Any]]:
        """Return what all cards hold."""
        query = select(CARDS).where(CARDS.c.program_id == self.program_id)
        with self.driver.database.read_connection() as connection:
            rows = {row.id: row for row in connection.execute(query)}
        return [self._held(rows[card]) for card in self.cards]

    def _held(self, row: Any) -> dict[str, Any]:
        standing = row.standing or {}
        parts = row.carry_parts or self.program["per_amount_minor"]
        lots = [(*lot, "")[:3] for lot in standing.get("lots", ())]
        tier = standing.get("tier", {})
        grants = standing.get("grants", {}).values()
        return {
            "points": row.points,
            "pending": sum(number for _, number, begins in lots if begins),
            "carry": Fraction(row.points_carry, parts),
            "lots": {(ends, begins): number for ends, number, begins in lots},
            "stamps": row.stamps,
            "stamp_lots": {(ends, ""): n for ends, n in standing.get("stamp_lots", ())},
            "lifetime": (row.lifetime_stamps, row.lifetime_points, row.lifetime_rewards),
            "lap": (standing.get("lap", 1), standing.get("claimed", [])),
            "kept": [tuple(pair) for pair in standing.get("kept", ())],
            "tier": (int(tier.get("key", "t0")[1:]), tier.get("until", "")),
            "counted": sum(standing.get("qualifying", {}).values()),
            "grants": sorted((one["name"], one.get("expires_on", NEVER)) for one in grants),
            "held": sorted(one["points"] for one in standing.get("held", {}).values()),
            "is_replaced": row.status == "replaced",
        }

    def shelf(self) -> dict[str, Any]:
        """Return what is in stock, and what promotions have given."""
        rewards, promotions = table_of(Reward), table_of(Promotion)
        with self.driver.database.read_connection() as connection:
            stock = connection.execute(
                select(rewards.c.name, rewards.c.stock_left).where(
                    rewards.c.program_id == self.program_id
                )
            ).all()
            given = connection.execute(
                select(promotions.c.points_given, promotions.c.stamps_given)
                .where(promotions.c.program_id == self.program_id)
                .order_by(promotions.c.id)
            ).all()
            return {
                "stock": {row.name: row.stock_left for row in stock},
                "given": [(row.points_given, row.stamps_given) for row in given],
            }

    def operation(self, number: int, event: Event) -> Operation:
        """Return what is asked of the till for an event."""
        driver, ask = self.driver, event["ask"]
        more: dict[str, Any] = {}
        if event["happened"] != event["recorded"]:
            more["occurred_at"] = event["happened"]
        if ask in ("void", "refund"):
            entry = self.entries[event["of"]]
            if ask == "void":
                return driver.void(
                    entry, **({"actor": self.moving} if "by_import" in event else {})
                )
            return driver.refund(
                entry,
                event["amount_minor"],
                refund_reference=f"{self.program_id[-12:]}-{event['reference']}",
            )
        return self._on_card(self.cards[event["card"]], number, event, more)

    def _on_card(self, card: CardId, number: int, event: Event, more: dict[str, Any]) -> Operation:
        driver, ask = self.driver, event["ask"]
        if ask in ("stamp", "visit", "earn"):
            more["reference"] = event["reference"]
            more["location_id"] = None if event["place"] is None else self.places[event["place"]]
        if ask in ("stamp", "visit"):
            more["items"] = tuple(PurchaseItem(sku, n) for sku, n in event["items"])
        verbs: dict[str, Callable[[], Operation]] = {
            "stamp": lambda: driver.stamp(card, event["stamps"], **more),
            "visit": lambda: driver.visit(
                card, amount_minor=event["amount_minor"], stamps=event["stamps"], **more
            ),
            "earn": lambda: driver.earn(card, event["amount_minor"], **more),
            "bonus": lambda: GiveBonus(
                **_by_system(driver, card),
                kind=EntryType.AUTOMATION_BONUS,
                points=event["points"],
                stamps=event["stamps"],
            ),
            "opening": lambda: SetOpeningBalance(
                **{**_by_system(driver, card), "actor": self.moving},
                stamps=event["stamps"],
                points=event["points"],
                adds=event["adds"],
            ),
            "book": lambda: BookDue(**_by_system(driver, card), until=event["until"]),
            "redeem_stamps": lambda: driver.redeem_stamps(card, milestone=event["at"]),
            "points": lambda: driver.redeem_points(card, event["points"]),
            "reward": lambda: driver.redeem(card, self.rewards["cake"]),
            "adjust": lambda: driver.adjust(card, event["points"]),
            "redeem_grant": lambda: driver.redeem_grant(card, self._grant(event)),
            "revoke": lambda: driver.revoke(card, self.grants[event["grant"]]),
            "grant": lambda: self._give(card, number, event),
            "reserve": lambda: self._reserve(card, number, event),
            "confirm": lambda: driver.confirm(
                card, self.holds[event["of"]], points=event["points"]
            ),
            "release": lambda: driver.release(card, self.holds[event["of"]]),
            "merge": lambda: driver.merge(card, self.cards[event["from"]]),
        }
        return verbs[ask]()

    def _grant(self, event: Event) -> GrantId | None:
        return None if event["grant"] is None else self.grants[event["grant"]]

    def _give(self, card: CardId, number: int, event: Event) -> Operation:
        self.grants[number] = GrantId(self.driver.ids.new_id())
        return self.driver.grant(
            card,
            self.rewards[event["reward"]],
            grant_id=self.grants[number],
            once_key=event["once"],
            expires_on=None if event["ends"] == NEVER else _date(event["ends"]),
        )

    def _reserve(self, card: CardId, number: int, event: Event) -> Operation:
        self.holds[number] = ReservationId(self.driver.ids.new_id())
        more: dict[str, Any] = {
            "points": {"points": event["points"]},
            "cake": {"reward_id": self.rewards["cake"]},
            "grant": {"grant_id": self._grant(event)},
        }[event["kind"]]
        seconds = event["seconds"]
        return self.driver.reserve(
            card, reservation_id=self.holds[number], expires_in_seconds=seconds, **more
        )


def held_by(shop: Shop, card: Card) -> dict[str, Any]:
    """Return what a card holds in the second opinion, as a counter says it."""
    return {
        "points": card.points.balance,
        "pending": card.points.pending,
        "carry": card.carry,
        "lots": card.points.lots(),
        "stamps": card.stamps.balance,
        "stamp_lots": card.stamps.lots(),
        "lifetime": (card.lifetime_stamps, card.lifetime_points, card.lifetime_rewards),
        "lap": (card.lap, card.claimed),
        "kept": card.kept,
        "tier": (card.member.place.tier, card.member.place.until),
        "counted": card.member.total(),
        "grants": sorted((one.reward, one.ends) for one in ready(shop, card).values()),
        "held": sorted(one.points for one in card.held.values()),
        "is_replaced": card.replaced_by is not None,
    }


def shelf_of(shop: Shop) -> dict[str, Any]:
    """Return what is in stock in the second opinion, and what promotions have given."""
    fair = shop.fair
    places = range(len(fair.promotions))
    return {
        "stock": {**shop.stock, "gift": None},
        "given": [(fair.points.get(place, 0), fair.stamps.get(place, 0)) for place in places],
    }


def _by_system(driver: TillDriver, card: CardId) -> dict[str, Any]:
    by = Actor(ActorKind.SYSTEM, None)
    return {"vendor_id": driver.vendor_id, "actor": by, "card": CardRef(CardKey.ID, card)}


def _import(driver: TillDriver) -> Actor:
    import_id = ImportId(driver.ids.new_id())
    of = {"id": import_id, "vendor_id": driver.vendor_id, "created_at": driver.clock.now()}
    by = {"actor_kind": ActorKind.MEMBER, "actor_id": "owner"}
    driver.add(HistoryImport(**of, **by, name=f"Moving in {import_id}"))
    return Actor(ActorKind.IMPORT, import_id)


def _date(text: str) -> date:
    return date.fromisoformat(text)


def _columns(program: Program) -> dict[str, Any]:
    rewards = [*program["milestones"], program["target"]]
    named = [{"at": at, "name": f"at {at}"} for at in rewards]
    return {
        "type": program["kind"],
        "currency": "EUR",
        "timezone": program["zone"].key,
        "points_per_currency_unit": program["per_unit"],
        "points_per_amount_minor": program["per_amount_minor"],
        "minimum_purchase_minor": program["minimum_purchase_minor"],
        "minimum_redemption_points": program["minimum_redemption_points"],
        "void_policy": program["void_policy"],
        "points_expiry": program["points_expiry"],
        "stamps_expiry": program["stamps_expiry"],
        "points_activation_days": program["activation_days"],
        "return_grace_days": program["grace_days"],
        "stamps_target": program["target"],
        "stamp_rewards": named if program["milestones"] else None,
        "unclaimed_milestones": "keep" if program["keeps"] else "lapse",
        "cooldown_minutes": program["cooldown_minutes"],
        "max_daily_stamps": program["daily"],
        "stamps_per_item": [{"sku": sku, "stamps": n} for sku, n in program["gives"].items()]
        or None,
        "max_stamps_per_visit": program["per_visit"],
    }


def _club(club: dict[str, Any], gift: RewardId) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    tiers = [
        {
            "key": f"t{place}",
            "name": f"t{place}",
            "threshold": threshold,
            "earn_factor": f"{float(factor):.3f}",
            "grants": [gift] if gives else [],
        }
        for place, (threshold, factor, gives) in enumerate(club["tiers"])
    ]
    rules = {
        "basis": club["basis"],
        "window": club["window"],
        "downgrade": club["falls"],
        "holds_months": club["holds"],
        "grace_days": club["grace"],
    }
    return tiers, rules


def _promotion(one: dict[str, Any], places: list[LocationId]) -> dict[str, Any]:
    if one["stamps"]:
        effect: dict[str, Any] = {"kind": "add_stamps", "stamps": one["stamps"]}
    elif one["points"]:
        effect = {"kind": "add_points", "points": one["points"]}
    else:
        effect = {"kind": "multiply", "factor": f"{float(one['factor']):.3f}"}
    name = "stamps" if one["stamps"] else "points"
    windows = []
    if one["window"]:
        begins, ends = one["window"]
        windows = [{"weekdays": one["weekdays"], "from": begins, "to": ends}]
    return {
        "effect": effect,
        "starts_on": one["starts_on"],
        "ends_on": one["ends_on"],
        "windows": windows,
        "items": one["items"],
        "location_ids": [places[place] for place in one["places"]],
        "tier_keys": [f"t{tier}" for tier in one["tiers"]],
        "minimum_purchase_minor": one["minimum_minor"],
        "limit": {"times": one["limit"][0], "per": one["limit"][1]} if one["limit"] else None,
        "budget": None if one["budget"] is None else {name: one["budget"]},
        "stacking": "best" if one["is_best"] else "add",
    }
