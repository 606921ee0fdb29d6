"""Promotions of a program: make, read, change, end."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.models import Location
from punchcard.accounts.rows import differing, find_own, paginate, set_fields, values_of
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, PromotionId, VendorId
from punchcard.loyalty.errors.promotions import (
    PromotionEnded,
    PromotionNotFound,
    TooManyPromotions,
)
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.program_service import get_program, lock_program, touch_program
from punchcard.loyalty.programs.promotion_dates import LIVE, status_at, tell_turn
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rules.promotions.promotion_form import (
    LIVE_LIMIT,
    check_promotion,
    check_status,
)
from punchcard.loyalty.vocabulary import PromotionStatus, Stacking

FIELDS: Final = (
    "name",
    "texts",
    "status",
    "effect",
    "starts_on",
    "ends_on",
    "windows",
    "location_ids",
    "tier_keys",
    "segment_id",
    "minimum_purchase_minor",
    "items",
    "limit",
    "budget",
    "stacking",
)
"""What a vendor decides about a promotion."""

_LISTS: Final = ("windows", "location_ids", "tier_keys", "items")
_COUNTS: Final = ("points_given", "stamps_given", "uses")
_record: Final = partial(record_row, kind="promotion")


def create_promotion(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    fields: Mapping[str, Any],
) -> Promotion:
    """Add a promotion to the vendor's program, a draft unless `fields` say "active".

    `fields` holds names of FIELDS; `name` and `effect` are required.
    Raises ProgramNotFound, InvalidInput, TooManyPromotions.
    """
    program = lock_program(session, vendor_id, program_id)
    promotion = Promotion(
        **{
            "texts": {},
            "status": PromotionStatus.DRAFT,
            "minimum_purchase_minor": 0,
            **_kept(fields),
        },
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        program_id=program.id,
        version=1,
        points_given=0,
        stamps_given=0,
        uses=0,
        created_at=act.now,
        updated_at=act.now,
    )
    check_status(None, promotion.status)
    _check(session, program, promotion, FIELDS)
    _check_number(session, act, program, promotion)
    session.add(promotion)
    session.flush()
    _follow(session, act, program, promotion, before=PromotionStatus.DRAFT)
    tell_turn(session, act, program, promotion, stood=PromotionStatus.DRAFT)
    _record(session, act, "promotion.created", promotion, new=values_of(promotion, FIELDS))
    return promotion


def get_promotion(
    session: Session, vendor_id: VendorId, program_id: ProgramId, promotion_id: PromotionId
) -> Promotion:
    """Return a promotion of the vendor's program. Raises ProgramNotFound, PromotionNotFound."""
    program = get_program(session, vendor_id, program_id)
    is_its = Promotion.program_id == program.id
    return find_own(session, Promotion, vendor_id, promotion_id, is_its, missing=PromotionNotFound)


def list_promotions(
    session: Session,
    vendor_id: VendorId,
    program_id: ProgramId,
    *,
    limit: int,
    after_id: str | None = None,
) -> Sequence[Promotion]:
    """Return up to `limit` promotions of a program after `after_id`, oldest first.

    Raises ProgramNotFound.
    """
    program = get_program(session, vendor_id, program_id)
    wanted = select(Promotion).where(Promotion.program_id == program.id)
    return paginate(session, wanted, Promotion, after_id, limit)


def update_promotion(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    promotion_id: PromotionId,
    *,
    fields: Mapping[str, Any],
    guard: Callable[[Promotion], None] | None = None,
) -> Promotion:
    """Change the given fields and raise the promotion's version if any of them is new.

    `guard` is given the row, locked, before anything changes; what it raises ends it.
    Raises ProgramNotFound, PromotionNotFound, PromotionEnded, InvalidInput, TooManyPromotions.
    """
    program, promotion = _locked(session, vendor_id, program_id, promotion_id)
    if guard is not None:
        guard(promotion)
    fields = _kept(fields)
    old, changed = differing(promotion, fields)
    if not changed:
        return promotion
    if promotion.status == PromotionStatus.ENDED:
        raise PromotionEnded
    before, stood = promotion.status, status_at(promotion, program, act.now)
    check_status(before, changed.get("status", before))
    # An object that is half changed must not be written while it is still looked at.
    with session.no_autoflush:
        set_fields(promotion, changed)
        _check(session, program, promotion, changed)
        _check_number(session, act, program, promotion)
    if changed.get("status") == PromotionStatus.ENDED:
        promotion.ended_at = act.now
    _changed(session, act, program, promotion, before)
    tell_turn(session, act, program, promotion, stood=stood)
    _record(session, act, "promotion.updated", promotion, old=old, new=changed)
    return promotion


