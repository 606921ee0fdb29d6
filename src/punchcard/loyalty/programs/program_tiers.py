"""Tiers of a program, held against what else there is: its rewards, its promotions."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts.rows import values_of
from punchcard.kit.errors import InvalidInput, invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, RewardId, VendorId, as_id
from punchcard.loyalty.errors.programs import RewardGivenByTier
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rules.tiers.tier_form import (
    TIER_BOUNDS,
    TIER_RULES,
    given_by,
    has_dates,
    idle_tier_faults,
    kept_tiers,
    tier_faults,
)
from punchcard.loyalty.vocabulary import PromotionStatus

_LIVE: Final = (PromotionStatus.ACTIVE, PromotionStatus.PAUSED)
_FIELDS: Final = ("type", "tiers", *TIER_RULES)


def with_tiers_kept(before: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a program's changed fields with its tiers, if they are among them, as they are kept.

    `before` are its fields until now. Who leaves the tiers without a date need not take away how
    long they were kept.
    """
    told = dict(fields)
    if "tiers" in told:
        told["tiers"] = kept_tiers(told["tiers"])
    for name in TIER_BOUNDS:
        if name in told:
            told[name] = told[name] or 0
    if has_dates(before) and not has_dates({**before, **told}):
        left = [name for name in TIER_BOUNDS if told.get(name, before[name]) == before[name]]
        told.update(dict.fromkeys(left, 0))
    return told


def check_tiers(
    session: Session, program: LoyaltyProgram | None, changed: Mapping[str, Any]
) -> None:
    """Raise InvalidInput, naming each part of changed tiers that does not fit the program.

    `program` is the one until now, None for one that is only being made. What has no effect is
    refused when it is asked for; what stands there from before stays as it is.
    """
    if not any(name in changed for name in _FIELDS):
        return
    before = _before(program) if program is not None else {}
    after = {**before, **changed}
    asked = given_by(after.get("tiers"))
    known = _in_catalogue(session, program.id, asked) if program is not None and asked else ()
    fresh = [name for name in changed if changed[name] != before.get(name)]
    if faults := [*tier_faults(after, known), *idle_tier_faults(after, fresh)]:
        raise InvalidInput(faults)
    if program is not None and "tiers" in changed:
        has = {tier["key"] for tier in after["tiers"] or ()}
        names = {tier["key"]: tier["name"] for tier in program.tiers or ()}
        gone = {key: name for key, name in names.items() if key not in has}
        _refuse_if_named(session, program.id, gone)


def audited_tiers(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a program's values as the audit trail takes them: there no name is a `key`."""
    told = dict(values)
    if told.get("tiers"):
        told["tiers"] = [
            {"tier" if name == "key" else name: fact for name, fact in tier.items()}
            for tier in told["tiers"]
        ]
    return told


def tier_names(session: Session, vendor_id: VendorId) -> dict[tuple[ProgramId, str], str]:
    """Return what the tiers of the vendor's programs are called, by program and key."""
    query = select(LoyaltyProgram.id, LoyaltyProgram.tiers).where(
        LoyaltyProgram.vendor_id == vendor_id, LoyaltyProgram.tiers.is_not(None)
    )
    return {
        (program_id, tier["key"]): tier["name"]
        for program_id, tiers in session.execute(query)
        for tier in tiers
    }


def refuse_if_given(program: LoyaltyProgram, reward_id: RewardId) -> None:
    """Raise RewardGivenByTier if a tier of the program gives the reward."""
    for tier in program.tiers or ():
        if reward_id in tier["grants"]:
            raise RewardGivenByTier(tier=tier["name"])


def _before(program: LoyaltyProgram) -> dict[str, Any]:
    values = values_of(program, _FIELDS)
    # What a program collects is what counts until it says otherwise.
    return {**values, "tier_basis": (program.tier_rules or {}).get("basis")}


def _in_catalogue(session: Session, program_id: ProgramId, asked: set[str]) -> set[str]:
    ids = [one for one in map(as_id, sorted(asked)) if one]
    query = select(Reward.id).where(
        Reward.program_id == program_id, Reward.id.in_(ids), Reward.archived_at.is_(None)
    )
    return set(session.scalars(query))


def _refuse_if_named(session: Session, program_id: ProgramId, gone: Mapping[str, str]) -> None:
    """Raise InvalidInput if a promotion that is on, or paused, is for one of these tiers alone."""
    if not gone:
        return
    query = select(Promotion).where(Promotion.program_id == program_id, Promotion.status.in_(_LIVE))
    for promotion in session.scalars(query.order_by(Promotion.id)):
        for key in promotion.tier_keys:
            if key in gone:
                sentence = N_("The promotion “{promotion}” is for {tier}: change or end it first.")
                raise invalid_field(
                    "tiers", message=sentence, promotion=promotion.name, tier=gone[key]
                )
