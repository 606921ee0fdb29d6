"""Reservations: points, a reward or a grant set aside for a while, then used or given back.

All that could refuse is looked at when something is reserved, so that the second step cannot fail:
not for a program that was switched off since, a reward that was archived, a card that was blocked.
What comes back has the dates it had, so that nobody keeps points alive by reserving them.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from punchcard.kit.clock import to_rfc3339
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import RewardId
from punchcard.loyalty.errors.balances import NotEnoughPoints, RedemptionBelowMinimum
from punchcard.loyalty.errors.cards import NothingDue
from punchcard.loyalty.errors.grants import (
    ReservationConfirmed,
    ReservationExpired,
    ReservationLimitReached,
    ReservationNotFound,
    ReservationReleased,
)
from punchcard.loyalty.operations import (
    ConfirmReservation,
    ReleaseExpired,
    ReleaseReservation,
    Reserve,
)
from punchcard.loyalty.rules.dated import lots
from punchcard.loyalty.rules.dated.dated_points import debit, joined, with_details
from punchcard.loyalty.rules.points_rules import check_available, check_type
from punchcard.loyalty.rules.promises.grant_rules import check_stock, chosen, shown_reward, told
from punchcard.loyalty.rules.standing import Details, LotChange
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    History,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType, ReservationState

RESERVATIONS_LIMIT: Final = 20
"""How many open reservations a card has at once."""

HeldFacts = Mapping[str, Any]
"""What a standing keeps of an open reservation, by its id.

`until` is when it ends; `points` and the changes of `lots` that took them; `reward`, of which one
was taken out of the stock if `counted`; `grant_id` and what the card kept of that `grant`.
"""

_ENDED: Final = {
    ReservationState.CONFIRMED: ReservationConfirmed,
    ReservationState.RELEASED: ReservationReleased,
    ReservationState.EXPIRED: ReservationExpired,
}


def reserve(
    operation: Reserve, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Set aside what is asked for, refused as its redemption would be."""
    if len(steps.card.kept_standing.held) >= RESERVATIONS_LIMIT:
        raise ReservationLimitReached(max_reservations=RESERVATIONS_LIMIT)
    until = to_rfc3339(at + timedelta(seconds=operation.expires_in_seconds))
    if operation.grant_id is not None:
        facts, taken = _grant(operation, steps, history)
        points = 0
    elif operation.reward_id is not None:
        facts, points = _reward(program, steps.card, history, at)
        taken = {}
    else:
        check_type(program)
        facts, taken, points = {}, {}, operation.points or 0
    _check_points(points, program, steps.card, has_price=operation.grant_id is None)
    after, moved = debit(steps.card, points)
    spent = list((moved or {}).get("lots", ()))
    facts = {**facts, "points": points, "until": until, **({"lots": spent} if spent else {})}
    held: Details = {
        "reservation_id": operation.reservation_id,
        "expires_at": until,
        "held": {operation.reservation_id: facts},
    }
    # The moves of points have changed the card already; the rest is told with them.
    after = with_details(after, {**held, **taken}).card
    reward = facts.get("reward")
    entry = EntryDraft(
        type=EntryType.POINTS_RESERVED,
        points_delta=-points,
        reference=operation.reference,
        reward_id=RewardId(reward["id"]) if reward else None,
        reward=_with_value(reward),
        details=joined(moved, held, taken),
    )
    steps.take(entry, after)
    counted = facts.get("counted", False)
    return steps.decision(
        stock_change=-1 if counted else 0, reward_id=entry.reward_id if counted else None
    )


def confirm(
    operation: ConfirmReservation,
    program: ProgramRules,
    steps: Steps,
    history: History,
    at: datetime,
) -> Decision:
    """Use what was set aside; points that are not used come back with their dates."""
    facts = _open(operation.reservation_id, steps.card, history)
    taken = _confirmed_points(operation.points, facts)
    reward = facts.get("reward")
    details = _closed(operation.reservation_id, {"points": taken, "has_reward": reward is not None})
    if "grant_id" in facts:
        details["grant_id"] = facts["grant_id"]
        if "expires_on" in facts["grant"]:
            details["expires_on"] = facts["grant"]["expires_on"]
    if reward:
        card = steps.card
        steps.card = card._replace(lifetime_rewards=card.lifetime_rewards + 1)
    rest = facts["points"] - taken
    _take_back(EntryType.RESERVATION_CONFIRMED, steps, rest, facts, details)
    return steps.decision()


def release(
    operation: ReleaseReservation,
    program: ProgramRules,
    steps: Steps,
    history: History,
    at: datetime,
) -> Decision:
    """Give back what was set aside."""
    facts = _open(operation.reservation_id, steps.card, history)
    _released(operation.reservation_id, facts, steps)
    return steps.decision()


def release_expired(
    operation: ReleaseExpired,
    program: ProgramRules,
    steps: Steps,
    history: History,
    at: datetime,
) -> Decision:
    """Give back all that was set aside until before now. Raises NothingDue if nothing was."""
    give_back_expired(steps, at)
    if not steps.taken:
        raise NothingDue
    return steps.decision()


