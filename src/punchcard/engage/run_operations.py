"""What the till is asked for when an automation acts."""

from datetime import date, datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from punchcard.engage.models import Automation, AutomationRun
from punchcard.engage.rules.quiet_hours import first_moment
from punchcard.engage.vocabulary import AutomationAction, Trigger
from punchcard.kit.ids import GrantId, Ids
from punchcard.kit.validation.request_keys import AUTOMATION
from punchcard.loyalty.grant_codes import new_grant_code
from punchcard.loyalty.operations import (
    Actor,
    CardKey,
    CardRef,
    GiveBonus,
    GrantReward,
    Operation,
    OperationMetadata,
)
from punchcard.loyalty.vocabulary import ActorKind, EntryType, GrantReason

_REASONS: Final = {
    Trigger.BIRTHDAY: GrantReason.BIRTHDAY,
    Trigger.ANNIVERSARY: GrantReason.ANNIVERSARY,
    Trigger.LAPSED: GrantReason.WIN_BACK,
    Trigger.POINTS_EXPIRING: GrantReason.WIN_BACK,
    Trigger.JOINED: GrantReason.WELCOME,
    Trigger.FIRST_VISIT: GrantReason.WELCOME,
    Trigger.NTH_VISIT: GrantReason.SURPRISE,
    Trigger.TIER_REACHED: GrantReason.TIER,
}


class DueRun(NamedTuple):
    """A run that is due, its automation, the time zone of their program, its card's number."""

    run: AutomationRun
    automation: Automation
    timezone: str
    number: str

    def waits_until(self, now: datetime) -> datetime:
        """Return `now`, or the end of the quiet hours that it lies in."""
        return first_moment(now, self.automation.quiet_hours, ZoneInfo(self.timezone))


def operation_of(due: DueRun, now: datetime, ids: Ids) -> Operation:
    """Return what is asked of the till for a run."""
    run, automation, *_ = due
    metadata: OperationMetadata = {
        "vendor_id": run.vendor_id,
        "actor": Actor(ActorKind.SYSTEM, None),
        "idempotency_key": f"{AUTOMATION}{run.id}",
    }
    # By its number: that of a merged card leads to the one that it became.
    card = CardRef(CardKey.NUMBER, due.number)
    if automation.action == AutomationAction.GRANT:
        assert automation.reward_id is not None
        return GrantReward(
            card=card,
            grant_id=GrantId(ids.new_id()),
            code=new_grant_code(),
            reward_id=automation.reward_id,
            reason=_REASONS[run.trigger],
            expires_on=_last_day(due, now),
            **metadata,
        )
    return GiveBonus(
        card=card,
        kind=EntryType.AUTOMATION_BONUS,
        points=automation.points or 0,
        stamps=automation.stamps or 0,
        facts={"automation_id": automation.id, "occasion": run.occasion},
        **metadata,
    )


def _last_day(due: DueRun, now: datetime) -> date | None:
    if due.automation.valid_days is None:
        return None
    today = now.astimezone(ZoneInfo(due.timezone)).date()
    return today + timedelta(days=due.automation.valid_days)
