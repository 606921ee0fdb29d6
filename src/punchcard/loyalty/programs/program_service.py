"""Programs: create, read, change, switch on and off, delete."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from punchcard.accounts import retired_slugs
from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.models import SlugOwner, Vendor
from punchcard.accounts.plans import plan_limits
from punchcard.accounts.rows import differing, narrowed_by_name, set_fields, values_of
from punchcard.accounts.vocabulary import PlanLimit
from punchcard.db import outbox
from punchcard.db.events import announce
from punchcard.db.unique import refusing_duplicates
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, VendorId, as_id
from punchcard.kit.money import minor_units
from punchcard.loyalty.errors.programs import ProgramHasCards, ProgramNotFound, ProgramSlugTaken
from punchcard.loyalty.events import PROGRAM_CHANGED, ProgramsChanged, StaffPinChanged
from punchcard.loyalty.models import DailyRollup, LoyaltyCard, LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.programs.program_dates import check_dates, with_dates_kept
from punchcard.loyalty.programs.program_slugs import insert_program, retire_slug, take_slug
from punchcard.loyalty.programs.program_tiers import audited_tiers, check_tiers, with_tiers_kept
from punchcard.loyalty.programs.referral_terms import check_referral, kept_referral
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rules.logo_rules import kept_branding
from punchcard.loyalty.rules.program_rules import (
    DEFAULT_STAMPS_TARGET,
    FIXED_BY_CARDS,
    check_complete,
    check_program,
)
from punchcard.loyalty.rules.stamps.stamp_rewards import with_all_rewards
from punchcard.loyalty.rules.tiers.tier_form import TIER_RULES
from punchcard.loyalty.vendor_events import Happened, tell
from punchcard.loyalty.vocabulary import ProgramStatus, VendorEventType, VoidPolicy

FIELDS = (
    "slug",
    "name",
    "card_name",
    "type",
    "status",
    "currency",
    "timezone",
    "stamps_target",
    "stamp_reward",
    "points_per_currency_unit",
    "points_per_amount_minor",
    "minimum_purchase_minor",
    "minimum_redemption_points",
    "welcome_stamps",
    "welcome_points",
    "cooldown_minutes",
    "max_daily_stamps",
    "pin_policy",
    "pin_max_attempts",
    "pin_lockout_minutes",
    "void_policy",
    "stamp_rewards",
    "unclaimed_milestones",
    "stamps_per_item",
    "max_stamps_per_visit",
    "points_expiry",
    "points_activation_days",
    "expiry_notice_days",
    "return_grace_days",
    "stamps_expiry",
    "tiers",
    *TIER_RULES,
    "referral",
    "self_enrollment",
    "terms_text",
    "branding",
    "texts",
)
"""What a vendor decides about a program."""


def create_program(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    fields: Mapping[str, Any],
    *,
    slug_from: str | None = None,
) -> LoyaltyProgram:
    """Add a program of the vendor, a draft unless `fields` say "active".

    `fields` holds names of FIELDS; `name` and `type` are required, the rest has defaults: currency
    and time zone are the vendor's, the slug comes from `slug_from`, or else from the name.
    Raises SlugTaken (only for a slug that was asked for), InvalidInput, PlanLimitReached.
    """
    check_program(fields)
    _refuse_above_plan(session, vendor_id)
    vendor = session.get_one(Vendor, vendor_id)
    if "branding" in fields:
        # Nothing was uploaded for it yet.
        fields = {**fields, "branding": kept_branding(ProgramId(""), {}, fields["branding"])}
    values = {
        "currency": vendor.currency,
        "timezone": vendor.timezone,
        "card_name": fields["name"],
        "status": ProgramStatus.DRAFT,
        "stamp_reward": None,
        # Clamped, a reward could be had for nothing: buy, redeem, give back, and again.
        "void_policy": VoidPolicy.ALLOW_NEGATIVE,
        **fields,
    }
    values.setdefault("points_per_amount_minor", minor_units(values["currency"]))
    values = with_tiers_kept({}, with_all_rewards({"stamps_target": DEFAULT_STAMPS_TARGET}, values))
    check_tiers(session, None, values)
    check_dates(session, None, values)
    if "referral" in values:
        values["referral"] = kept_referral(values["referral"])
        check_referral(session, None, values)
    if values["status"] == ProgramStatus.ACTIVE:
        check_complete(values)
    program = insert_program(session, act, vendor_id, values, slug_from or values["name"])
    _record(session, act, "program.created", program, new=values_of(program, FIELDS))
    return program


def get_program(session: Session, vendor_id: VendorId, program_id: ProgramId) -> LoyaltyProgram:
    """Return the vendor's program; another vendor's does not exist. Raises ProgramNotFound."""
    program = get_any_program(session, program_id)
    if program.vendor_id != vendor_id:
        raise ProgramNotFound()
    return program


def get_any_program(session: Session, program_id: ProgramId) -> LoyaltyProgram:
    """Return a program of any vendor, for the platform's admins. Raises ProgramNotFound."""
    wanted = as_id(program_id)
    program = session.get(LoyaltyProgram, wanted) if wanted else None
    if program is None:
        raise ProgramNotFound()
    return program


