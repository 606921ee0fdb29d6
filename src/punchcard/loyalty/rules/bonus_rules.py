"""Which bonuses a purchase earns: the factor of the card's tier, the promotions that are on."""

from datetime import datetime
from fractions import Fraction
from typing import Final

from punchcard.loyalty.operations import (
    AddStamp,
    CardOperation,
    EarnPoints,
    PurchaseItem,
    RecordVisit,
)
from punchcard.loyalty.rules.dated.dated_points import tell
from punchcard.loyalty.rules.promotions.promotion_rules import (
    Given,
    Purchase,
    bonuses_on,
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

_ONE: Final = Fraction(1)
_NO_SKUS: Final[frozenset[str]] = frozenset()

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
    if not program.promotions and not program.has_factors:
        return ()
    if operation.actor.kind == _IMPORT:
        return ()
    given = Given(history.budgets, card.kept_standing.uses)
    tier = _tier_of(program, card, at)
    purchase = _purchase_of(operation, program, tier, at)
    minimum = program.minimum_purchase_minor
    bonuses = bonuses_on(program.promotions, purchase, given, program.zone, minimum)
    if tier is None or not program.has_factors or tier.factor == 1 or not purchase.has_points:
        return bonuses
    facts = {"tier": tier.key}
    own = Bonus(_TIER, tier.factor, minimum_purchase_minor=minimum, facts=facts)
    return (own, *bonuses)


def uses_counted(decision: Decision) -> Decision:
    """Return a decision whose entry tells how often the card got something of promotions.

    What is voided gives back the time that it counted as.
    """
    draft, card = decision.steps[-1]
    told = draft.details if draft.voided_type is None else draft.voided_details
    if told is None or "parts" not in told:
        return decision
    limited = [part for part in told["parts"] if "period" in part]
    if not limited:
        return decision
    follow = uses_after if draft.voided_type is None else uses_before
    if changed := follow(card.kept_standing.uses, limited):
        tell(decision, {"uses": changed})
    return decision


def _tier_of(program: ProgramRules, card: CardState, at: datetime) -> Tier | None:
    if program.tier_plan is None:
        return None
    return tier_of(program.tier_plan, card, program.day_of(at))


def _purchase_of(
    operation: CardOperation, program: ProgramRules, tier: Tier | None, at: datetime
) -> Purchase:
    amount = operation.amount_minor if isinstance(operation, _POINTED) else None
    items: tuple[PurchaseItem, ...] = ()
    has_stamps = False
    if isinstance(operation, _STAMPED):
        items = operation.items
        has_stamps = program.has_stamps and base_stamps(operation, program) > 0
    has_amount = amount is not None and amount >= program.minimum_purchase_minor
    # In the order of the fields: naming them costs three times as much.
    return Purchase(
        at,
        operation.location_id,
        None if tier is None else tier.key,
        amount,
        frozenset(item.sku for item in items) if items else _NO_SKUS,
        program.rate,
        _ONE if tier is None else tier.factor,
        program.has_points and has_amount,
        has_stamps,
    )
