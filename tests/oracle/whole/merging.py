"""Two cards of one person put together, and apart again."""

from collections import Counter
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from tests.oracle.whole.cards import Card, Refused
from tests.oracle.whole.clubs import Place, higher
from tests.oracle.whole.piles import NO_DATE, Pile, Thing, by_end


@dataclass
class Merge:
    """Two cards that were put together: both as they were, and what the one became by it."""

    number: int
    target: int
    source: int
    made_at: datetime
    was: Card
    came: Card
    place: Place
    points: "Poured"
    stamps: "Poured"
    grants: set[int] = field(default_factory=set)
    is_undone: bool = False


@dataclass
class Poured:
    """One pile poured into another: what of it stayed, and what that one repaid debts with.

    `met` things more are of parts that met. `debt` is what the one that came owed beside those,
    `repaid` what it repaid of the other's debt. `lost` are the parts that events had in what was
    repaid with.
    """

    met: int
    stayed: Counter[Thing]
    repaid_with: list[Thing]
    debt: int
    repaid: int
    lost: dict[int, int]


def put_together(target: Card, source: Card, number: int, at: datetime) -> Merge:
    """Let the one card have all that the other has."""
    was, came = deepcopy(target), deepcopy(source)
    total = target.carry + source.carry
    points = _poured(target.points, source.points, number, met=floor(total))
    stamps = _poured(target.stamps, source.stamps, number)
    target.carry, source.carry = total - floor(total), Fraction(0)
    for name in ("lifetime_stamps", "lifetime_points", "lifetime_rewards"):
        setattr(target, name, getattr(target, name) + getattr(source, name))
        setattr(source, name, 0)
    _count_laps_on(target, source, was.lap, came.lap)
    place = higher(target.member.place, source.member.place)
    target.member.place, source.member.place = place, Place()
    target.member.bought |= source.member.bought
    source.member.bought = {}
    target.uses += source.uses
    source.uses = Counter()
    target.pasts += [source.number, *source.pasts]
    source.pasts = []
    source.replaced_by = target.number
    target.epoch, source.epoch = target.epoch + 1, source.epoch + 1
    return Merge(number, target.number, source.number, at, was, came, place, points, stamps)


def _poured(into: Pile, pile: Pile, number: int, *, met: int = 0) -> Poured:
    """Pour one pile into another; what is owed is repaid with what ends first.

    Parts that met repay before anything else does.
    """
    there, owed_before = Counter(into.things), into.owed
    lost = {event: _dated(part) for event, part in into.parts.items()}
    debt = max(0, pile.owed - met)
    things, owed = [*into.things, *pile.things], into.owed + pile.owed
    things += [NO_DATE] * max(0, met - owed)
    owed = max(0, owed - met)
    for thing in sorted(thing for thing in things if not thing[1])[:owed]:
        things.remove(thing)
        owed -= 1
    into.things, into.owed = things, owed
    into.parts |= pile.parts
    into.ended |= pile.ended
    stay = Counter(things) - there
    into.parts[number] = Counter({kind: n for kind, n in stay.items() if kind != NO_DATE})
    into.bound()
    pile.things, pile.owed, pile.parts, pile.ended = [], 0, {}, {}
    lost = {event: n - _dated(into.parts[event]) for event, n in lost.items()}
    repaid_with = list((there - Counter(things)).elements())
    return Poured(met, stay, repaid_with, debt, max(0, owed_before - owed), lost)


def _dated(part: Counter[Thing]) -> int:
    return sum(n for kind, n in part.items() if kind != NO_DATE)


def _count_laps_on(target: Card, source: Card, own: int, come: int) -> None:
    target.lap = own + come - 1
    target.claims = {_claim_of_own(one, own, come) for one in target.claims} | {
        (lap + own - 1, at) for lap, at in source.claims
    }
    kept = [_claim_of_own(one, own, come) for one in target.kept]
    target.kept = sorted(kept + [(lap + own - 1, at) for lap, at in source.kept])
    source.lap, source.claims, source.kept = 1, set(), []


