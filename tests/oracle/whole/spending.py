"""What leaves a card at the counter: full cards, rewards on the way, points, corrections."""

from collections import Counter
from typing import Any

from tests.oracle.whole.cards import Card, Deed, Event, Refused
from tests.oracle.whole.piles import last_day


def redeem_stamps(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Exchange a full card, or claim a reward on the way to it."""
    program, at = shop.program, event["at"]
    if at is not None and at != program["target"]:
        _claim(program, card, at, deed)
    elif card.stamps.balance < program["target"]:
        raise Refused("not_enough_stamps")
    else:
        deed.stamps = -program["target"]
        deed.gone = card.stamps.take(program["target"])
        if program["milestones"]:
            left = [one for one in program["milestones"] if one not in card.claimed]
            card.keep([(card.lap, one) for one in left] if program["keeps"] else [])
            card.lap += 1
            deed.begins_lap = True
    card.lifetime_rewards += 1
    deed.reward = "full"


def _claim(program: Any, card: Card, at: int, deed: Deed) -> None:
    if at not in program["milestones"]:
        raise Refused("invalid_input")
    kept = [pair for pair in card.kept if pair[1] == at]
    if kept:
        deed.claim, deed.was_kept = kept[0], True
        card.kept.remove(kept[0])
    elif at in card.claimed:
        raise Refused("milestone_already_claimed")
    elif card.stamps.balance < at:
        raise Refused("not_enough_stamps")
    else:
        deed.claim = card.lap, at
    card.claims.add(deed.claim)


def redeem_points(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Take a number of points off the card."""
    _spend(shop, card, event["points"], deed)


def redeem_reward(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Exchange points for the cake."""
    price = price_of(shop, card)
    _spend(shop, card, price, deed)
    deed.reward = "cake"
    card.lifetime_rewards += 1
    take_of(shop, "cake")


def price_of(shop: Any, card: Card) -> int:
    """Return what the cake costs, if it can be had for points by this card."""
    program = shop.program
    if shop.stock["cake"] == 0:
        raise Refused("reward_not_available")
    price: int = program["price"]
    if price >= program["minimum_redemption_points"] and program["per_card"] is not None:
        had = [
            deed
            for deed in shop.deeds.values()
            if deed.card in shop.all_of(card) and deed.reward == "cake" and not deed.is_voided
        ]
        held = [one for one in card.held.values() if one.reward == "cake" and one.grant is None]
        if len(had) + len(held) >= program["per_card"]:
            raise Refused("reward_not_available")
    return price


def take_of(shop: Any, reward: str, number: int = 1) -> None:
    """Take something off the shelf where it is counted."""
    if shop.stock.get(reward) is not None:
        shop.stock[reward] -= number


def check_points(shop: Any, card: Card, points: int) -> None:
    if points < shop.program["minimum_redemption_points"]:
        raise Refused("redemption_below_minimum")
    if points > card.points.balance:
        raise Refused("not_enough_points")


def adjust(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Correct the points by hand."""
    points = event["points"]
    if points < 0 and card.points.balance + points < 0:
        raise Refused("not_enough_points")
    card.points.take(-points)
    end = last_day(shop.program["points_expiry"], shop.day(event["happened"]))
    card.points.put([(end, "")] * max(0, points))


def _spend(shop: Any, card: Card, points: int, deed: Deed) -> None:
    check_points(shop, card, points)
    deed.whole = -points
    deed.gone = card.points.take(points)
    assert Counter(end for end, begins in deed.gone if begins) == Counter()