def list_programs(
    session: Session,
    vendor_id: VendorId | None,
    *,
    limit: int,
    after_id: str | None = None,
    status: ProgramStatus | None = None,
    query: str | None = None,
) -> Sequence[LoyaltyProgram]:
    """Return up to `limit` programs after `after_id`, oldest first.

    `vendor_id` None means every vendor's, which only the platform's admins may see. `query` is a
    part of the name or of the slug.
    """
    wanted = select(LoyaltyProgram.id).order_by(LoyaltyProgram.id)
    if vendor_id is not None:
        wanted = wanted.where(LoyaltyProgram.vendor_id == vendor_id)
    if after_id is not None:
        wanted = wanted.where(LoyaltyProgram.id > after_id)
    if status is not None:
        wanted = wanted.where(LoyaltyProgram.status == status)
    ids: Any = wanted.limit(limit)
    if query:
        texts = (LoyaltyProgram.name, LoyaltyProgram.card_name, LoyaltyProgram.slug)
        ids = narrowed_by_name(session, wanted, query, *texts, limit=limit)
    programs = select(LoyaltyProgram).where(LoyaltyProgram.id.in_(ids))
    return session.scalars(programs.order_by(LoyaltyProgram.id)).all()


def update_program(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    fields: Mapping[str, Any],
    *,
    action: str = "program.updated",
    guard: Callable[[LoyaltyProgram], None] | None = None,
    ask: Callable[[Session, LoyaltyProgram, Mapping[str, Any]], None] | None = None,
) -> LoyaltyProgram:
    """Change the given fields and raise the program's version if any of them is new.

    `guard` is given the row, locked, before anything changes, `ask` also what is to change; what
    they raise ends it.
    Raises ProgramNotFound, InvalidInput, SlugTaken, and ProgramHasCards for a type, currency or
    time zone that cards already rest on.
    """
    check_program(fields)
    program = _locked(session, vendor_id, program_id)
    if guard is not None:
        guard(program)
    if "branding" in fields:
        branding = kept_branding(program.id, program.branding, fields["branding"])
        fields = {**fields, "branding": branding}
    was = values_of(program, FIELDS)
    fields = with_dates_kept(was, with_tiers_kept(was, with_all_rewards(was, fields)))
    if "referral" in fields:
        fields = {**fields, "referral": kept_referral(fields["referral"])}
    _, changed = differing(program, fields)
    if not changed:
        return program
    _follow_currency(program, changed)
    _check_change(session, program, changed)
    if ask is not None:
        ask(session, program, changed)
    old = values_of(program, changed)
    with refusing_duplicates(session, ProgramSlugTaken):
        set_fields(program, changed)
        touch_program(session, act, program)
        if "points_per_amount_minor" in changed:
            _note_carry_part(program, old["points_per_amount_minor"])
        if "slug" in changed:
            session.flush()
            take_slug(session, program)
    if "slug" in changed:
        retire_slug(session, act, program, old["slug"])
    _record(session, act, action, program, old=old, new=changed)
    return program


def _note_carry_part(program: LoyaltyProgram, before: int) -> None:
    """Note since which version what is kept of a purchase is a part of another amount."""
    parts = program.carry_parts or [[1, before]]
    program.carry_parts = [*parts, [program.version, program.points_per_amount_minor]]


def activate_program(
    session: Session, act: Act, vendor_id: VendorId, program_id: ProgramId
) -> LoyaltyProgram:
    """Open the program for business. Raises ProgramNotFound, or InvalidInput naming what lacks."""
    return update_program(
        session,
        act,
        vendor_id,
        program_id,
        {"status": ProgramStatus.ACTIVE},
        action="program.activated",
    )


def deactivate_program(
    session: Session, act: Act, vendor_id: VendorId, program_id: ProgramId
) -> LoyaltyProgram:
    """Close the program for business; its cards keep their balances. Raises ProgramNotFound."""
    return update_program(
        session,
        act,
        vendor_id,
        program_id,
        {"status": ProgramStatus.INACTIVE},
        action="program.deactivated",
    )


def delete_program(session: Session, act: Act, vendor_id: VendorId, program_id: ProgramId) -> None:
    """Remove a program that never had a card, with its rewards; its PINs are retired.

    Raises ProgramNotFound, ProgramHasCards.
    """
    program = _locked(session, vendor_id, program_id, against_new_cards=True)
    _refuse_if_cards(session, program)
    session.execute(delete(Reward).where(Reward.program_id == program.id))
    session.execute(delete(Promotion).where(Promotion.program_id == program.id))
    session.execute(delete(DailyRollup).where(DailyRollup.program_id == program.id))
    # A PIN may have served another program before, so that entries name it: it is never deleted.
    retired = session.scalars(
        update(StaffPin)
        .where(StaffPin.program_id == program.id, StaffPin.retired_at.is_(None))
        .values(retired_at=act.now, updated_at=act.now)
        .returning(StaffPin.id)
    ).all()
    session.execute(
        update(StaffPin).where(StaffPin.program_id == program.id).values(program_id=None)
    )
    retire_slug(session, act, program, program.slug)
    retired_slugs.forget_subject(session, SlugOwner.PROGRAM, program.id)
    _record(session, act, "program.deleted", program, old=values_of(program, FIELDS))
    session.delete(program)
    for pin_id in retired:
        announce(session, StaffPinChanged(pin_id))