def planned_promotion(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    *,
    fields: Mapping[str, Any],
    promotion: Promotion | None = None,
) -> Promotion:
    """Return what saving `fields` would make, of `promotion` or anew; nothing is kept.

    Raises ProgramNotFound, InvalidInput.
    """
    program = get_program(session, vendor_id, program_id)
    given = {"texts": {}, "minimum_purchase_minor": 0, "stacking": Stacking.BEST}
    own: dict[str, Any] = {"id": act.ids.new_id(), "version": 1, **dict.fromkeys(_COUNTS, 0)}
    if promotion is not None:
        given = values_of(promotion, FIELDS)
        own = values_of(promotion, ("id", "version", *_COUNTS))
    planned = Promotion(
        **{
            **{name: [] for name in _LISTS},
            "status": PromotionStatus.DRAFT,
            **given,
            **_kept(fields),
        },
        **own,
        vendor_id=program.vendor_id,
        program_id=program.id,
    )
    _check(session, program, planned, FIELDS)
    return planned


def end_promotion(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    promotion_id: PromotionId,
) -> None:
    """End a promotion now; a draft, which gave nothing to anybody, is deleted.

    Raises ProgramNotFound, PromotionNotFound, PromotionEnded.
    """
    program, promotion = _locked(session, vendor_id, program_id, promotion_id)
    before = promotion.status
    if before == PromotionStatus.ENDED:
        raise PromotionEnded
    if before == PromotionStatus.DRAFT:
        _record(session, act, "promotion.deleted", promotion, old=values_of(promotion, FIELDS))
        session.delete(promotion)
        return
    stood = status_at(promotion, program, act.now)
    promotion.status, promotion.ended_at = PromotionStatus.ENDED, act.now
    _changed(session, act, program, promotion, before)
    tell_turn(session, act, program, promotion, stood=stood)
    _record(session, act, "promotion.ended", promotion, old={"status": before})


def _locked(
    session: Session, vendor_id: VendorId, program_id: ProgramId, promotion_id: PromotionId
) -> tuple[LoyaltyProgram, Promotion]:
    # The program first, as everywhere, or two changes could wait for each other crosswise.
    program = lock_program(session, vendor_id, program_id)
    promotion = get_promotion(session, vendor_id, program_id, promotion_id)
    # What it has given moves with every purchase: what is compared must be the newest.
    session.refresh(promotion, with_for_update=True)
    return program, promotion


def _check(
    session: Session, program: LoyaltyProgram, promotion: Promotion, changed: Collection[str]
) -> None:
    keys = [tier["key"] for tier in program.tiers or ()]
    whole = values_of(promotion, (*FIELDS, "points_given", "stamps_given"))
    check_promotion(whole, program_type=program.type, tier_keys=keys, changed=changed)
    if promotion.location_ids:
        _check_places(session, program.vendor_id, promotion.location_ids)


def _check_places(session: Session, vendor_id: VendorId, asked: Iterable[str]) -> None:
    wanted = list(asked)
    query = select(Location.id).where(Location.vendor_id == vendor_id, Location.id.in_(wanted))
    known = set(session.scalars(query))
    for place, location_id in enumerate(wanted):
        if location_id not in known:
            message = N_("There is no such location.")
            raise invalid_field("location_ids", place, message=message)


def _check_number(
    session: Session, act: Act, program: LoyaltyProgram, promotion: Promotion
) -> None:
    """Raise TooManyPromotions where this would be one too many that is on, or about to be."""
    day = act.now.astimezone(ZoneInfo(program.timezone)).date()
    is_live = promotion.status in LIVE and not (promotion.ends_on and promotion.ends_on < day)
    if not is_live:
        return
    others = session.scalars(
        select(Promotion.id)
        .where(
            Promotion.program_id == program.id,
            Promotion.id != promotion.id,
            Promotion.status.in_(LIVE),
            or_(Promotion.ends_on.is_(None), Promotion.ends_on >= day),
        )
        .limit(LIVE_LIMIT)
    ).all()
    if len(others) >= LIVE_LIMIT:
        raise TooManyPromotions(limit=LIVE_LIMIT)


def _changed(
    session: Session,
    act: Act,
    program: LoyaltyProgram,
    promotion: Promotion,
    before: PromotionStatus,
) -> None:
    promotion.version += 1
    promotion.updated_at = act.now
    _follow(session, act, program, promotion, before=before)


def _follow(
    session: Session,
    act: Act,
    program: LoyaltyProgram,
    promotion: Promotion,
    *,
    before: PromotionStatus,
) -> None:
    """Let the till, cards and passes follow; a draft is nobody's business but its maker's."""
    if promotion.status != PromotionStatus.DRAFT or before != PromotionStatus.DRAFT:
        touch_program(session, act, program)


def _kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as they are kept: lists that are null are empty, "scheduled" is active."""
    kept = dict(fields)
    for name in _LISTS:
        if name in kept and kept[name] is None:
            kept[name] = []
    if kept.get("status") == PromotionStatus.SCHEDULED:
        kept["status"] = PromotionStatus.ACTIVE
    return kept
