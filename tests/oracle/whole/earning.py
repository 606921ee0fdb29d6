"""What is collected at the counter: stamps, points of a purchase, both at once, a bonus."""

from collections import Counter
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Any

from tests.oracle.whole.cards import Card, Deed, Event, Program, Refused
from tests.oracle.whole.piles import days_later, last_day
from tests.oracle.whole.purchases import Purchase, Terms

LATE_DAYS, LATE_PURCHASES = 2, 20


def stamp(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Put stamps on a card, with those that promotions add."""
    base = base_stamps(shop.program, event)
    terms = _terms(shop, card, event, base, None)
    _put_stamps(shop, card, number, event, deed, base, terms)
    _note_promotions(shop, card, event, deed, terms, [])


def earn(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Credit the points of a purchase."""
    _check_minimum(shop.program, event["amount_minor"])
    terms = _terms(shop, card, event, 0, event["amount_minor"])
    _put_points(shop, card, number, event, deed, terms)


def visit(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Record a purchase with both."""
    base, amount = base_stamps(shop.program, event), event["amount_minor"]
    if not base and amount is None:
        raise Refused("invalid_input")
    if amount is not None:
        _check_minimum(shop.program, amount)
    terms = _terms(shop, card, event, base, amount)
    if base:
        _put_stamps(shop, card, number, event, deed, base, terms)
    _put_points(shop, card, number, event, deed, terms)


def bonus(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Give a card something that it bought nothing for."""
    day = shop.day(event["happened"])
    deed.stamps, deed.whole = event["stamps"], event["points"]
    deed.value = Fraction(deed.whole)
    card.lifetime_stamps += deed.stamps
    card.lifetime_points += deed.whole
    card.stamps.put([(last_day(shop.program["stamps_expiry"], day), "")] * deed.stamps, number)
    card.points.put([(last_day(shop.program["points_expiry"], day), "")] * deed.whole, number)
    deed.put_stamps = Counter(card.stamps.parts[number])
    deed.put_points = Counter(card.points.parts[number])


def opening(shop: Any, card: Card, number: int, event: Event, deed: Deed) -> None:
    """Put on a card what its holder had elsewhere: earned by nobody, and no visit."""
    day = shop.day(event["happened"])
    for name, pile in (("stamps", card.stamps), ("points", card.points)):
        told = event[name]
        if told is None:
            continue
        come = told if event["adds"] else told - pile.balance
        gone = pile.take(-come)
        end = last_day(shop.program[f"{name}_expiry"], day)
        pile.put([(end, "")] * max(0, come), number)
        put = Counter(pile.parts[number])
        if name == "stamps":
            deed.stamps, deed.gone_stamps, deed.put_stamps = come, gone, put
        else:
            deed.whole, deed.gone, deed.put_points = come, gone, put


def base_stamps(program: Program, event: Event) -> int:
    """Return how many stamps a purchase gives by itself."""
    most = program["per_visit"]
    by_items = event["items"] and (event["ask"] == "stamp" or event["stamps"] is None)
    if by_items and (event["ask"] == "stamp" or program["gives"]):
        found: int = sum(program["gives"].get(sku, 0) * n for sku, n in event["items"])
        if not found and event["ask"] == "stamp":
            raise Refused("invalid_input")
        return found if most is None else min(found, most)
    asked: int = 1 if event["stamps"] is None else event["stamps"]
    if most is not None and asked > most:
        raise Refused("visit_stamp_limit_reached")
    return asked


def check_told_late(shop: Any, card: Card, event: Event) -> None:
    """Refuse what comes late once today's other late ones are as many as can be."""
    is_late = event["recorded"] - event["happened"] > timedelta(minutes=10)
    if not is_late or event["ask"] not in ("stamp", "visit", "earn"):
        return
    today = shop.day(event["recorded"])
    told = [
        deed
        for deed in shop.deeds.values()
        if deed.card in shop.all_of(card)
        and not deed.is_voided
        and shop.day(deed.recorded) == today
    ]
    if event["ask"] != "earn" and (base := base_stamps(shop.program, event)):
        recorded = sum(deed.base_stamps for deed in told) + base
        if recorded > LATE_DAYS * shop.program["daily"]:
            raise Refused("daily_stamp_limit_reached")
    if event.get("amount_minor") is None:
        return
    bought = [d for d in told if d.is_late and d.ask in ("earn", "visit")]
    if len([d for d in bought if d.amount_minor is not None]) >= LATE_PURCHASES:
        raise Refused("late_purchase_limit_reached")


def visited(program: Program, card: Card, day: date) -> None:
    """Let a visit put off the ends of all that counts from the last one."""
    for pile, expiry in (
        (card.points, program["points_expiry"]),
        (card.stamps, program["stamps_expiry"]),
    ):
        if expiry and expiry["kind"] == "inactivity":
            pile.visited(last_day(expiry, day))


def _check_minimum(program: Program, amount: int) -> None:
    if amount < program["minimum_purchase_minor"]:
        raise Refused("purchase_below_minimum")


def _terms(shop: Any, card: Card, event: Event, base: int, amount: int | None) -> Terms:
    program, club = shop.program, shop.program["club"]
    rate = Fraction(program["per_unit"], program["per_amount_minor"])
    factor = Fraction(1) if club is None else club["tiers"][card.member.place.tier][1]
    plain = Terms(rate, program["minimum_purchase_minor"], factor)
    skus = frozenset(sku for sku, _ in event.get("items", ()))
    tier = None if club is None else card.member.place.tier
    bought = Purchase(event["happened"], amount, base, skus, event["place"], tier)
    terms: Terms = shop.fair.terms(plain, bought, card.uses)
    return terms


def _put_stamps(
    shop: Any, card: Card, number: int, event: Event, deed: Deed, base: int, terms: Terms
) -> None:
    _check_pause(shop, card, event, base)
    deed.base_stamps, deed.stamps = base, base + terms.stamps
    end = last_day(shop.program["stamps_expiry"], shop.day(event["happened"]))
    card.stamps.put([(end, "")] * deed.stamps, number)
    deed.put_stamps = Counter(card.stamps.parts[number])
    card.lifetime_stamps += deed.stamps


def _check_pause(shop: Any, card: Card, event: Event, base: int) -> None:
    at, program = event["happened"], shop.program
    before = [
        deed
        for deed in shop.deeds.values()
        if deed.card in shop.all_of(card) and deed.base_stamps and not deed.is_voided
    ]
    pause = timedelta(minutes=program["cooldown_minutes"])
    if any(abs(deed.happened - at) < pause for deed in before):
        raise Refused("stamp_too_soon")
    day = shop.day(at)
    if base + sum(d.base_stamps for d in before if shop.day(d.happened) == day) > program["daily"]:
        raise Refused("daily_stamp_limit_reached")


def _put_points(shop: Any, card: Card, number: int, event: Event, deed: Deed, terms: Terms) -> None:
    program, amount = shop.program, event["amount_minor"]
    parts = terms.whole_parts(amount or 0, card.carry)
    _note_promotions(shop, card, event, deed, terms, parts)
    deed.terms, deed.value = terms, terms.worth(amount or 0)
    deed.whole = floor(card.carry + deed.value)
    deed.counted = parts[0]
    card.carry += deed.value - deed.whole
    card.lifetime_points += deed.whole
    day, wait = shop.day(event["happened"]), program["activation_days"]
    begins = days_later(day, wait) if wait else ""
    card.points.put([(last_day(program["points_expiry"], day), begins)] * deed.whole, number)
    deed.put_points = Counter(card.points.parts[number])


def _note_promotions(
    shop: Any, card: Card, event: Event, deed: Deed, terms: Terms, parts: list[int]
) -> None:
    """Note what promotions gave: in whole points, and in stamps."""
    for place, (promotion, one) in enumerate(terms.promotions):
        points = parts[2 + place] if parts else 0
        deed.given.append((promotion, points, one["stamps"]))
        shop.fair.give(promotion, points, one["stamps"])
        if one["limit"]:
            deed.periods.append((promotion, shop.fair.period(one, event["happened"])))
            card.uses[deed.periods[-1]] += 1
