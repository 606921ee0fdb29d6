"""Automations of a program: make, read, change, end."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_row
from punchcard.accounts.models import Location
from punchcard.accounts.rows import differing, find_own, paginate, set_fields, values_of
from punchcard.engage.errors import (
    AutomationEnded,
    AutomationNotFound,
    RewardGivenByAutomation,
    TooManyAutomations,
)
from punchcard.engage.models import Automation, AutomationRun
from punchcard.engage.rules.automation_form import (
    LIVE_LIMIT,
    ProgramOffers,
    check_automation,
    check_status,
)
from punchcard.engage.rules.occasions import FOLLOWED_BY
from punchcard.engage.vocabulary import BY_DAY, AutomationStatus, RunState
from punchcard.kit.ids import AutomationId, ProgramId, RewardId, VendorId, as_id
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs.program_service import get_program, lock_program, touch_program
from punchcard.loyalty.rules.dated.expiry_rules import is_ending

FIELDS: Final = (
    "name",
    "trigger",
    "when",
    "conditions",
    "action",
    "reward_id",
    "points",
    "stamps",
    "valid_days",
    "hold_out_percent",
    "limit_per_year",
    "quiet_hours",
    "status",
)
"""What a vendor decides about an automation."""

_LIVE: Final = (AutomationStatus.ACTIVE, AutomationStatus.PAUSED)
_FRESH: Final[Mapping[str, Any]] = {
    "when": {},
    "conditions": [],
    "hold_out_percent": 10,
    "limit_per_year": 1,
    "status": AutomationStatus.DRAFT,
}
_record: Final = partial(record_row, kind="automation")


def create_automation(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    fields: Mapping[str, Any],
) -> Automation:
    """Add an automation to the vendor's program, a draft unless `fields` say "active".

    `fields` holds names of FIELDS; `trigger` and `action` are required.
    Raises ProgramNotFound, InvalidInput, TooManyAutomations.
    """
    program = lock_program(session, vendor_id, program_id)
    automation = Automation(
        **{**_FRESH, **_kept(fields)},
        id=act.ids.new_id(),
        vendor_id=vendor_id,
        program_id=program.id,
        version=1,
        created_at=act.now,
        updated_at=act.now,
    )
    check_status(None, automation.status)
    _check(session, program, automation)
    if automation.status == AutomationStatus.ACTIVE:
        _begin(automation, program, act.now)
    session.add(automation)
    session.flush()
    _follow(session, act, program)
    _record(session, act, "automation.created", automation, new=values_of(automation, FIELDS))
    return automation


def checked_automation(
    session: Session, vendor_id: VendorId, program_id: ProgramId, fields: Mapping[str, Any]
) -> tuple[LoyaltyProgram, Automation]:
    """Return an automation that is not kept, with its program, to see whom it would meet.

    Raises ProgramNotFound, InvalidInput.
    """
    program = get_program(session, vendor_id, program_id)
    automation = Automation(
        **{**_FRESH, **_kept(fields)}, id="", vendor_id=vendor_id, program_id=program.id, version=1
    )
    _check(session, program, automation)
    return program, automation


def get_automation(
    session: Session, vendor_id: VendorId, program_id: ProgramId, automation_id: AutomationId
) -> Automation:
    """Return an automation of the vendor's program. Raises ProgramNotFound, AutomationNotFound."""
    program = get_program(session, vendor_id, program_id)
    is_its = Automation.program_id == program.id
    return find_own(
        session, Automation, vendor_id, automation_id, is_its, missing=AutomationNotFound
    )


def list_automations(
    session: Session,
    vendor_id: VendorId,
    program_id: ProgramId,
    *,
    limit: int,
    after_id: str | None = None,
) -> Sequence[Automation]:
    """Return up to `limit` automations of a program after `after_id`, oldest first.

    Raises ProgramNotFound.
    """
    program = get_program(session, vendor_id, program_id)
    wanted = select(Automation).where(Automation.program_id == program.id)
    return paginate(session, wanted, Automation, after_id, limit)


def list_all_automations(
    session: Session, vendor_id: VendorId, *, limit: int
) -> Sequence[Automation]:
    """Return up to `limit` automations of all programs of a vendor, oldest first."""
    wanted = select(Automation).where(Automation.vendor_id == vendor_id)
    return paginate(session, wanted, Automation, None, limit)


def update_automation(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    automation_id: AutomationId,
    *,
    fields: Mapping[str, Any],
    guard: Callable[[Automation], None] | None = None,
) -> Automation:
    """Change the given fields and raise the automation's version if any of them is new.

    `guard` is given the row, locked, before anything changes; what it raises ends it. What waited
    of one that is paused or ended is not done any more, and one that is switched on again does
    not make up for what it missed.
    Raises ProgramNotFound, AutomationNotFound, AutomationEnded, InvalidInput, TooManyAutomations.
    """
    program, automation = _locked(session, vendor_id, program_id, automation_id)
    if guard is not None:
        guard(automation)
    fields = _kept(fields)
    old, changed = differing(automation, fields)
    if not changed:
        return automation
    before = automation.status
    if before == AutomationStatus.ENDED:
        raise AutomationEnded
    check_status(before, changed.get("status", before))
    with session.no_autoflush:
        set_fields(automation, changed)
        # Whatever the program has become since: what does nothing more need not fit it.
        if changed.keys() != {"status"} or automation.status == AutomationStatus.ACTIVE:
            _check(session, program, automation)
    if automation.status == AutomationStatus.ACTIVE and {"trigger", "when"} & changed.keys():
        _begin(automation, program, act.now)
    _moved(session, act, program, automation, before)
    _record(session, act, "automation.updated", automation, old=old, new=changed)
    return automation


