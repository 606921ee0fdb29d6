"""What a card was given, and what it sets aside for a while."""

from datetime import date, datetime, timedelta
from typing import Any

from tests.oracle.whole.cards import Card, Deed, Event, Grant, Held, Refused
from tests.oracle.whole.piles import NEVER
from tests.oracle.whole.spending import check_points, price_of, take_of


def ready(shop: Any, card: Card) -> dict[int, Grant]:
    """Return the grants that a card can collect."""
    return {
        number: one
        for number, one in shop.grants.items()
        if one.owner == card.number and one.state == "ready"
    }


def grant(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Give the card a reward."""
    key = event["once"]
    if key and any(
        one.once == key and one.given_to in shop.all_of(card) for one in shop.grants.values()
    ):
        raise Refused("grant_already_given")
    if event["ends"] != NEVER and event["ends"] < shop.day(event["happened"]).isoformat():
        raise Refused("invalid_input")
    give(shop, card, number, event, event["reward"], event["ends"])


def give(shop: Any, card: Card, number: int, event: Event, reward: str, ends: str = NEVER) -> None:
    """Let a card have a reward under a number."""
    shop.grants[number] = Grant(
        reward, ends, card.number, event["happened"], event.get("once"), card.number
    )


def end_grants(shop: Any, card: Card, day: date) -> None:
    """End what was good until before a day."""
    for one in ready(shop, card).values():
        if one.ends < day.isoformat():
            one.state = "expired"


def redeem_grant(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Hand out what the card was given."""
    deed.grant = _chosen(shop, card, event["grant"])
    one = shop.grants[deed.grant]
    if shop.stock.get(one.reward) == 0:
        raise Refused("reward_not_available")
    take_of(shop, one.reward)
    one.state, deed.grant_ends = "used", one.ends
    card.lifetime_rewards += 1


def revoke(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Withdraw what the card was given."""
    shop.grants[_chosen(shop, card, event["grant"])].state = "revoked"


def _chosen(shop: Any, card: Card, named: int | None) -> int:
    there = ready(shop, card)
    if named is not None:
        one = shop.grants[named]
        if one.owner != card.number:
            raise Refused("grant_not_found")
        if one.state != "ready":
            raise Refused(f"grant_{one.state}")
        return named
    if not there:
        raise Refused("no_grant")
    if len({one.reward for one in there.values()}) > 1:
        raise Refused("several_grants")
    return min(there, key=lambda number: (there[number].ends, there[number].since, number))


def reserve(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Set something aside."""
    until = event["happened"] + timedelta(seconds=event["seconds"])
    held = Held(until, 0, [], None, None)
    if event["kind"] == "grant":
        held.grant = _chosen(shop, card, event["grant"])
        held.reward = shop.grants[held.grant].reward
        if shop.stock.get(held.reward) == 0:
            raise Refused("reward_not_available")
        shop.grants[held.grant].state = "reserved"
    else:
        is_cake = event["kind"] == "cake"
        held.points = price_of(shop, card) if is_cake else event["points"]
        held.reward = "cake" if is_cake else None
        check_points(shop, card, held.points)
    held.gone = card.points.take(held.points)
    if held.reward:
        take_of(shop, held.reward)
    card.held[number] = held


def confirm(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Use what was set aside; what is not used comes back with its dates."""
    held = _open(card, event["of"])
    used = held.points
    if event["points"] is not None and not (event["points"] == used and not held.reward):
        if held.reward or not 1 <= event["points"] <= held.points:
            raise Refused("invalid_input")
        used = event["points"]
    card.points.put(sorted(held.gone)[used:])
    if held.reward:
        card.lifetime_rewards += 1
    if held.grant is not None:
        shop.grants[held.grant].state = "used"
    elif held.reward:
        deed.reward = held.reward
    _close(card, event["of"], "confirmed")


def release(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Give back what was set aside."""
    _open(card, event["of"])
    _give_back(shop, card, event["of"], "released")


def release_expired(shop: Any, card: Card, now: datetime) -> None:
    """Give back what was set aside until now."""
    for number, held in sorted(card.held.items(), key=lambda one: (one[1].until, one[0])):
        if held.until <= now:
            _give_back(shop, card, number, "expired")
    card.points.bound()


def _open(card: Card, number: int) -> Held:
    if number in card.held:
        return card.held[number]
    if number in card.ended_holds:
        raise Refused(f"reservation_{card.ended_holds[number]}")
    raise Refused("reservation_not_found")


def _give_back(shop: Any, card: Card, number: int, how: str) -> None:
    held = card.held[number]
    card.points.put(held.gone)
    if held.reward:
        take_of(shop, held.reward, -1)
    if held.grant is not None:
        shop.grants[held.grant].state = "ready"
    _close(card, number, how)


def _close(card: Card, number: int, how: str) -> None:
    del card.held[number]
    card.ended_holds[number] = how
