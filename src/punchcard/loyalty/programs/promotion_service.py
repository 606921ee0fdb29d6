"""Promotions of a program: make, read, change, end."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.models import Location
from punchcard.kit.errors import invalid_field
from punchcard.kit.i18n import N_
from punchcard.kit.ids import ProgramId, PromotionId, VendorId, as_id
from punchcard.loyalty.errors.promotions import (
    PromotionEnded,
    PromotionNotFound,
    TooManyPromotions,
)
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.programs.program_service import get_program, lock_program, touch_program
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rules.promotions.promotion_form import (
    LATE_ENDS_DAYS,
    LIVE_LIMIT,
    check_promotion,
    check_status,
    status_on,
)
from punchcard.loyalty.vendor_events import Happened, tell
from punchcard.loyalty.vocabulary import PromotionStatus, Stacking, VendorEventType

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

_LIVE: Final = (PromotionStatus.ACTIVE, PromotionStatus.PAUSED)
_LISTS: Final = ("windows", "location_ids", "tier_keys", "items")
_COUNTS: Final = ("points_given", "stamps_given", "uses")


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
    _check(session, program, promotion)
    _check_number(session, act, program, promotion)
    session.add(promotion)
    session.flush()
    _follow(session, act, program, promotion, before=PromotionStatus.DRAFT)
    _tell_turn(session, act, program, promotion, stood=PromotionStatus.DRAFT)
    _record(session, act, "promotion.created", promotion, new=_values(promotion))
    return promotion


def get_promotion(
    session: Session, vendor_id: VendorId, program_id: ProgramId, promotion_id: PromotionId
) -> Promotion:
    """Return a promotion of the vendor's program. Raises ProgramNotFound, PromotionNotFound."""
    program = get_program(session, vendor_id, program_id)
    wanted = as_id(promotion_id)
    promotion = session.get(Promotion, wanted) if wanted else None
    if promotion is None or promotion.program_id != program.id:
        raise PromotionNotFound
    return promotion


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
    if after_id is not None:
        wanted = wanted.where(Promotion.id > after_id)
    return session.scalars(wanted.order_by(Promotion.id).limit(limit)).all()


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
    changed = {n: value for n, value in fields.items() if getattr(promotion, n) != value}
    if not changed:
        return promotion
    if promotion.status == PromotionStatus.ENDED:
        raise PromotionEnded
    before, stood = promotion.status, status_at(promotion, program, act.now)
    check_status(before, changed.get("status", before))
    old = {name: getattr(promotion, name) for name in changed}
    # An object that is half changed must not be written while it is still looked at.
    with session.no_autoflush:
        for name, value in changed.items():
            setattr(promotion, name, value)
        _check(session, program, promotion)
        _check_number(session, act, program, promotion)
    if changed.get("status") == PromotionStatus.ENDED:
        promotion.ended_at = act.now
    _changed(session, act, program, promotion, before)
    _tell_turn(session, act, program, promotion, stood=stood)
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
        given = _values(promotion)
        own = {name: getattr(promotion, name) for name in ("id", "version", *_COUNTS)}
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
    _check(session, program, planned)
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
        _record(session, act, "promotion.deleted", promotion, old=_values(promotion))
        session.delete(promotion)
        return
    stood = status_at(promotion, program, act.now)
    promotion.status, promotion.ended_at = PromotionStatus.ENDED, act.now
    _changed(session, act, program, promotion, before)
    _tell_turn(session, act, program, promotion, stood=stood)
    _record(session, act, "promotion.ended", promotion, old={"status": before})


def status_at(promotion: Promotion, program: LoyaltyProgram, now: datetime) -> PromotionStatus:
    """Return where a promotion stands at `now`, by its dates in the program's zone."""
    day = now.astimezone(ZoneInfo(program.timezone)).date()
    return status_on(promotion.status, promotion.starts_on, promotion.ends_on, day)