def _claim_of_own(claim: tuple[int, int], own: int, come: int) -> tuple[int, int]:
    lap, at = claim
    return (lap if lap < own else lap + come - 1), at


def take_apart(merge: Merge, target: Card, source: Card, policy: str, soonest: str) -> None:
    """Give the card that came what it had, as far as that is there, and each its own debts."""
    came, was = merge.came, merge.was
    _part_points(merge, target, source, policy, soonest)
    _part_stamps(merge, target, source, policy, soonest)
    for name in ("lifetime_stamps", "lifetime_points", "lifetime_rewards"):
        setattr(source, name, getattr(came, name))
        setattr(target, name, getattr(target, name) - getattr(came, name))
    _count_laps_back(target, source, was, came)
    if target.member.place == merge.place:
        target.member.place = was.member.place
    source.member.place = came.member.place
    for number in came.member.bought:
        source.member.bought[number] = target.member.bought.pop(number)
    source.uses = Counter(came.uses)
    target.uses -= came.uses
    source.pasts = [number for number in came.pasts if number in target.pasts]
    gone = {source.number, *source.pasts}
    target.pasts = [number for number in target.pasts if number not in gone]
    source.replaced_by = None
    target.epoch, source.epoch = target.epoch + 1, source.epoch + 1
    merge.is_undone = True


def _part_points(merge: Merge, target: Card, source: Card, policy: str, soonest: str) -> None:
    came, was = merge.came, merge.was
    value = came.points.balance + came.points.pending + came.carry
    value -= target.points.take_ended(merge.number, value + merge.points.debt)
    has = target.points.balance + target.points.pending + target.carry
    least = min(Fraction(0), was.points.balance + was.carry)
    left = _allowed(has, has - value, least, policy, "not_enough_points")
    before = target.points.balance + target.carry
    back = _poured_back(merge, "points", target, floor(has) - floor(left), soonest)
    target.carry = left - floor(left)
    there = before - target.points.balance - target.carry
    source.carry = there - floor(there)
    _filled(merge, "points", source, target, back, floor(there))


def _part_stamps(merge: Merge, target: Card, source: Card, policy: str, soonest: str) -> None:
    came, was = merge.came.stamps, merge.was.stamps
    number = came.balance
    number -= int(target.stamps.take_ended(merge.number, Fraction(number + came.owed)))
    has = Fraction(target.stamps.balance)
    least = Fraction(min(0, was.balance))
    left = _allowed(has, has - number, least, policy, "not_enough_stamps")
    gone = int(has - left)
    back = _poured_back(merge, "stamps", target, gone, soonest)
    _filled(merge, "stamps", source, target, back, gone)


def _allowed(has: Fraction, left: Fraction, least: Fraction, policy: str, code: str) -> Fraction:
    """Return what may be left of what a card has: what it owed itself, it may owe again."""
    if left < least and policy == "refuse":
        raise Refused(code)
    return max(left, min(has, least)) if policy == "clamp" else left


