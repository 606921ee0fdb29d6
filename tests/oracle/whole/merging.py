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
    points: Counter[Thing]
    stamps: Counter[Thing]
    grants: set[int] = field(default_factory=set)
    is_undone: bool = False


def put_together(target: Card, source: Card, number: int, at: datetime) -> Merge:
    """Let the one card have all that the other has."""
    was, came = deepcopy(target), deepcopy(source)
    points = _poured(target.points, source.points, number)
    stamps = _poured(target.stamps, source.stamps, number)
    total = target.carry + source.carry
    points[NO_DATE] += target.points.put([NO_DATE] * floor(total))
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


def _poured(into: Pile, pile: Pile, number: int) -> Counter[Thing]:
    """Pour one pile into another; what is owed is repaid with what ends first."""
    there = Counter(into.things)
    things, owed = [*into.things, *pile.things], into.owed + pile.owed
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
    return stay


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


def take_apart(merge: Merge, target: Card, source: Card, policy: str) -> None:
    """Give the card that came what it had, as far as that is there."""
    came, was = merge.came, merge.was
    _part_points(merge, target, source, policy)
    _part_stamps(merge, target, source, policy)
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


def _part_points(merge: Merge, target: Card, source: Card, policy: str) -> None:
    came = merge.came.points
    value = came.balance + came.pending + merge.came.carry
    value -= target.points.take_ended(merge.number, value)
    has = target.points.balance + target.points.pending + target.carry
    left = has - value
    if left < 0 and policy == "refuse":
        raise Refused("not_enough_points")
    if left < 0 and policy == "clamp":
        left = max(left, min(has, Fraction(0)))
    before = target.points.balance + target.carry
    gone = _poured_back(target.points, floor(has) - floor(left), merge.points)
    target.carry = left - floor(left)
    back = before - target.points.balance - target.carry
    source.carry = back - floor(back)
    _filled(source.points, target.points, gone, floor(back), merge.came.points)


def _part_stamps(merge: Merge, target: Card, source: Card, policy: str) -> None:
    came = merge.came.stamps.balance
    number = came - int(target.stamps.take_ended(merge.number, Fraction(came)))
    has = target.stamps.balance
    left = has - number
    if left < 0 and policy == "refuse":
        raise Refused("not_enough_stamps")
    if left < 0 and policy == "clamp":
        left = max(left, min(has, 0))
    gone = _poured_back(target.stamps, has - left, merge.stamps)
    _filled(source.stamps, target.stamps, gone, has - left, merge.came.stamps)


def _poured_back(pile: Pile, number: int, came: Counter[Thing]) -> list[Thing]:
    """Take what came out of a pile again, of each kind no more than came; then as when spent."""
    if number < 0:
        pile.put([NO_DATE] * -number)
        return []
    gone: list[Thing] = []
    for kind, came_of_it in sorted(came.items()):
        missing = 0 if kind == NO_DATE else came_of_it
        for here in dict.fromkeys((kind, (kind[0], ""))):
            there = min(Counter(pile.things)[here], missing, number - len(gone))
            pile.remove([here] * there)
            gone += [here] * there
            missing -= there
    undated = min(Counter(pile.things)[NO_DATE], came[NO_DATE], number - len(gone))
    pile.remove([NO_DATE] * max(0, undated))
    gone += [NO_DATE] * max(0, undated)
    return gone + pile.take(number - len(gone), by_end)


def _filled(source: Pile, target: Pile, gone: list[Thing], balance: int, came: Pile) -> None:
    """Put what went back on the card that came, with its dates, up to its balance."""
    dated = sorted(thing for thing in gone if not thing[1] and thing != NO_DATE)
    dated = dated[max(0, len(dated) - max(0, balance)) :]
    source.things = [thing for thing in gone if thing[1]] + dated
    source.things += [NO_DATE] * max(0, balance - len(dated))
    source.owed = max(0, -balance)
    there = Counter(source.things)
    for number in came.parts:
        source.parts[number] = target.parts.pop(number) & there
        source.ended[number] = target.ended.pop(number, Fraction(0))
    target.bound()


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
