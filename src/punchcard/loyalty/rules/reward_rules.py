"""Can this card have this reward now? One question, for the till and for all that shows a card."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from punchcard.kit.ids import RewardId
from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.stamps.milestone_rules import times_ready
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.values import CardState, ProgramRules, RewardOffer
from punchcard.loyalty.vocabulary import CardStatus, ProgramStatus, RewardObstacle

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_ACTIVE: Final = CardStatus.ACTIVE
_PROGRAM_ACTIVE: Final = ProgramStatus.ACTIVE


class Offered(Protocol):
    """What the question looks at of a reward; `stock_left` None never runs out."""

    @property
    def points_required(self) -> int | None: ...
    @property
    def valid_from(self) -> datetime | None: ...
    @property
    def valid_until(self) -> datetime | None: ...
    @property
    def stock_left(self) -> int | None: ...
    @property
    def per_card_limit(self) -> int | None: ...
    @property
    def is_archived(self) -> bool: ...


class Shelf(NamedTuple):
    """What is not written on a reward itself.

    `stock` holds stocks that are newer than the offers' own, `taken` how often the card has
    redeemed each reward, without what was voided. `is_open` is whether the shop is.
    """

    stock: Mapping[RewardId, int] = {}
    taken: Mapping[RewardId, int] = {}
    is_open: bool = True


AS_OFFERED: Final = Shelf()


class ReadyReward(NamedTuple):
    """A reward that a card can have now.

    `id` and `points_required` are None for that of a full stamp card, and for one on the way to it,
    of which `at` are the stamps; it can have them `times`, a reward for points once. With a
    `grant_id` it was given to this very card, `expires_on` (YYYY-MM-DD) being its last day.
    """

    id: RewardId | None
    name: str
    points_required: int | None
    times: int = 1
    grant_id: str | None = None
    at: int | None = None
    expires_on: str | None = None

    @property
    def is_full_card(self) -> bool:
        """Return whether it is the reward of a full stamp card."""
        return self.id is None and self.at is None


def obstacle(
    reward: Offered,
    program: ProgramRules,
    card: CardState,
    at: datetime,
    *,
    times_redeemed: int = 0,
) -> RewardObstacle | None:
    """Return what keeps the card from having a reward for points at `at`; None if nothing does."""
    if closed := closed_by(program, card):
        return closed
    # What nobody can have is told before what this card cannot.
    if not_offered := shelf_obstacle(reward, program.minimum_redemption_points, at):
        return not_offered
    if reward.per_card_limit is not None and times_redeemed >= reward.per_card_limit:
        return RewardObstacle.CARD_LIMIT_REACHED
    if (reward.points_required or 0) > card.points:
        return RewardObstacle.NOT_ENOUGH_POINTS
    return None


def shelf_obstacle(
    reward: Offered, minimum_redemption_points: int, at: datetime
) -> RewardObstacle | None:
    """Return what keeps every card from having a reward for points at `at`; None if nothing."""
    if reward.is_archived:
        return RewardObstacle.ARCHIVED
    if reward.points_required is None:
        return RewardObstacle.ONLY_GRANTED
    if out_of_dates := _out_of_dates(reward, at):
        return out_of_dates
    if reward.stock_left is not None and reward.stock_left < 1:
        return RewardObstacle.OUT_OF_STOCK
    if reward.points_required < minimum_redemption_points:
        return RewardObstacle.BELOW_MINIMUM
    return None


def _out_of_dates(reward: Offered, at: datetime) -> RewardObstacle | None:
    if reward.valid_from is not None and at < reward.valid_from:
        return RewardObstacle.NOT_YET_VALID
    if reward.valid_until is not None and at >= reward.valid_until:
        return RewardObstacle.EXPIRED
    return None


def closed_by(program: ProgramRules, card: CardState) -> RewardObstacle | None:
    """Return what keeps the card from having any reward at all."""
    if card.status != _ACTIVE:
        return RewardObstacle.CARD_BLOCKED
    if program.status != _PROGRAM_ACTIVE:
        return RewardObstacle.PROGRAM_INACTIVE
    return None


def ready_rewards(
    program: ProgramRules, card: CardState, at: datetime, shelf: Shelf = AS_OFFERED
) -> tuple[ReadyReward, ...]:
    """Return what the card can have now, the best first.

    That of a full card, those on the way to it, what it was given, then by price.
    """
    if not shelf.is_open or closed_by(program, card):
        return ()
    ready: list[ReadyReward] = []
    if program.has_stamps and card.stamps >= program.stamps_target:
        name = str((program.stamp_reward or {}).get("name") or "")
        ready.append(ReadyReward(None, name, None, card.stamps // program.stamps_target))
    if program.milestones:
        ready.extend(_ready_milestones(program, card))
    if card.standing is not None and card.standing.grants:
        ready.extend(_given(card.standing, program, shelf))
    if program.has_points:
        # By price already, the dearest last.
        ready.extend(
            ReadyReward(offer.id, offer.name, offer.points_required)
            for offer in reversed(program.offers)
            if offer.points_required <= card.points and _is_free(offer, program, card, at, shelf)
        )
    return tuple(ready)


def _given(standing: Standing, program: ProgramRules, shelf: Shelf) -> Iterator[ReadyReward]:
    """Give what the card was given and is in stock, as far as that is known, what ends first."""
    stock = {offer.id: offer.stock_left for offer in program.offers} | dict(shelf.stock)
    by_end = sorted((one.get("expires_on", NEVER), id) for id, one in standing.grants.items())
    for _ends, grant_id in by_end:
        facts = standing.grants[grant_id]
        reward_id = RewardId(facts["reward_id"])
        if stock.get(reward_id) != 0:
            last = facts.get("expires_on")
            yield ReadyReward(reward_id, facts["name"], None, grant_id=grant_id, expires_on=last)


def _ready_milestones(program: ProgramRules, card: CardState) -> Iterator[ReadyReward]:
    for one in reversed(program.milestones):
        if times := times_ready(program, card, one.at):
            name = str(one.reward.get("name") or "")
            yield ReadyReward(None, name, None, times, at=one.at)


def wants_shelf(program: ProgramRules, card: CardState) -> bool:
    """Return whether stock or a limit a card decides about a reward within the card's reach."""
    if not program.offers:
        return False
    return any(
        offer.is_limited and offer.points_required <= card.points for offer in program.offers
    )


def _is_free(
    offer: RewardOffer, program: ProgramRules, card: CardState, at: datetime, shelf: Shelf
) -> bool:
    newer = shelf.stock.get(offer.id)
    reward = offer if newer is None else replace(offer, stock_left=newer)
    taken = shelf.taken.get(offer.id, 0)
    return obstacle(reward, program, card, at, times_redeemed=taken) is None
