"""What a card has beside its balances, put together with another card's, and taken apart again.

Laps are counted on: the full cards that either card exchanged stay counted, so the laps of before
keep numbers of their own. What can be had once was had if either card had it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.promotions.promotion_rules import KEPT_PERIODS
from punchcard.loyalty.rules.stamps.milestone_rules import claims_told
from punchcard.loyalty.rules.standing import Details, Lot, LotChange, Standing
from punchcard.loyalty.rules.tiers.qualifying import taken_back
from punchcard.loyalty.rules.tiers.tier_plan import TierPlan, higher_tier


class Laps(NamedTuple):
    """How the laps of two cards are counted on one: `own` and `come` are the laps they are on."""

    own: int
    come: int

    @property
    def joint(self) -> int:
        """Return the lap that the one card is on."""
        return self.own + self.come - 1

    def of_own(self, lap: int) -> int:
        """Return which lap a lap of the card that stays becomes."""
        return lap if lap < self.own else lap + self.come - 1

    def of_come(self, lap: int) -> int:
        """Return which lap a lap of the card that comes becomes."""
        return lap + self.own - 1

    def back_to_own(self, lap: int) -> int:
        """Return which lap of the card that stays a joint one was."""
        return lap if lap < self.joint else max(self.own, lap - self.come + 1)


def all_lots(held: Iterable[Lot], sign: int) -> list[LotChange]:
    """Return the changes that put all of these lots onto a card, or with `sign` -1 take them."""
    return lots.merged(
        [lot.expires_on, sign * lot.amount, *((lot.activates_on,) if lot.activates_on else ())]
        for lot in held
    )


def fitting(
    held: Iterable[Lot], come: Iterable[LotChange], balance: int, *, owed: int = 0
) -> list[LotChange]:
    """Return the changes `come` of lots such that no more of a `balance` has dates than there is.

    What either card `owed` is repaid with what ends first, and only then with what has no date.
    """
    come = list(come)
    together = lots.merged([*([lot.expires_on, lot.amount] for lot in _active(held)), *come])
    active = [Lot(one[0], one[1]) for one in together if len(one) == 2]
    beyond = sum(lot.amount for lot in active) - max(balance, 0)
    taken = lots.take(active, max(beyond, owed, 0))
    return lots.merged([*come, *taken])


def put_together(own: Standing, come: Standing, plan: TierPlan | None) -> Details:
    """Return what the standing of a card becomes with another's beside it, but for lots.

    Of the tiers of `plan` the higher counts; what counts towards them adds up, and the next
    purchase reaches one by it.
    """
    laps = Laps(own.lap, come.lap)
    kept = [*_moved(own.kept, laps.of_own), *_moved(come.kept, laps.of_come)]
    ahead = {*_moved(own.ahead, laps.of_own), *_moved(come.ahead, laps.of_come)}
    after = {
        "lap": laps.joint,
        "claimed": sorted({*own.claimed, *come.claimed}),
        "kept": _told(kept),
        "ahead": _told(ahead),
        "tier": higher_tier(plan, own.tier, come.tier),
    }
    counts = own.qualifying
    added = {
        "qualifying": {key: counts.get(key, 0) + more for key, more in come.qualifying.items()},
        "uses": {name: _uses(own.uses.get(name, ()), uses) for name, uses in come.uses.items()},
        "grants": {name: dict(facts) for name, facts in come.grants.items()},
        "merged": dict(come.merged),
    }
    return {**changed(own, after), **{name: part for name, part in added.items() if part}}


def emptied(standing: Standing) -> Details:
    """Return what an entry tells that takes all of a standing but its lots off a card."""
    nothing = Standing()
    after = {
        "lap": 1,
        "claimed": [],
        "kept": [],
        "ahead": [],
        "tier": {},
    }
    gone: Details = {
        "qualifying": dict.fromkeys(standing.qualifying, 0),
        "uses": {name: [] for name in standing.uses},
        "grants": {name: {} for name in standing.grants},
        "merged": dict.fromkeys(standing.merged, ""),
    }
    assert standing.held == nothing.held
    return {**changed(standing, after), **{name: part for name, part in gone.items() if part}}


def taken_apart(
    now: Standing, was: Standing, came: Standing, merged_tier: Mapping[str, Any]
) -> tuple[Standing, Details]:
    """Return what goes back to the card that came, and what the one that stays tells of it.

    `was` and `came` are the standings of both before they were merged, `merged_tier` is what the
    tier became then. What was used meanwhile stays used; what came beside is left where it came.
    Each has the claims again that were its own: no void took them back meanwhile.
    """
    laps = Laps(was.lap, came.lap)
    kept, kept_back = _split(now.kept, _moved(came.kept, laps.of_come))
    own_claims = _moved(claims_told(was), laps.of_own)
    only_theirs = set(_moved(claims_told(came), laps.of_come)) - set(own_claims)
    ahead = [pair for pair in now.ahead if pair not in only_theirs]
    grants = {name: now.grants[name] for name in came.grants if name in now.grants}
    back = came._replace(
        lots=(),
        stamp_lots=(),
        kept=tuple((lap - laps.own + 1, at) for lap, at in kept_back),
        grants=grants,
        merged={name: card for name, card in came.merged.items() if name in now.merged},
    )
    after = {
        "lap": laps.back_to_own(now.lap),
        "claimed": [at for at in now.claimed if (now.lap, at) not in only_theirs],
        "kept": _told(_moved(kept, laps.back_to_own)),
        "ahead": _told(_moved(ahead, laps.back_to_own)),
        # One that was reached since is the card's own.
        "tier": dict(was.tier if now.tier == merged_tier else now.tier),
    }
    counts: dict[str, int] = {}
    for key, amount in came.qualifying.items():
        counts |= taken_back({**now.qualifying, **counts}, key, amount)
    gone = {
        "qualifying": counts,
        "uses": {
            name: _uses(now.uses.get(name, ()), uses, sign=-1) for name, uses in came.uses.items()
        },
        "grants": {name: {} for name in grants},
        "merged": dict.fromkeys(back.merged, ""),
    }
    return back, {**changed(now, after), **{name: part for name, part in gone.items() if part}}


def put_back(back: Standing) -> Details:
    """Return what the entry tells that gives an emptied card this standing again."""
    document = back.document() or {}
    return {name: value for name, value in document.items() if name not in ("lots", "stamp_lots")}


def changed(standing: Standing, after: Mapping[str, Any]) -> Details:
    """Return those of the parts `after` that differ from the standing's."""
    before = {
        "lap": standing.lap,
        "claimed": list(standing.claimed),
        "kept": _told(standing.kept),
        "ahead": _told(standing.ahead),
        "tier": dict(standing.tier),
    }
    return {name: value for name, value in after.items() if before[name] != value}


def _active(held: Iterable[Lot]) -> list[Lot]:
    return [lot for lot in held if not lot.activates_on]


def _moved(pairs: Iterable[tuple[int, int]], lap_of: Any) -> list[tuple[int, int]]:
    return [(lap_of(lap), at) for lap, at in pairs]


def _told(pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    return [list(pair) for pair in sorted(pairs)]


def _split(
    now: Iterable[tuple[int, int]], theirs: Iterable[tuple[int, int]]
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the pairs that stay, and those of the other card that are still there."""
    left, back = list(now), []
    for pair in theirs:
        if pair in left:
            left.remove(pair)
            back.append(pair)
    return left, back


def _uses(own: Sequence[Any], come: Sequence[Any], *, sign: int = 1) -> list[list[Any]]:
    """Return how often one card got a promotion, by period, when both count as one."""
    sums: dict[str, int] = {period: times for period, times in own}
    for period, times in come:
        sums[period] = sums.get(period, 0) + sign * times
    return [[period, times] for period, times in sorted(sums.items()) if times > 0][-KEPT_PERIODS:]