def touch_program(session: Session, act: Act, program: LoyaltyProgram) -> None:
    """Raise the version that ledger entries cite, because the rules or the rewards changed.

    Leaves word for the worker and the open pages: passes and pages of the program's cards follow,
    and the shop's own software.
    """
    program.version += 1
    program.updated_at = act.now
    outbox.enqueue(session, PROGRAM_CHANGED, program.id, act.now)
    announce(session, ProgramsChanged(frozenset([program.id])))
    data = {"program_id": program.id, "version": program.version, "status": program.status}
    tell(session, act, program.vendor_id, Happened(VendorEventType.PROGRAM_CHANGED, data))


def lock_program(session: Session, vendor_id: VendorId, program_id: ProgramId) -> LoyaltyProgram:
    """Return the vendor's program, held against other changes. Raises ProgramNotFound."""
    return _locked(session, vendor_id, program_id)


def _locked(
    session: Session, vendor_id: VendorId, program_id: ProgramId, *, against_new_cards: bool = False
) -> LoyaltyProgram:
    # Opening a card takes a key-share lock on its program: only the stronger lock keeps it out.
    program = session.scalar(
        select(LoyaltyProgram)
        .where(LoyaltyProgram.id == as_id(program_id), LoyaltyProgram.vendor_id == vendor_id)
        .with_for_update(key_share=not against_new_cards)
        .execution_options(populate_existing=True)
    )
    if program is None:
        raise ProgramNotFound()
    return program


def _refuse_above_plan(session: Session, vendor_id: VendorId) -> None:
    """Raise PlanLimitReached where there are as many programs as the vendor's plan allows.

    Those that are switched off do not count: their cards may keep them from being deleted.
    """
    counted = select(func.count()).where(
        LoyaltyProgram.vendor_id == vendor_id, LoyaltyProgram.status != ProgramStatus.INACTIVE
    )
    plan_limits.refuse_above(session, vendor_id, PlanLimit.PROGRAMS, counted)


def _check_change(session: Session, program: LoyaltyProgram, changed: Mapping[str, Any]) -> None:
    if changed.get("status") == ProgramStatus.DRAFT:
        raise invalid_field("status", message=N_("A program cannot become a draft again."))
    if any(name in changed for name in FIXED_BY_CARDS):
        _locked(session, program.vendor_id, program.id, against_new_cards=True)
        _refuse_if_cards(session, program)
    if changed.get("minimum_redemption_points", 0) > program.minimum_redemption_points:
        _refuse_cheaper_rewards(session, program, changed["minimum_redemption_points"])
    if changed.get("status") == ProgramStatus.ACTIVE and program.status == ProgramStatus.INACTIVE:
        _refuse_above_plan(session, program.vendor_id)
    check_tiers(session, program, changed)
    check_dates(session, program, changed)
    after = {**values_of(program, FIELDS), **changed}
    if "referral" in changed:
        check_referral(session, program.id, after)
    if after["status"] == ProgramStatus.ACTIVE:
        check_complete(after)


def _refuse_cheaper_rewards(session: Session, program: LoyaltyProgram, minimum: int) -> None:
    cheaper = session.scalar(
        select(Reward)
        .where(
            Reward.program_id == program.id,
            Reward.archived_at.is_(None),
            Reward.points_required < minimum,
        )
        .order_by(Reward.points_required, Reward.id)
        .limit(1)
    )
    if cheaper is not None:
        raise invalid_field(
            "minimum_redemption_points",
            message=N_("{reward} costs {points} points: nobody could have it any more."),
            reward=cheaper.name,
            points=cheaper.points_required,
        )


def _follow_currency(program: LoyaltyProgram, changed: dict[str, Any]) -> None:
    """Let "for every unit spent" be one unit of the new currency, too."""
    currency = changed.get("currency")
    is_one_unit = program.points_per_amount_minor == minor_units(program.currency)
    if currency and is_one_unit and minor_units(currency) != program.points_per_amount_minor:
        changed.setdefault("points_per_amount_minor", minor_units(currency))


def _refuse_if_cards(session: Session, program: LoyaltyProgram) -> None:
    card = select(LoyaltyCard.id).where(LoyaltyCard.program_id == program.id).limit(1)
    if session.scalar(card) is not None:
        raise ProgramHasCards()


def _record(
    session: Session,
    act: Act,
    action: str,
    program: LoyaltyProgram,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    before, after = (values and audited_tiers(values) for values in (old, new))
    record_row(session, act, action, program, kind="program", old=before, new=after)
