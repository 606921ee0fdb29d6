"""Rewards on the way to a full stamp card: reached, claimed once a lap, kept when the lap ends.

A milestone takes no stamps; the full card's reward takes them all and begins the next lap. A claim
belongs to a card, a lap and a milestone, and there is one of each at most, whatever is voided.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.loyalty.errors.balances import MilestoneAlreadyClaimed, NotEnoughStamps
from punchcard.loyalty.rules.standing import Details, Standing
from punchcard.loyalty.rules.values import CardState, PastEntry, ProgramRules, StampMilestone
from punchcard.loyalty.vocabulary import MilestoneState

KEPT_LIMIT: Final = 20
"""How many unclaimed milestones of former laps a card keeps; the oldest lapse first."""

# As plain words: every card that is shown shows them, and an enum gives its own slowly.
_AHEAD: Final = str(MilestoneState.AHEAD)
_READY: Final = str(MilestoneState.READY)
_CLAIMED: Final = str(MilestoneState.CLAIMED)

Claim = tuple[int, int]
"""The lap and the milestone of one claim."""


class MilestoneView(NamedTuple):
    """A reward of the lap, the full card's included, and how the card stands to it.

    `state` is one of MilestoneState.
    """

    at: int
    state: str


def milestones_of(program: ProgramRules, card: CardState) -> tuple[MilestoneView, ...]:
    """Return the rewards of the card's lap in their order; the full card's stands last."""
    if not program.has_stamps:
        return ()
    full_card = full_card_alone(program.stamps_target, card.stamps)
    if not program.milestones:
        return full_card
    claimed: tuple[int, ...] = () if card.standing is None else card.standing.claimed
    on_the_way = tuple(
        MilestoneView(one.at, _state(one.at, card.stamps, claimed)) for one in program.milestones
    )
    return (*on_the_way, *full_card)


@lru_cache(maxsize=1024)
def full_card_alone(target: int, stamps: int) -> tuple[MilestoneView, ...]:
    """Return how a card stands to the only reward of its program, that of a full one."""
    return (MilestoneView(target, _READY if stamps >= target else _AHEAD),)


def kept_of(program: ProgramRules, card: CardState) -> tuple[Claim, ...]:
    """Return the milestones of former laps that the card still can have, the oldest first."""
    if card.standing is None or not card.standing.kept:
        return ()
    offered = {one.at for one in program.milestones}
    return tuple(pair for pair in card.standing.kept if pair[1] in offered)


def times_ready(program: ProgramRules, card: CardState, at: int) -> int:
    """Return how often the card can have the milestone now: of its lap, and kept ones."""
    standing = card.kept_standing
    is_ready = card.stamps >= at and at not in standing.claimed
    return sum(1 for _, kept in standing.kept if kept == at) + is_ready


def counts_laps(program: ProgramRules, card: CardState) -> bool:
    """Return whether the card's laps are told: where there is more than the full card's reward."""
    if program.milestones:
        return True
    standing = card.standing
    return standing is not None and bool(
        standing.lap != 1 or standing.claimed or standing.kept or standing.ahead
    )


def milestone_at(program: ProgramRules, at: int) -> StampMilestone:
    """Return the milestone of so many stamps. Raises InvalidInput where there is none."""
    for one in program.milestones:
        if one.at == at:
            return one
    raise invalid_field("at", message=N_("There is no reward at that number of stamps."))


def claimed(card: CardState, at: int) -> Details:
    """Return what a claim of the milestone tells: a kept one goes before that of the lap.

    Raises MilestoneAlreadyClaimed, NotEnoughStamps.
    """
    standing = card.kept_standing
    kept = next((pair for pair in standing.kept if pair[1] == at), None)
    if kept is not None:
        left = [list(pair) for pair in standing.kept]
        left.remove(list(kept))
        return {"at": at, "lap": standing.lap, "claimed_lap": kept[0], "kept": left}
    if at in standing.claimed:
        raise MilestoneAlreadyClaimed(at=at, lap=standing.lap)
    if card.stamps < at:
        raise NotEnoughStamps(stamps_missing=at - card.stamps, stamps_target=at)
    details: Details = {"at": at, "lap": standing.lap, "claimed_lap": standing.lap}
    return {**details, "claimed": sorted((*standing.claimed, at))}


def next_lap(program: ProgramRules, card: CardState) -> Details:
    """Return what exchanging a full card tells: the next lap, its claims, what stays to be had."""
    standing = card.kept_standing
    left = [one.at for one in program.milestones if one.at not in standing.claimed]
    added = [(standing.lap, at) for at in left] if program.keeps_milestones else []
    details: Details = {"at": program.stamps_target, "lap": standing.lap + 1}
    return {**details, **_changed(standing, _on_lap(standing, standing.lap + 1, added))}


def without_claim(program: ProgramRules, card: CardState, past: PastEntry) -> Details:
    """Return what the void of a milestone's claim tells: it can be had again."""
    standing, told = card.kept_standing, past.details or {}
    lap, at = told["claimed_lap"], told["at"]
    if lap > standing.lap:
        ahead = tuple(pair for pair in standing.ahead if pair != (lap, at))
        return _changed(standing, standing._replace(ahead=ahead))
    if lap == standing.lap:
        left = tuple(one for one in standing.claimed if one != at)
        return _changed(standing, standing._replace(claimed=left))
    # With `lapse` only what was kept under another rule comes back: the rest would be gone by now.
    if not (program.keeps_milestones or "kept" in told):
        return {}
    return _changed(standing, standing._replace(kept=_bounded((*standing.kept, (lap, at)))))


def former_lap(card: CardState, claims: Iterable[Claim]) -> Details:
    """Return what the void of a full card's exchange tells: the lap before, with its `claims`.

    Those of the lap that is undone are remembered: they are not claimed again when it comes back.
    """
    standing, told = card.kept_standing, sorted(set(claims))
    lap = standing.lap - 1
    before = standing._replace(
        lap=lap,
        claimed=tuple(at for number, at in told if number == lap),
        kept=tuple(pair for pair in standing.kept if pair[0] < lap),
        ahead=tuple(pair for pair in told if pair[0] > lap),
    )
    return {"lap": lap, **_changed(standing, before)}


def claims_told(standing: Standing) -> list[Claim]:
    """Return the claims that a card keeps: of its lap, and of laps that voids undid."""
    return [*((standing.lap, at) for at in standing.claimed), *standing.ahead]


def _on_lap(standing: Standing, lap: int, added: Iterable[Claim]) -> Standing:
    return standing._replace(
        lap=lap,
        claimed=tuple(at for number, at in standing.ahead if number == lap),
        kept=_bounded((*standing.kept, *added)),
        ahead=tuple(pair for pair in standing.ahead if pair[0] > lap),
    )


def _bounded(kept: Iterable[Claim]) -> tuple[Claim, ...]:
    return tuple(sorted(kept)[-KEPT_LIMIT:])


def _changed(before: Standing, after: Standing) -> Details:
    """Return those parts of the lap's standing that differ, as an entry tells them."""
    details: Details = {}
    if after.claimed != before.claimed:
        details["claimed"] = list(after.claimed)
    for name in ("kept", "ahead"):
        pairs = getattr(after, name)
        if pairs != getattr(before, name):
            details[name] = [list(pair) for pair in pairs]
    return details


def _state(at: int, stamps: int, claimed: tuple[int, ...]) -> str:
    if at in claimed:
        return _CLAIMED
    return _READY if stamps >= at else _AHEAD