def has_expired(card: CardState, at: datetime) -> bool:
    """Return whether the time of something that the card set aside is over."""
    now = to_rfc3339(at)
    return any(facts["until"] <= now for facts in card.kept_standing.held.values())


def give_back_expired(steps: Steps, at: datetime) -> None:
    """Give back what was set aside until `at`, the first to end first."""
    now = to_rfc3339(at)
    held = steps.card.kept_standing.held
    for reservation_id in sorted(held, key=lambda one: (held[one]["until"], one)):
        if held[reservation_id]["until"] <= now:
            _released(reservation_id, held[reservation_id], steps, is_expired=True)


def times_held(card: CardState, reward_id: RewardId) -> int:
    """Return how often the card holds a reward for points: it counts towards a limit a card."""
    return sum(
        facts.get("reward", {}).get("id") == reward_id and "grant_id" not in facts
        for facts in card.kept_standing.held.values()
    )


def _grant(operation: Reserve, steps: Steps, history: History) -> tuple[dict[str, Any], Details]:
    grant_id = chosen(operation.grant_id, steps, history)
    grant = steps.card.kept_standing.grants[grant_id]
    counted = check_stock(history.rewards.get(grant["reward_id"]))
    reward = {name: value for name, value in shown_reward(grant).items() if value is not None}
    facts = {"grant_id": grant_id, "grant": dict(grant), "reward": reward}
    return ({**facts, "counted": True} if counted else facts), told(grant_id, grant, {})


def _reward(
    program: ProgramRules, card: CardState, history: History, at: datetime
) -> tuple[dict[str, Any], int]:
    reward = check_available(program, card, history, at)
    assert reward.points_required is not None
    shown: dict[str, Any] = {"id": reward.id, "name": reward.name}
    if reward.value_minor is not None:
        shown["value_minor"] = reward.value_minor
    facts: dict[str, Any] = {"reward": shown}
    return (
        {**facts, "counted": True} if reward.stock_left is not None else facts
    ), reward.points_required


def _check_points(points: int, program: ProgramRules, card: CardState, *, has_price: bool) -> None:
    if has_price and points < program.minimum_redemption_points:
        raise RedemptionBelowMinimum(minimum_redemption_points=program.minimum_redemption_points)
    if has_price and card.points < points:
        raise NotEnoughPoints(points_missing=points - card.points)


def _confirmed_points(asked: int | None, facts: HeldFacts) -> int:
    held: int = facts["points"]
    if asked is None or (asked == held and "reward" not in facts):
        return held
    if "reward" in facts:
        raise invalid_field("points", message=N_("A reserved reward is used as a whole."))
    if not 1 <= asked <= held:
        sentence = N_("Must be between {minimum} and {maximum}.")
        raise invalid_field("points", message=sentence, minimum=1, maximum=held)
    return asked


def _open(reservation_id: str, card: CardState, history: History) -> HeldFacts:
    facts = card.kept_standing.held.get(reservation_id)
    if facts is None:
        ended = _ENDED.get(history.reservation_state) if history.reservation_state else None
        raise ReservationNotFound if ended is None else ended
    return facts


def _released(
    reservation_id: str, facts: HeldFacts, steps: Steps, *, is_expired: bool = False
) -> None:
    details = _closed(reservation_id, {"is_expired": True} if is_expired else {})
    if "grant_id" in facts:
        details.update(told(facts["grant_id"], facts["grant"], facts["grant"]))
    if facts.get("counted"):
        steps.returned = (*steps.returned, RewardId(facts["reward"]["id"]))
    _take_back(EntryType.RESERVATION_RELEASED, steps, facts["points"], facts, details)


def _take_back(
    kind: EntryType, steps: Steps, rest: int, facts: HeldFacts, details: Details
) -> None:
    """Take an entry that ends a reservation and puts `rest` of its points back on the card."""
    card = steps.card
    spent = _without_first(facts.get("lots", ()), facts["points"] - rest)
    changes = lots.give_back(card.kept_standing.lots, card.points, rest, spent, date.min)
    told_all = joined(details, {"lots": changes})
    assert told_all is not None
    moved = with_details(card._replace(points=card.points + rest), told_all)
    reward = facts.get("reward")
    entry = EntryDraft(
        type=kind,
        points_delta=rest,
        reward_id=RewardId(reward["id"]) if reward else None,
        reward=_with_value(reward),
        details=told_all,
    )
    steps.take(entry, moved.card)


def _without_first(spent: Sequence[LotChange], used: int) -> list[LotChange]:
    """Return what is left of changes that took points, when `used` are: what ends first, first."""
    left: list[LotChange] = []
    for expires_on, change in sorted((one[0], one[1]) for one in spent):
        gone = min(used, -change)
        used -= gone
        if change + gone:
            left.append([expires_on, change + gone])
    return left


def _closed(reservation_id: str, more: Details) -> Details:
    return {"reservation_id": reservation_id, "held": {reservation_id: {}}, **more}


def _with_value(reward: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if reward is None:
        return None
    return {"id": reward["id"], "name": reward["name"], "value_minor": reward.get("value_minor")}