def touch_dated(session: Session, act: Act, *, limit: int) -> int:
    """Let up to `limit` programs follow promotions that began or ended by their dates.

    Raises the version of each program with one whose date has come since the program's last
    change, and ends those that are over so long that no purchase of their days can come any more.
    Returns how many programs.
    """
    # In no zone is it another day earlier than this, or later.
    around = (act.now - timedelta(days=2)).date(), (act.now + timedelta(days=2)).date()
    near = or_(Promotion.starts_on.between(*around), Promotion.ends_on.between(*around))
    over = Promotion.ends_on < (act.now - timedelta(days=LATE_ENDS_DAYS)).date()
    rows = session.execute(
        select(Promotion, LoyaltyProgram)
        .join(LoyaltyProgram, LoyaltyProgram.id == Promotion.program_id)
        .where(Promotion.status.in_(_LIVE), or_(near, over))
        .order_by(LoyaltyProgram.id, Promotion.id)
    ).all()
    due = [program.id for promotion, program in rows if _has_turned(promotion, program, act.now)]
    touched = sorted(set(due))[:limit]
    for program_id in touched:
        _touch_dated(session, act, program_id)
    return len(touched)


def _has_turned(promotion: Promotion, program: LoyaltyProgram, now: datetime) -> bool:
    """Return whether it stands elsewhere than when its program last changed, or is over."""
    is_over = promotion.ends_on is not None and promotion.ends_on < _last_late_day(now)
    stood = status_at(promotion, program, program.updated_at)
    return is_over or status_at(promotion, program, now) != stood


def _touch_dated(session: Session, act: Act, program_id: ProgramId) -> None:
    program = session.scalar(
        select(LoyaltyProgram)
        .where(LoyaltyProgram.id == program_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if program is None:
        return
    live = and_(Promotion.program_id == program_id, Promotion.status.in_(_LIVE))
    for promotion in session.scalars(select(Promotion).where(live).order_by(Promotion.id)):
        stood = status_at(promotion, program, program.updated_at)
        _tell_turn(session, act, program, promotion, stood=stood)
    over = and_(Promotion.status.in_(_LIVE), Promotion.ends_on < _last_late_day(act.now))
    for promotion in session.scalars(
        select(Promotion)
        .where(Promotion.program_id == program_id, over)
        .order_by(Promotion.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ):
        promotion.status = PromotionStatus.ENDED
        promotion.updated_at = act.now
    touch_program(session, act, program)


def _tell_turn(
    session: Session,
    act: Act,
    program: LoyaltyProgram,
    promotion: Promotion,
    *,
    stood: PromotionStatus,
) -> None:
    """Let the shop's own software know of a promotion that has begun or ended since it `stood`."""
    stands = status_at(promotion, program, act.now)
    is_over = stood in (PromotionStatus.ACTIVE, PromotionStatus.PAUSED)
    if stands == PromotionStatus.ACTIVE and stood != stands:
        kind = VendorEventType.PROMOTION_STARTED
    elif stands == PromotionStatus.ENDED and is_over:
        kind = VendorEventType.PROMOTION_ENDED
    else:
        return
    data = {"promotion_id": promotion.id, "program_id": program.id, "name": promotion.name}
    tell(session, act, program.vendor_id, Happened(kind, data))


def _last_late_day(now: datetime) -> Any:
    return (now - timedelta(days=LATE_ENDS_DAYS)).date()


def _locked(
    session: Session, vendor_id: VendorId, program_id: ProgramId, promotion_id: PromotionId
) -> tuple[LoyaltyProgram, Promotion]:
    # The program first, as everywhere, or two changes could wait for each other crosswise.
    program = lock_program(session, vendor_id, program_id)
    promotion = get_promotion(session, vendor_id, program_id, promotion_id)
    # What it has given moves with every purchase: what is compared must be the newest.
    session.refresh(promotion, with_for_update=True)
    return program, promotion


def _check(session: Session, program: LoyaltyProgram, promotion: Promotion) -> None:
    keys = [tier["key"] for tier in program.tiers or ()]
    given = {"points_given": promotion.points_given, "stamps_given": promotion.stamps_given}
    whole = {**_values(promotion), **given}
    check_promotion(whole, program_type=program.type, tier_keys=keys)
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
    is_live = promotion.status in _LIVE and not (promotion.ends_on and promotion.ends_on < day)
    if not is_live:
        return
    others = session.scalars(
        select(Promotion.id)
        .where(
            Promotion.program_id == program.id,
            Promotion.id != promotion.id,
            Promotion.status.in_(_LIVE),
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


def _values(promotion: Promotion) -> dict[str, Any]:
    return {name: getattr(promotion, name) for name in FIELDS}


def _record(
    session: Session,
    act: Act,
    action: str,
    promotion: Promotion,
    *,
    old: Mapping[str, Any] | None = None,
    new: Mapping[str, Any] | None = None,
) -> None:
    of = ("promotion", promotion.id)
    record_act(session, act, action, of=of, vendor_id=promotion.vendor_id, old=old, new=new)
