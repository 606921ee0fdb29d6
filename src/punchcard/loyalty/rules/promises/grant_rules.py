"""Grants: a reward is given to one card, collected once, and ends, or is withdrawn.

What was promised is never taken back by a change of the catalogue: a grant keeps the name and the
value that the reward had, and can be collected when that is offered no more. Only an empty stock
keeps it from being handed out.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import GrantId, RewardId
from punchcard.loyalty.errors.grants import (
    GrantAlreadyGiven,
    GrantExpired,
    GrantLimitReached,
    GrantNotFound,
    GrantReserved,
    GrantRevoked,
    GrantUsed,
    NoGrant,
    SeveralGrants,
)
from punchcard.loyalty.errors.programs import RewardNotAvailable, RewardNotFound
from punchcard.loyalty.operations import GrantReward, RedeemGrant, RevokeGrant
from punchcard.loyalty.rules.dated.dated_points import Moved, with_details
from punchcard.loyalty.rules.dated.dates import NEVER
from punchcard.loyalty.rules.dated.lots import soonest_return
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    History,
    PastEntry,
    ProgramRules,
    RewardState,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType, GrantReason, GrantState, RewardObstacle

GRANTS_LIMIT: Final = 50
"""How many given rewards a card has at once."""
GRANT_DAYS: Final = 3660
"""How many days ahead a grant may end."""

GrantFacts = Mapping[str, Any]
"""What a standing keeps of a ready grant: reward_id, name, value_minor, expires_on."""

_GONE: Final = {
    GrantState.USED: GrantUsed,
    GrantState.EXPIRED: GrantExpired,
    GrantState.REVOKED: GrantRevoked,
    GrantState.RESERVED: GrantReserved,
}


def grant_reward(
    operation: GrantReward, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Give the card a reward of its program; this takes nothing out of the stock."""
    reward = history.reward
    if reward is None or reward.program_id != program.id:
        raise RewardNotFound
    if reward.is_archived:
        raise RewardNotAvailable(reason=RewardObstacle.ARCHIVED)
    if history.given_before is not None:
        raise GrantAlreadyGiven(grant_id=history.given_before)
    if len(steps.card.kept_standing.grants) >= GRANTS_LIMIT:
        raise GrantLimitReached(max_grants=GRANTS_LIMIT)
    _check_end(operation.expires_on, program.day_of(at))
    facts: dict[str, Any] = {"reward_id": reward.id, "name": reward.name}
    if reward.value_minor is not None:
        facts["value_minor"] = reward.value_minor
    if operation.expires_on is not None:
        facts["expires_on"] = operation.expires_on.isoformat()
    return give(operation.grant_id, facts, operation.reason, steps).decision()


def give(grant_id: GrantId, facts: GrantFacts, reason: GrantReason, steps: Steps) -> Steps:
    """Let the card keep these facts of a reward that it is given."""
    details: Details = {**told(grant_id, facts, facts), "reason": str(reason)}
    return _taken(EntryType.REWARD_GRANTED, facts, details, steps)


