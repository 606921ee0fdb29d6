"""Which bonuses a purchase earns: the factor of the card's tier, the promotions that are on."""

from datetime import datetime
from typing import Final

from punchcard.loyalty.operations import AddStamp, CardOperation, EarnPoints, RecordVisit
from punchcard.loyalty.rules.dated.dated_points import joined, with_details
from punchcard.loyalty.rules.promotions.promotion_rules import (
    Given,
    Purchase,
    bonuses_on,
    promotion_parts,
    uses_after,
    uses_before,
)
from punchcard.loyalty.rules.purchase_rules import Bonus
from punchcard.loyalty.rules.stamps.purchase_items import base_stamps
from punchcard.loyalty.rules.tiers.tier_plan import Tier
from punchcard.loyalty.rules.tiers.tier_rules import tier_of
from punchcard.loyalty.rules.values import (
    NO_HISTORY,
    CardState,
    Decision,
    History,
    ProgramRules,
)
from punchcard.loyalty.vocabulary import ActorKind, PartKind

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_IMPORT: Final = ActorKind.IMPORT
_TIER: Final = PartKind.TIER

_POINTED: Final = (EarnPoints, RecordVisit)
_STAMPED: Final = (AddStamp, RecordVisit)


def bonuses_of(
    operation: CardOperation,
    program: ProgramRules,
    card: CardState,
    at: datetime,
    history: History = NO_HISTORY,
) -> tuple[Bonus, ...]:
    """Return what a purchase by `operation` at `at` earns beside its base.

    What an import tells of former days earns nothing beside it. `history` tells which budgets are
    left.
    """
    if not program.promotions and program.tier_plan is None:
        return ()
    if operation.actor.kind == _IMPORT:
        return ()
    given = Given(history.budgets, card.kept_standing.uses)
    tier = _tier_of(program, card, at)
    purchase = _purchase_of(operation, program, tier, at)
    minimum = program.minimum_purchase_minor
    bonuses = bonuses_on(program.promotions, purchase, given, program.zone, minimum)
    if tier is None or tier.factor == 1 or not purchase.has_points:
        return bonuses
    facts = {"tier": tier.key}
    own = Bonus(_TIER, tier.factor, minimum_purchase_minor=minimum, facts=facts)
    return (own, *bonuses)


def uses_counted(decision: Decision) -> Decision:
    """Return a decision whose entry tells how often the card got something of promotions.

    What is voided gives back the time that it counted as.
    """
    draft, card = decision.steps[-1]
    if draft.details is None and draft.voided_details is None:
        return decision
    uses = card.kept_standing.uses
    if draft.voided_type is not None:
        changed = uses_before(uses, promotion_parts(draft.voided_details))
    else:
        changed = uses_after(uses, promotion_parts(draft.details))
    if not changed:
        return decision
    moved = with_details(card, {"uses": changed})
    draft = draft._replace(details=joined(draft.details, moved.details))
    decision.steps[-1] = (draft, moved.card)
    return decision


def _tier_of(program: ProgramRules, card: CardState, at: datetime) -> Tier | None:
    if program.tier_plan is None:
        return None
    return tier_of(program.tier_plan, card, program.day_of(at))


def _purchase_of(
    operation: CardOperation, program: ProgramRules, tier: Tier | None, at: datetime
) -> Purchase:
    amount = operation.amount_minor if isinstance(operation, EarnPoints | RecordVisit) else None
    items = operation.items if isinstance(operation, AddStamp | RecordVisit) else ()
    stamps = 0
    if program.has_stamps and isinstance(operation, AddStamp | RecordVisit):
        stamps = base_stamps(operation, program)
    base = (amount or 0) * program.rate
    return Purchase(
        at=at,
        location_id=operation.location_id,
        tier=None if tier is None else tier.key,
        amount_minor=amount,
        skus=frozenset(item.sku for item in items),
        base=base if tier is None or tier.factor == 1 else base * tier.factor,
        has_points=program.has_points
        and amount is not None
        and amount >= program.minimum_purchase_minor,
        has_stamps=stamps > 0,
    )
