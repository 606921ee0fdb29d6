"""What the till answers, and what an entry keeps so that the same can be answered again."""

from datetime import datetime
from typing import Any

from punchcard.kit.clock import to_rfc3339
from punchcard.kit.values import value
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.rules.reward_rules import ReadyReward
from punchcard.loyalty.rules.stamps.milestone_rules import MilestoneView, full_card_alone
from punchcard.loyalty.rules.standing import Standing
from punchcard.loyalty.rules.tiers.tier_rules import TierView
from punchcard.loyalty.tables import EntryRow


@value
class Receipt:
    """What the till answers: the entry, the card after it, and whether it was answered before."""

    entry: EntryRow
    staff_name: str | None
    card: CardView
    is_replay: bool = False


def response_facts(view: CardView, standing: dict[str, Any] | None) -> dict[str, Any]:
    """Return what an entry must keep so that the same answer can be given again.

    `standing` is that of the view as it is kept.
    """
    facts: dict[str, Any] = {
        "balance": [view.stamps, view.points],
        "lifetime": [view.lifetime_stamps, view.lifetime_points, view.lifetime_rewards],
        "stamps_target": view.stamps_target,
        "rewards_ready": view.rewards_ready,
        "next_stamp_at": to_rfc3339(view.next_stamp_at) if view.next_stamp_at else None,
        "stamps_left_today": view.stamps_left_today,
        "last_activity_at": to_rfc3339(view.last_activity_at) if view.last_activity_at else None,
        "number": view.number,
        "status": view.status,
    }
    if view.ready:
        facts["ready"] = [list(reward) for reward in view.ready]
    if view.standing is not None:
        facts["standing"] = standing
        if view.kept_milestones:
            facts["kept_milestones"] = [list(pair) for pair in view.kept_milestones]
    if len(view.milestones) > 1:
        facts["milestones"] = [list(one) for one in view.milestones]
    if view.tier is not None:
        facts["tier"] = list(view.tier)
    return facts


def as_answered(view: CardView, entry: EntryRow) -> CardView:
    """Return the card as it was shown when `entry` was first answered.

    Contact data and the link are today's: they are not kept beside the ledger.
    """
    facts = entry["answer"]
    # Not the entry's own balance: a welcome bonus follows the entry that opens a card.
    stamps, points = facts["balance"]
    lifetime_stamps, lifetime_points, lifetime_rewards = facts["lifetime"]
    return view._replace(
        stamps=stamps,
        points=points,
        lifetime_stamps=lifetime_stamps,
        lifetime_points=lifetime_points,
        lifetime_rewards=lifetime_rewards,
        stamps_target=facts["stamps_target"],
        rewards_ready=facts["rewards_ready"],
        next_stamp_at=_moment(facts["next_stamp_at"]),
        stamps_left_today=facts["stamps_left_today"],
        last_activity_at=_moment(facts["last_activity_at"]),
        number=facts["number"],
        status=facts["status"],
        ready=tuple(ReadyReward(*reward) for reward in facts.get("ready", ())),
        standing=Standing.parse(facts.get("standing")),
        milestones=_milestones(view, facts),
        kept_milestones=tuple((lap, at) for lap, at in facts.get("kept_milestones", ())),
        tier=TierView(*facts["tier"]) if "tier" in facts else None,
    )


def _milestones(view: CardView, facts: dict[str, Any]) -> tuple[MilestoneView, ...]:
    if told := facts.get("milestones"):
        return tuple(MilestoneView(at, state) for at, state in told)
    # A card with one reward does not keep what its stamps tell.
    if not view.milestones:
        return ()
    stamps, target = facts["balance"][0], facts["stamps_target"]
    return full_card_alone(target, stamps)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
