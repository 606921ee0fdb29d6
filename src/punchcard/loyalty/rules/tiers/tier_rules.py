"""A card's tier: reached by what purchases count, kept to its date, and left after it.

Facts that a card keeps of its tier: `key`, `since`, `until` (the last day, none without an end),
`kept_to` (with the days of grace, where there are any), and `given`, in which year it was last
given what a tier gives, by its key. A card without facts is in the lowest tier.
"""

from datetime import date
from typing import Any, Final, NamedTuple

from punchcard.kit.ids import GrantId, derived_id
from punchcard.loyalty.operations import (
    AddStamp,
    EarnPoints,
    Operation,
    RecordVisit,
    RefundPoints,
    VoidEntry,
)
from punchcard.loyalty.rules.dated.dated_points import tell, with_details
from punchcard.loyalty.rules.promises.grant_rules import GRANTS_LIMIT, give
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.rules.tiers.qualifying import (
    added,
    amount_on,
    base_of_purchase,
    counted,
    refunded,
    taken_back,
)
from punchcard.loyalty.rules.tiers.tier_plan import Tier, TierPlan
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    History,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import (
    ActorKind,
    EntryType,
    GrantReason,
    TierDowngrade,
    TierMove,
    TierWindow,
)

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_IMPORT: Final = ActorKind.IMPORT
_NEVER: Final = TierDowngrade.NEVER

_PURCHASES: Final = (AddStamp, EarnPoints, RecordVisit)


class TierView(NamedTuple):
    """What a card shows of its tier: since and until when, and how far it is to the next.

    `progress` is what counts now; `next_key` is None in the highest tier.
    """

    key: str
    since: str
    until: str | None
    progress: int
    next_key: str | None = None
    missing: int = 0


def tier_of(plan: TierPlan, card: CardState, day: date) -> Tier:
    """Return the tier that a card is in; where its own is there no more, the one that fits it."""
    return plan.tiers[_place(plan, card, day)]


def tier_view(program: ProgramRules, card: CardState, day: date) -> TierView | None:
    """Return what a card shows of its tier on `day`; None where there are no tiers."""
    plan = program.tier_plan
    if plan is None:
        return None
    standing = card.kept_standing
    progress = amount_on(plan, standing.qualifying, day)
    place = plan.place_of(standing.tier)
    if place is None:
        place = plan.fitting(progress)
    since, until = standing.tier.get("since"), standing.tier.get("until")
    since = since or program.day_of(card.enrolled_at).isoformat()
    key = plan.tiers[place].key
    if place + 1 == len(plan.tiers):
        return TierView(key, since, until, progress)
    following = plan.tiers[place + 1]
    missing = max(0, following.threshold - max(0, progress))
    return TierView(key, since, until, progress, following.key, missing)


def with_tiers(
    operation: Operation, program: ProgramRules, decision: Decision, history: History
) -> Decision:
    """Return a decision with what it does to the card's tier, and the entries of that after it.

    What an import tells of former days counts nothing.
    """
    plan = program.tier_plan
    is_counted = isinstance(operation, _PURCHASES) and operation.actor.kind != _IMPORT
    if is_counted and plan is not None:
        return _with_purchase(plan, program, decision)
    if not isinstance(operation, VoidEntry | RefundPoints):
        return decision
    gone = _gone(operation, history)
    if gone is None:
        return decision
    counts = decision.card.kept_standing.qualifying
    tell(decision, {"qualifying": taken_back(counts, *gone)})
    return decision if plan is None else _without_promise(plan, program, decision)


def lapsed(
    program: ProgramRules, card: CardState, day: date
) -> tuple[EntryDraft, CardState] | None:
    """Return what becomes of a tier that was kept until before `day`, and the card after it."""
    facts = card.kept_standing.tier
    ends = card.kept_standing.tier_ends
    if ends is None or ends >= day.isoformat():
        return None
    plan = program.tier_plan
    if plan is None:
        return _moved(card, _Move(TierMove.REMOVED, facts.get("key"), {}))
    place = plan.place_of(facts)
    fits = plan.fitting(amount_on(plan, card.kept_standing.qualifying, day))
    to = fits if place is None else _after_date(plan, place, fits)
    is_kept = place is not None and to >= place
    move = TierMove.KEPT if is_kept else TierMove.FELL
    return _moved(card, _move_to(plan, card, move, to, day))


def _after_date(plan: TierPlan, place: int, fits: int) -> int:
    """Return where a card goes whose tier was not earned anew."""
    if fits >= place:
        return fits
    if plan.downgrade == _NEVER:
        return place
    return place - 1 if plan.downgrade == TierDowngrade.ONE_DOWN else fits


def _with_purchase(plan: TierPlan, program: ProgramRules, decision: Decision) -> Decision:
    draft, card = decision.steps[-1]
    amount = base_of_purchase(draft, plan.basis)
    if amount <= 0:
        return decision
    day = program.day_of(decision.at)
    changes = added(card.kept_standing.qualifying, plan.basis, day, amount)
    key = next(iter(changes))
    tell(decision, {"qualifying": changes, "qualified": [key, amount]})
    before = len(decision.steps)
    _reach(plan, program, Steps(decision.card, decision.at, decision.steps), day)
    following = len(decision.steps) - before
    return decision._replace(following=following) if following else decision


