"""The shop: what is asked for at its counter, event by event, and what becomes of it."""

from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.whole import earning, promises, returns, spending
from tests.oracle.whole.cards import Card, Deed, Event, Grant, Program, Refused, day_of
from tests.oracle.whole.merging import Merge, check_age, put_together, take_apart
from tests.oracle.whole.piles import days_later
from tests.oracle.whole.purchases import Fair

# What settles something that was promised, whatever a card or a program has become since.
SETTLING = ("confirm", "release")
VERBS: dict[str, Any] = {
    "stamp": earning.stamp,
    "visit": earning.visit,
    "earn": earning.earn,
    "bonus": earning.bonus,
    "opening": earning.opening,
    "adjust": spending.adjust,
    "redeem_stamps": spending.redeem_stamps,
    "points": spending.redeem_points,
    "reward": spending.redeem_reward,
    "grant": promises.grant,
    "redeem_grant": promises.redeem_grant,
    "revoke": promises.revoke,
    "reserve": promises.reserve,
    "confirm": promises.confirm,
    "release": promises.release,
    "void": returns.void,
    "refund": returns.refund,
}
VISITS = ("stamp", "visit", "earn", "redeem_stamps", "points", "reward", "redeem_grant")
CLAIMS = {
    "stamp": ("stamps",),
    "earn": ("purchase",),
    "visit": ("purchase", "stamps"),
    "refund": ("refund",),
}


class Shop:
    """All cards of one program, the shelf, what promotions gave, and the receipts that stand."""

    def __init__(self, program: Program, cards: int, opened_at: datetime) -> None:
        self.program = program
        self.cards = [Card(number, opened_at) for number in range(cards)]
        self.deeds: dict[int, Deed] = {}
        self.grants: dict[int, Grant] = {}
        self.merges: dict[int, Merge] = {}
        self.stock: dict[str, int | None] = {"cake": program["stock"], "coffee": program["cups"]}
        self.fair = Fair(program["promotions"], program["zone"])
        self.receipts: dict[tuple[str, str], int] = {}

    def live(self, number: int, event: Event) -> str:
        """Take the event of this number; returns "done" or the code of the refusal."""
        for card in self._touched(event):
            promises.release_expired(self, card, event["recorded"])
        before = deepcopy(self.__dict__)
        try:
            self._take(number, event)
        except Refused as refusal:
            self.__dict__.update(before)
            return str(refusal)
        for card in self.cards:
            card.points.bound()
            card.stamps.bound()
        return "done"

    def day(self, moment: datetime) -> Any:
        return day_of(self.program, moment)

    def all_of(self, card: Card) -> list[int]:
        """Return the numbers of a card and of those that were merged into it."""
        return [card.number, *card.pasts]

    def book(self, card: Card, moment: datetime) -> None:
        """Let begin and end what does by itself until a moment."""
        day = self.day(moment)
        card.points.pass_to(day)
        card.stamps.pass_to(day)
        promises.end_grants(self, card, day)
        card.member.pass_to(self.program["club"], day)

    def _touched(self, event: Event) -> list[Card]:
        merge = self.merges.get(event.get("of", -1)) if event["ask"] == "void" else None
        if merge is not None:
            return [self.cards[merge.target], self.cards[merge.source]]
        if event["ask"] == "merge":
            return [self.cards[event["card"]], self.cards[event["from"]]]
        return [self._card(event)]

    def _card(self, event: Event) -> Card:
        if event["ask"] in ("void", "refund"):
            return self.cards[self.deeds[event["of"]].card]
        return self.cards[event["card"]]

    def _take(self, number: int, event: Event) -> None:
        card = self._card(event)
        if event["ask"] == "merge":
            self._merge(number, event)
        elif event["ask"] == "void" and event["of"] in self.merges:
            self._separate(event)
        elif event["ask"] == "book":
            self._book_only(card, event["until"])
        elif event["ask"] in SETTLING:
            deed = self.deed(event, card)
            VERBS[event["ask"]](self, card, number, event, deed)
            self.deeds[number] = deed
        else:
            self._serve(card, number, event)

    def deed(self, event: Event, card: Card) -> Deed:
        late = event["recorded"] - event["happened"] > timedelta(minutes=10)
        return Deed(
            event["ask"],
            card.number,
            event["happened"],
            event["recorded"],
            card.epoch,
            late,
            amount_minor=event.get("amount_minor"),
        )

    def _serve(self, card: Card, number: int, event: Event) -> None:
        ask = event["ask"]
        claims = [(kind, event["reference"]) for kind in CLAIMS.get(ask, ())]
        if ask == "opening" and ("opening", f"{card.number}") in self.receipts:
            raise Refused("opening_balance_exists")
        if event.get("reference") and any(claim in self.receipts for claim in claims):
            raise Refused("reference_already_used")
        if card.replaced_by is not None:
            raise Refused("card_replaced")
        earning.check_told_late(self, card, event)
        self.book(card, event["happened"])
        deed = self.deed(event, card)
        VERBS[ask](self, card, number, event, deed)
        self.deeds[number] = deed
        if ask in VISITS:
            day = self.day(event["happened"])
            earning.visited(self.program, card, day)
        returns.settle_club(self, card, number, event, deed)
        if event.get("reference"):
            deed.references = claims
        if ask == "opening":
            deed.references = [("opening", f"{card.number}")]
        self.receipts |= dict.fromkeys(deed.references, number)

    def _book_only(self, card: Card, until: datetime) -> None:
        counts = [card.points.booked, card.stamps.booked, card.member.booked]
        ready = [one.state for one in self.grants.values()]
        self.book(card, until)
        booked = [card.points.booked, card.stamps.booked, card.member.booked]
        if booked == counts and ready == [one.state for one in self.grants.values()]:
            raise Refused("nothing_due")

    def _merge(self, number: int, event: Event) -> None:
        target, source = self.cards[event["card"]], self.cards[event["from"]]
        for card in (target, source):
            if card.replaced_by is not None:
                raise Refused("card_replaced")
            if card.held:
                raise Refused("reservations_open")
            self.book(card, event["happened"])
        merge = put_together(target, source, number, event["happened"])
        self.merges[number] = merge
        self.deeds[number] = self.deed(event, target)
        for name, grant in promises.ready(self, source).items():
            merge.grants.add(name)
            grant.owner = target.number

    def _separate(self, event: Event) -> None:
        merge, at = self.merges[event["of"]], event["happened"]
        target, source = self.cards[merge.target], self.cards[merge.source]
        if merge.is_undone:
            raise Refused("already_voided")
        check_age(merge, at)
        if target.replaced_by is not None:
            raise Refused("card_replaced")
        self.book(target, at)
        if target.held:
            raise Refused("reservations_open")
        soonest = days_later(self.day(at), self.program["grace_days"])
        take_apart(merge, target, source, self.program["void_policy"], soonest)
        for name in merge.grants & set(promises.ready(self, target)):
            self.grants[name].owner = source.number