def end_automation(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    automation_id: AutomationId,
) -> None:
    """End an automation now; a draft, which did nothing for anybody, is deleted.

    Raises ProgramNotFound, AutomationNotFound, AutomationEnded.
    """
    program, automation = _locked(session, vendor_id, program_id, automation_id)
    before = automation.status
    if before == AutomationStatus.ENDED:
        raise AutomationEnded
    if before == AutomationStatus.DRAFT:
        _record(session, act, "automation.deleted", automation, old=values_of(automation, FIELDS))
        session.delete(automation)
        return
    automation.status = AutomationStatus.ENDED
    _moved(session, act, program, automation, before)
    _record(session, act, "automation.ended", automation, old={"status": before})


def refuse_if_given(session: Session, vendor_id: VendorId, reward_id: RewardId) -> None:
    """Raise RewardGivenByAutomation if an automation of the vendor that is on gives the reward."""
    query = select(Automation.id).where(
        Automation.vendor_id == vendor_id,
        Automation.reward_id == as_id(reward_id),
        Automation.status.in_(_LIVE),
    )
    if session.scalar(query.limit(1)) is not None:
        raise RewardGivenByAutomation


def _locked(
    session: Session, vendor_id: VendorId, program_id: ProgramId, automation_id: AutomationId
) -> tuple[LoyaltyProgram, Automation]:
    # The program first, as everywhere, or two changes could wait for each other crosswise.
    program = lock_program(session, vendor_id, program_id)
    automation = get_automation(session, vendor_id, program_id, automation_id)
    session.refresh(automation, with_for_update=True)
    return program, automation


def _check(session: Session, program: LoyaltyProgram, automation: Automation) -> None:
    offered = select(Reward.id).where(Reward.program_id == program.id, Reward.archived_at.is_(None))
    places = select(Location.id).where(Location.vendor_id == program.vendor_id)
    offers = ProgramOffers(
        type=program.type,
        has_point_ends=is_ending(program.points_expiry),
        tiers=[tier["key"] for tier in program.tiers or ()],
        rewards=frozenset(session.scalars(offered)),
        locations=frozenset(session.scalars(places)),
    )
    check_automation(values_of(automation, FIELDS), offers)
    if automation.status in _LIVE:
        _check_number(session, automation)


def _check_number(session: Session, automation: Automation) -> None:
    others = session.scalars(
        select(Automation.id)
        .where(
            Automation.program_id == automation.program_id,
            Automation.id != (automation.id or None),
            Automation.status.in_(_LIVE),
        )
        .limit(LIVE_LIMIT)
    ).all()
    if len(others) >= LIVE_LIMIT:
        raise TooManyAutomations(limit=LIVE_LIMIT)


def _moved(
    session: Session,
    act: Act,
    program: LoyaltyProgram,
    automation: Automation,
    before: AutomationStatus,
) -> None:
    automation.version += 1
    automation.updated_at = act.now
    is_on = automation.status == AutomationStatus.ACTIVE
    if is_on and before != AutomationStatus.ACTIVE:
        _begin(automation, program, act.now)
    elif before == AutomationStatus.ACTIVE and not is_on:
        session.execute(
            update(AutomationRun)
            .where(
                AutomationRun.automation_id == automation.id,
                AutomationRun.state == RunState.WAITING,
            )
            .values(
                state=RunState.REFUSED,
                refused_by=f"automation_{automation.status}",
                done_at=act.now,
            )
        )
    session.flush()
    _follow(session, act, program)


def _begin(automation: Automation, program: LoyaltyProgram, now: datetime) -> None:
    """Let an automation begin now, on the day that it is where the shop is."""
    today = now.astimezone(ZoneInfo(program.timezone)).date()
    automation.active_since = now
    automation.reached_on = today - timedelta(days=1)
    automation.reaching_on = automation.reached_card_id = None


def _follow(session: Session, act: Act, program: LoyaltyProgram) -> None:
    """Let the till leave word of the entries that automations of the program wait for."""
    triggers = session.scalars(
        select(Automation.trigger).where(
            Automation.program_id == program.id,
            Automation.status == AutomationStatus.ACTIVE,
            Automation.trigger.not_in(BY_DAY),
        )
    )
    types = {str(kind) for trigger in triggers for kind in FOLLOWED_BY[trigger]}
    followed = sorted(types) or None
    if followed != program.followed:
        program.followed = followed
        touch_program(session, act, program)


def _kept(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return fields as they are kept: what is null of these stands for nothing."""
    kept = dict(fields)
    for name, nothing in (("when", {}), ("conditions", [])):
        if name in kept and kept[name] is None:
            kept[name] = nothing
    return kept