def redeem_grant(
    operation: RedeemGrant, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Hand out what the card was given; without a name of it, what ends first."""
    grant_id = chosen(operation.grant_id, steps, history)
    facts = steps.card.kept_standing.grants[grant_id]
    counted = check_stock(history.rewards.get(facts["reward_id"]))
    details = told(grant_id, facts, {})
    card = steps.card
    steps.card = card._replace(lifetime_rewards=card.lifetime_rewards + 1)
    _taken(EntryType.GRANT_REDEEMED, facts, details, steps)
    return steps.decision(
        stock_change=-1 if counted else 0, reward_id=facts["reward_id"] if counted else None
    )


def revoke_grant(
    operation: RevokeGrant, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Withdraw what the card was given, as long as nobody collected it."""
    grant_id = chosen(operation.grant_id, steps, history)
    facts = steps.card.kept_standing.grants[grant_id]
    details = told(grant_id, facts, {})
    return _taken(EntryType.GRANT_REVOKED, facts, details, steps).decision()


def expired(card: CardState, day: date) -> tuple[EntryDraft, CardState] | None:
    """Return the end of one grant that was good until before `day`, and the card after it."""
    for grant_id, facts in card.kept_standing.grants.items():
        if facts.get("expires_on", NEVER) < day.isoformat():
            moved = with_details(card, told(grant_id, facts, {}))
            return _entry(EntryType.GRANT_EXPIRED, facts, moved.details), moved.card
    return None


def given_back(past: PastEntry, program: ProgramRules, card: CardState, day: date) -> Moved:
    """Return the card with a grant that was collected by mistake; it ends no sooner than voids do.

    `day` is that of the void, from which the program's days of grace count.
    """
    assert past.details is not None
    assert past.reward is not None
    facts: dict[str, Any] = {"reward_id": past.reward_id, "name": past.reward["name"]}
    if past.reward.get("value_minor") is not None:
        facts["value_minor"] = past.reward["value_minor"]
    if "expires_on" in past.details:
        soonest = soonest_return(day, program.return_grace_days).isoformat()
        facts["expires_on"] = max(past.details["expires_on"], soonest)
    after = card._replace(lifetime_rewards=card.lifetime_rewards - 1)
    return with_details(after, told(past.details["grant_id"], facts, facts))


def chosen(named: GrantId | None, steps: Steps, history: History) -> GrantId:
    """Return the grant that is meant: the named one, or the one that ends first of one reward.

    Raises NoGrant, SeveralGrants, and what became of a named one that is not ready.
    """
    ready = steps.card.kept_standing.grants
    if named is not None:
        if named in ready:
            return named
        if any(_ends(draft, named) for draft, _ in steps.taken):
            raise GrantExpired
        gone = _GONE.get(history.grant_state) if history.grant_state else None
        raise GrantNotFound if gone is None else gone
    if not ready:
        raise NoGrant
    if len({facts["reward_id"] for facts in ready.values()}) > 1:
        raise SeveralGrants(grants=len(ready))
    first = min(ready.items(), key=lambda one: (one[1].get("expires_on", NEVER), one[0]))
    return GrantId(first[0])


def check_stock(reward: RewardState | None) -> bool:
    """Return whether what is handed out is counted. Raises RewardNotAvailable if none is left."""
    if reward is None or reward.stock_left is None:
        return False
    if reward.stock_left < 1:
        raise RewardNotAvailable(reason=RewardObstacle.OUT_OF_STOCK)
    return True


def told(grant_id: str, facts: GrantFacts, becomes: GrantFacts) -> Details:
    """Return what an entry tells of a grant, which becomes what the card keeps: {} for nothing."""
    details: Details = {"grant_id": grant_id, "grants": {grant_id: dict(becomes)}}
    if "expires_on" in facts:
        details["expires_on"] = facts["expires_on"]
    return details


def shown_reward(facts: GrantFacts) -> dict[str, Any]:
    """Return the reward of a grant as entries keep it."""
    return {
        "id": facts["reward_id"],
        "name": facts["name"],
        "value_minor": facts.get("value_minor"),
    }


def _ends(draft: EntryDraft, grant_id: GrantId) -> bool:
    """Return whether it is the end of a grant that nobody had booked until now."""
    details = draft.details or {}
    return draft.type == EntryType.GRANT_EXPIRED and details["grant_id"] == grant_id


def _check_end(expires_on: date | None, day: date) -> None:
    if expires_on is None:
        return
    if not day <= expires_on <= day + timedelta(days=GRANT_DAYS):
        sentence = N_("Must be a day from today on, at most {days} days ahead.")
        raise invalid_field("expires_on", message=sentence, days=GRANT_DAYS)


def _taken(kind: EntryType, facts: GrantFacts, details: Details, steps: Steps) -> Steps:
    moved = with_details(steps.card, details)
    steps.take(_entry(kind, facts, details), moved.card)
    return steps


def _entry(kind: EntryType, facts: GrantFacts, details: Details | None) -> EntryDraft:
    return EntryDraft(
        type=kind,
        reward_id=RewardId(facts["reward_id"]),
        reward=shown_reward(facts),
        details=details,
    )