def _poured_back(merge: Merge, name: str, target: Card, number: int, soonest: str) -> list[Thing]:
    """Let things of a pile go where they came from; returns what arrives there.

    Of each kind no more than came, then as when spent. For what is not there the pile owes, and
    what came last to end arrives. What it repaid with comes back.
    """
    pile, came, was = (getattr(card, name) for card in (target, merge.came, merge.was))
    poured: Poured = getattr(merge, name)
    before = Counter(pile.things)
    away = max(0, number + poured.debt)
    debts = away - number
    gone: list[Thing] = []
    for kind, came_of_it in sorted(poured.stayed.items()):
        missing = 0 if kind == NO_DATE else came_of_it
        for here in dict.fromkeys((kind, (kind[0], ""))):
            there = min(Counter(pile.things)[here], missing, away - len(gone))
            pile.remove([here] * there)
            gone += [here] * there
            missing -= there
    undated = min(Counter(pile.things)[NO_DATE], poured.stayed[NO_DATE], away - len(gone))
    pile.remove([NO_DATE] * undated)
    gone += [NO_DATE] * undated
    gone += pile.take(min(away - len(gone), len(pile.active)), by_end)
    # It owes what it owed before rather than giving away what is still to begin.
    again = min(away - len(gone), poured.repaid)
    gone += pile.take(away - len(gone) - again, by_end)
    pile.owed += again
    owed = away - len(gone)
    had = [end for end, _ in came.things] + [NO_DATE[0]] * (0 if came.owed else poured.met)
    left = Counter(had) - Counter(end for end, _ in gone)
    late = sorted(left.elements())[max(0, left.total() - owed) :]
    late += [NO_DATE[0]] * (owed - len(late))
    repaid = min(debts, max(0, was.balance))
    pile.put([NO_DATE] * (debts - repaid))
    kept = sorted(poured.repaid_with)[max(0, len(poured.repaid_with) - repaid) :]
    kept += [NO_DATE] * (repaid - len(kept))
    pile.put([(max(end, soonest), "") for end, _ in kept])
    come = Counter(pile.things) - before
    for event, lost in poured.lost.items():
        if event in pile.parts:
            pile.parts[event] += _found_again(lost, come)
    return gone + [(max(end, soonest), "") for end in late]


def _filled(
    merge: Merge, name: str, source: Card, target: Card, gone: list[Thing], balance: int
) -> None:
    """Put what went back on the card that came, with its dates, up to its balance."""
    pile, there, came = (getattr(card, name) for card in (source, target, merge.came))
    dated = sorted(thing for thing in gone if not thing[1] and thing != NO_DATE)
    dated = dated[max(0, len(dated) - max(0, balance)) :]
    pile.things = [thing for thing in gone if thing[1]] + dated
    come = Counter(pile.things)
    pile.things += [NO_DATE] * max(0, balance - len(dated))
    pile.owed = max(0, -balance)
    for event, part in came.parts.items():
        pile.ended[event] = there.ended.pop(event, Fraction(0))
        ended = pile.ended[event] - came.ended.get(event, Fraction(0))
        left = there.parts.pop(event)
        lost = _dated(part) - _dated(left) - int(ended)
        left &= come
        pile.parts[event] = left + _found_again(lost, come - left)
    there.bound()


def _found_again(lost: int, come: Counter[Thing]) -> Counter[Thing]:
    """Return where the part of an event is that had been repaid with, or spent, and came back."""
    found: Counter[Thing] = Counter()
    for kind, number in sorted(come.items()):
        if kind != NO_DATE:
            found[kind] = min(number, lost)
            lost -= found[kind]
    return found


def _count_laps_back(target: Card, source: Card, was: Card, came: Card) -> None:
    joint = was.lap + came.lap - 1
    mine = {_claim_of_own(one, was.lap, came.lap) for one in was.claims}
    theirs = {(lap + was.lap - 1, at) for lap, at in came.claims} - mine

    def back(claim: tuple[int, int]) -> tuple[int, int]:
        lap, at = claim
        return (lap if lap < joint else max(was.lap, lap - came.lap + 1)), at

    kept = Counter(target.kept)
    kept_back = kept & Counter((lap + was.lap - 1, at) for lap, at in came.kept)
    target.kept = sorted(back(one) for one in (kept - kept_back).elements())
    source.kept = sorted((lap - was.lap + 1, at) for lap, at in kept_back.elements())
    target.claims = {back(one) for one in target.claims if one not in theirs and one[0] >= joint}
    target.lap = back((target.lap, 0))[0]
    source.lap, source.claims = came.lap, set(came.claims)


def check_age(merge: Merge, at: datetime) -> None:
    if at - merge.made_at > timedelta(days=30):
        raise Refused("merge_too_old")
