"""Rewards: what points can be exchanged for, with stock, dates and a limit per card."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.rows import differing, find_own, paginate, set_fields, values_of
from punchcard.kit.ids import ProgramId, RewardId, VendorId, as_id
from punchcard.loyalty.errors.programs import RewardNotFound
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs.program_service import get_program, lock_program, touch_program
from punchcard.loyalty.programs.program_tiers import refuse_if_given
from punchcard.loyalty.programs.referral_terms import refuse_if_promised
from punchcard.loyalty.rules.program_rules import check_price, check_reward
from punchcard.loyalty.vocabulary import RewardFilter

FIELDS = (
    "name",
    "description",
    "points_required",
    "value_minor",
    "stock_left",
    "per_card_limit",
    "valid_from",
    "valid_until",
    "texts",
)
"""What a vendor decides about a reward."""

_record: Final = partial(record_row, kind="reward")


def create_reward(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    fields: Mapping[str, Any],
) -> Reward:
    """Add a reward to the vendor's program; `stock_left` None is a stock without end.

    `fields` holds names of FIELDS; `name` and `points_required` are required.
    Raises ProgramNotFound, InvalidInput.
    """
    check_reward(fields)
    program = lock_program(session, vendor_id, program_id)
    check_price(fields["points_required"], program.minimum_redemption_points)
    reward = Reward(
        **{**dict.fromkeys(FIELDS), "texts": {}, **fields},
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        program_id=program.id,
        created_at=act.now,
        updated_at=act.now,
    )
    session.add(reward)
    touch_program(session, act, program)
    session.flush()
    _record(session, act, "reward.created", reward, new=values_of(reward, FIELDS))
    return reward


def get_reward(session: Session, vendor_id: VendorId, reward_id: RewardId) -> Reward:
    """Return the vendor's reward, archived or not. Raises RewardNotFound."""
    return find_own(session, Reward, vendor_id, reward_id, missing=RewardNotFound)


def list_rewards(
    session: Session,
    vendor_id: VendorId,
    program_id: ProgramId,
    *,
    limit: int,
    after_id: str | None = None,
    status: RewardFilter = RewardFilter.ACTIVE,
) -> Sequence[Reward]:
    """Return up to `limit` rewards of a program after `after_id`, oldest first.

    Raises ProgramNotFound.
    """
    program = get_program(session, vendor_id, program_id)
    wanted = select(Reward).where(Reward.program_id == program.id)
    if status == RewardFilter.ACTIVE:
        wanted = wanted.where(Reward.archived_at.is_(None))
    elif status == RewardFilter.ARCHIVED:
        wanted = wanted.where(Reward.archived_at.is_not(None))
    return paginate(session, wanted, Reward, after_id, limit)


def update_reward(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    reward_id: RewardId,
    fields: Mapping[str, Any],
    *,
    guard: Callable[[Reward], None] | None = None,
    ask: Callable[[Session, LoyaltyProgram, Reward, Mapping[str, Any]], None] | None = None,
) -> Reward:
    """Change the given fields, and raise the program's version if any of them is new.

    `guard` is given the row, locked, before anything changes, `ask` also the program and what is to
    change; what they raise ends it.
    Raises RewardNotFound (an archived reward is history), InvalidInput.
    """
    reward = _locked(session, vendor_id, reward_id)
    if guard is not None:
        guard(reward)
    old, changed = differing(reward, fields)
    if not changed:
        return reward
    check_reward({**values_of(reward, FIELDS), **changed})
    program = get_program(session, vendor_id, reward.program_id)
    if "points_required" in changed:
        check_price(changed["points_required"], program.minimum_redemption_points)
    if ask is not None:
        ask(session, program, reward, changed)
    set_fields(reward, changed)
    _touch(session, act, reward)
    _record(session, act, "reward.updated", reward, old=old, new=changed)
    return reward


def archive_reward(session: Session, act: Act, vendor_id: VendorId, reward_id: RewardId) -> None:
    """Take a reward out of the catalogue; entries that name it keep their own copy.

    Raises RewardNotFound, also when it was archived before, RewardGivenByTier and RewardPromised.
    """
    reward = _locked(session, vendor_id, reward_id)
    program = get_program(session, vendor_id, reward.program_id)
    refuse_if_given(program, reward.id)
    refuse_if_promised(program, reward.id)
    reward.archived_at = act.now
    _touch(session, act, reward)
    _record(session, act, "reward.archived", reward, old=values_of(reward, FIELDS))


def touch_shelf(session: Session, act: Act, program_id: ProgramId) -> None:
    """Raise the version of a program of whose rewards one ran out or is there again."""
    program = session.scalar(
        select(LoyaltyProgram)
        .where(LoyaltyProgram.id == program_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if program is not None:
        touch_program(session, act, program)


def restore_reward(session: Session, act: Act, vendor_id: VendorId, reward_id: RewardId) -> None:
    """Put a reward that was archived back into the catalogue, as it was. Raises RewardNotFound."""
    reward = get_reward(session, vendor_id, reward_id)
    lock_program(session, vendor_id, reward.program_id)
    session.refresh(reward, with_for_update=True)
    if reward.archived_at is None:
        return
    reward.archived_at = None
    _touch(session, act, reward)
    _record(session, act, "reward.restored", reward, new=values_of(reward, FIELDS))


def names_of(
    session: Session, program_id: ProgramId, reward_ids: Iterable[RewardId]
) -> dict[str, str]:
    """Return what each of these rewards of the program is called, archived or not."""
    wanted = [one for one in map(as_id, reward_ids) if one]
    query = select(Reward.id, Reward.name).where(
        Reward.program_id == program_id, Reward.id.in_(wanted)
    )
    return {row.id: row.name for row in session.execute(query)}


def touch_dated(session: Session, act: Act, *, limit: int) -> int:
    """Raise the version of up to `limit` programs with a reward that began or ended by its date.

    Returns how many; those whose date lies after the program's last change, so each date once.
    """
    has_passed = (
        and_(date > LoyaltyProgram.updated_at, date <= act.now)
        for date in (Reward.valid_from, Reward.valid_until)
    )
    dated = select(LoyaltyProgram.id).join(Reward, Reward.program_id == LoyaltyProgram.id)
    dated = dated.where(Reward.archived_at.is_(None))
    programs = session.scalars(
        select(LoyaltyProgram)
        .where(LoyaltyProgram.id.in_(dated.where(or_(*has_passed))))
        .order_by(LoyaltyProgram.id)
        .limit(limit)
        .with_for_update(key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for program in programs:
        touch_program(session, act, program)
    return len(programs)


def _locked(session: Session, vendor_id: VendorId, reward_id: RewardId) -> Reward:
    reward = get_reward(session, vendor_id, reward_id)
    # The program first, as everywhere, or two changes could wait for each other crosswise.
    lock_program(session, vendor_id, reward.program_id)
    # The stock moves with every redemption: what is compared and kept must be the newest.
    session.refresh(reward, with_for_update=True)
    if reward.archived_at is not None:
        raise RewardNotFound()
    return reward


def _touch(session: Session, act: Act, reward: Reward) -> None:
    reward.updated_at = act.now
    touch_program(session, act, get_program(session, reward.vendor_id, reward.program_id))
