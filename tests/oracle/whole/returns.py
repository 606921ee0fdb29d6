"""What is taken back: voids, refunds of a part, and what a tier counts less by them."""

from collections import Counter
from fractions import Fraction
from math import floor
from typing import Any

from tests.oracle.whole import promises
from tests.oracle.whole.cards import Card, Deed, Event, Refused
from tests.oracle.whole.piles import NEVER, days_later, own_first
from tests.oracle.whole.spending import take_of

VOIDABLE = (
    "stamp",
    "visit",
    "earn",
    "bonus",
    "redeem_stamps",
    "points",
    "reward",
    "redeem_grant",
)
COLLECTED = ("stamp", "visit", "earn", "bonus")


def void(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Let the card be as if something had never been."""
    of = event["of"]
    past = shop.deeds[of]
    _check_voidable(card, past, by_import=event.get("by_import", False))
    today = shop.day(event["happened"])
    soonest = days_later(today, shop.program["grace_days"])
    if past.ask == "opening":
        _take_opening_back(card, of, past, soonest)
    elif past.ask in COLLECTED:
        _take_stamps_back(shop, card, of, past, past.stamps)
        _take_points_back(shop, card, of, past, past.value)
        card.lifetime_points -= past.whole
    elif past.ask == "redeem_stamps":
        _take_reward_back(shop, card, past, soonest)
    elif past.ask == "redeem_grant":
        _take_grant_back(shop, card, past, soonest)
    else:
        _give_points_back(card, past, soonest)
        if past.reward:
            take_of(shop, past.reward, -1)
            card.lifetime_rewards -= 1
    for promotion, points, stamps in past.given:
        shop.fair.give(promotion, -points, -stamps)
    for period in past.periods:
        card.uses[period] -= 1
    for claim in past.references:
        del shop.receipts[claim]
    past.is_voided = True


def _check_voidable(card: Card, past: Deed, *, by_import: bool) -> None:
    if past.is_voided:
        raise Refused("already_voided")
    if past.ask not in VOIDABLE and not (past.ask == "opening" and by_import):
        raise Refused("not_voidable")
    if past.refunded_minor:
        raise Refused("purchase_refunded")
    if past.epoch != card.epoch and (past.claim or past.begins_lap):
        raise Refused("entry_before_merge")


def refund(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Take back what the part of a purchase earned that was paid back."""
    of = event["of"]
    past = shop.deeds[of]
    if past.is_voided or (of in shop.merges and shop.merges[of].is_undone):
        raise Refused("already_voided")
    if past.ask not in ("earn", "visit") or past.amount_minor is None:
        raise Refused("not_refundable")
    left = past.amount_minor - past.refunded_minor
    rest = left - event["amount_minor"]
    if rest < 0:
        raise Refused("refund_exceeds_purchase")
    value = past.terms.worth(left) - past.terms.worth(rest)
    _take_points_back(shop, card, of, past, value)
    if rest == 0:
        _take_stamps_back(shop, card, of, past, past.stamps)
    card.lifetime_points += _whole(past, rest) - _whole(past, left)
    past.refunded_minor += event["amount_minor"]


def settle_club(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Let purchases count towards a tier, and what is taken back no more."""
    club = shop.program["club"]
    if club is None:
        return
    day = shop.day(event["happened"])
    if event["ask"] in ("stamp", "visit", "earn"):
        amount = {
            "points": deed.counted,
            "spend_minor": deed.amount_minor or 0,
            "visits": 1,
            "stamps": deed.base_stamps,
        }[club["basis"]]
        deed.counted = amount
        if card.member.buy(club, number, amount, day):
            promises.give(shop, card, -1 - number, event, "gift")
    elif event["ask"] in ("void", "refund"):
        past = shop.deeds[event["of"]]
        left = 0
        if event["ask"] == "refund":
            rest = past.amount_minor - past.refunded_minor
            shared = past.counted * rest // past.amount_minor
            is_shared = club["basis"] in ("points", "spend_minor")
            left = shared if is_shared else (past.counted if rest else 0)
        card.member.take_back(club, event["of"], left, day)


def _whole(past: Deed, left_minor: int) -> int:
    """Return the whole points that what is left of a purchase counts as ever earned."""
    if left_minor == past.amount_minor:
        return past.whole
    assert past.terms is not None
    return min(past.whole, floor(past.terms.worth(left_minor)))


def _take_stamps_back(shop: Any, card: Card, of: int, past: Deed, stamps: int) -> None:
    if not stamps:
        return
    number = stamps - int(card.stamps.take_ended(of, Fraction(stamps)))
    reach = max(0, card.stamps.balance)
    if number > reach and shop.program["void_policy"] == "refuse":
        raise Refused("not_enough_stamps")
    if number > reach and shop.program["void_policy"] == "clamp":
        card.forgiven_stamps += number - reach
        number = reach
    card.lifetime_stamps -= stamps
    card.stamps.take(number, own_first(past.put_stamps))


def _take_points_back(shop: Any, card: Card, of: int, past: Deed, value: Fraction) -> None:
    value -= card.points.take_ended(of, value)
    has = card.points.balance + card.points.pending + card.carry
    reach = max(has, Fraction(0))
    if value > reach and shop.program["void_policy"] == "refuse":
        raise Refused("not_enough_points")
    if value > reach and shop.program["void_policy"] == "clamp":
        card.forgiven_points += value - reach
        value = reach
    left = has - value
    card.carry = left - floor(left)
    card.points.take(floor(has) - floor(left), own_first(past.put_points))


def _take_opening_back(card: Card, of: int, past: Deed, soonest: str) -> None:
    """Take off what an import put there, if it is all there, but for what has ended."""
    sides = [
        (card.stamps, past.stamps, past.put_stamps, past.gone_stamps, "not_enough_stamps"),
        (card.points, past.whole, past.put_points, past.gone, "not_enough_points"),
    ]
    left = [n - int(pile.take_ended(of, Fraction(max(0, n)))) for pile, n, *_ in sides]
    for number, (pile, *_, code) in zip(left, sides, strict=True):
        if number > max(0, pile.balance):
            raise Refused(code)
    for number, (pile, _, put, gone, _) in zip(left, sides, strict=True):
        if number > 0:
            pile.take(number, own_first(put))
        else:
            _put_things_back(pile, gone, -number, soonest)


def _take_grant_back(shop: Any, card: Card, past: Deed, soonest: str) -> None:
    """Let a grant be there again, for some days at least."""
    grant = shop.grants[past.grant]
    grant.state, grant.owner = "ready", card.number
    if past.grant_ends != NEVER:
        grant.ends = max(past.grant_ends, soonest)
    take_of(shop, grant.reward, -1)
    card.lifetime_rewards -= 1


def _take_reward_back(shop: Any, card: Card, past: Deed, soonest: str) -> None:
    """Let a milestone be claimed again, or give a full card's stamps back, and its lap."""
    card.lifetime_rewards -= 1
    if past.claim:
        card.claims.discard(past.claim)
        if past.claim[0] < card.lap and (shop.program["keeps"] or past.was_kept):
            card.keep([past.claim])
        return
    back = max(0, -past.stamps - card.forgiven_stamps)
    card.forgiven_stamps -= -past.stamps - back
    _put_back(card.stamps, past, back, soonest)
    if past.begins_lap:
        card.lap -= 1
        card.kept = [pair for pair in card.kept if pair[0] < card.lap]


def _give_points_back(card: Card, past: Deed, soonest: str) -> None:
    back = max(Fraction(0), -past.whole - card.forgiven_points)
    card.forgiven_points -= -past.whole - back
    has = card.points.balance + card.carry + back
    number = floor(has) - card.points.balance
    card.carry = has - floor(has)
    _put_back(card.points, past, number, soonest)


def _put_back(pile: Any, past: Deed, number: int, soonest: str) -> None:
    """Put back what was spent, the first to end left out, with its dates or days of grace."""
    _put_things_back(pile, past.gone, number, soonest)


def _put_things_back(pile: Any, gone: list[Any], number: int, soonest: str) -> None:
    gone = sorted(gone)
    kept = gone[max(0, len(gone) - number) :]
    kept += [(NEVER, "")] * (number - len(kept))
    pile.put([(max(end, soonest), "") for end, _ in kept])
    assert Counter(begins for _, begins in kept) == Counter({"": number})