def _reach(plan: TierPlan, program: ProgramRules, steps: Steps, day: date) -> None:
    """Let the card have the tier that a purchase of `day` reached, or have it for longer."""
    card = steps.card
    facts = card.kept_standing.tier
    fits = plan.fitting(amount_on(plan, card.kept_standing.qualifying, day))
    place = plan.place_of(facts)
    if fits == place:
        until = plan.until(fits, day)
        has = facts.get("until")
        if until is None or has is None or until <= has:
            return
        move = TierMove.KEPT
    elif place is None or fits > place:
        move = TierMove.REACHED
    else:
        return
    told = _move_to(plan, card, move, fits, day)
    tier = plan.tiers[fits]
    gives = tier.grants and _is_new_year(facts, tier, day)
    if gives:
        told.facts["given"] = {**told.facts.get("given", {}), tier.key: day.year}
    steps.take(*_moved(card, told))
    if gives:
        _give(tier, steps, day)


def _is_new_year(facts: Any, tier: Tier, day: date) -> bool:
    given: int = facts.get("given", {}).get(tier.key, 0)
    return given < day.year


def _give(tier: Tier, steps: Steps, day: date) -> None:
    """Give the card what the tier gives, as far as a card may have so much."""
    for grant in tier.grants:
        if len(steps.card.kept_standing.grants) >= GRANTS_LIMIT:
            return
        names = (steps.card.id, tier.key, day.isoformat(), grant.reward_id)
        facts: dict[str, Any] = {"reward_id": grant.reward_id, "name": grant.name}
        if grant.value_minor is not None:
            facts["value_minor"] = grant.value_minor
        give(GrantId(derived_id(steps.at, *names)), facts, GrantReason.TIER, steps)


def _gone(operation: VoidEntry | RefundPoints, history: History) -> tuple[str, int] | None:
    """Return what a purchase counted and no longer does: under which key, and how much."""
    past = history.entry
    told = counted(past.details) if past is not None else None
    if past is None or told is None:
        return None
    if isinstance(operation, VoidEntry):
        return told
    paid = past.amount_minor or 0
    before = paid - history.refunded_minor
    amount = refunded(told, paid=paid, before=before, after=before - operation.amount_minor)
    return (told[0], amount) if amount else None


def _without_promise(plan: TierPlan, program: ProgramRules, decision: Decision) -> Decision:
    """Let a tier go that has no date to be kept to, where the shop lets tiers fall at all."""
    card, day = decision.card, program.day_of(decision.at)
    if plan.window != TierWindow.LIFETIME or plan.downgrade == _NEVER:
        return decision
    place = plan.place_of(card.kept_standing.tier)
    if place is None or card.kept_standing.tier_ends is not None:
        return decision
    to = _after_date(plan, place, plan.fitting(amount_on(plan, card.kept_standing.qualifying, day)))
    if to >= place:
        return decision
    decision.steps.append(_moved(card, _move_to(plan, card, TierMove.TAKEN_BACK, to, day)))
    return decision._replace(following=1)


class _Move(NamedTuple):
    """A card's way from one tier to another, and the facts it keeps of that; {} for none."""

    why: TierMove
    from_: str | None
    facts: dict[str, Any]
    basis: str | None = None
    amount: int = 0


def _move_to(plan: TierPlan, card: CardState, why: TierMove, to: int, day: date) -> _Move:
    has = card.kept_standing.tier
    key = plan.tiers[to].key
    from_ = has.get("key") or plan.tiers[0].key
    facts: dict[str, Any] = {"key": key, "since": day.isoformat()}
    if why == TierMove.KEPT and key == from_ and "since" in has:
        facts["since"] = has["since"]
    if until := plan.until(to, day):
        facts["until"] = until
        if kept_to := plan.kept_to(until):
            facts["kept_to"] = kept_to
    if "given" in has:
        facts["given"] = has["given"]
    amount = amount_on(plan, card.kept_standing.qualifying, day)
    return _Move(why, from_, facts, str(plan.basis), amount)


def _moved(card: CardState, move: _Move) -> tuple[EntryDraft, CardState]:
    details: Details = {
        "from": move.from_,
        "to": move.facts.get("key"),
        "basis": move.basis,
        "amount": move.amount,
        "until": move.facts.get("until"),
        "reason": str(move.why),
        "tier": move.facts,
    }
    moved = with_details(card, {name: fact for name, fact in details.items() if fact is not None})
    return EntryDraft(EntryType.TIER_CHANGED, details=moved.details), moved.card


def _place(plan: TierPlan, card: CardState, day: date) -> int:
    standing = card.kept_standing
    place = plan.place_of(standing.tier)
    if place is not None:
        return place
    return plan.fitting(amount_on(plan, standing.qualifying, day))
