"""Tables of automations: what they are, and what became of each card that they met."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base
from punchcard.db.types import BigInt, EnumText, Json, UtcDateTime, one_of
from punchcard.engage.vocabulary import AutomationAction, AutomationStatus, RunState, Trigger
from punchcard.kit.ids import (
    AutomationId,
    AutomationRunId,
    CardId,
    EntryId,
    GrantId,
    ProgramId,
    RewardId,
    VendorId,
)

_WAITS = text("state = 'waiting'")


class Automation(Base):
    """Something that a program does for its cards by itself.

    `active_since` is when it was last switched on: what happened before sets nothing off. Of one
    that a day sets off, `reached_on` is the last day that is done with, `reaching_on` the day that
    is being worked towards, and `reached_card_id` the last card that was looked at for it.
    """

    __tablename__ = "automations"
    __table_args__ = (
        one_of("trigger", Trigger),
        one_of("action", AutomationAction),
        one_of("status", AutomationStatus),
        CheckConstraint("hold_out_percent BETWEEN 0 AND 50", name="hold_out"),
        CheckConstraint("limit_per_year >= 1", name="limit"),
        Index("ix_automations_program_id_id", "program_id", "id"),
    )

    id: Mapped[AutomationId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    # A program that never had a card may be deleted, and its rewards with it.
    program_id: Mapped[ProgramId] = mapped_column(
        ForeignKey("loyalty_programs.id", ondelete="CASCADE")
    )
    name: Mapped[str | None] = mapped_column(String(120))
    trigger: Mapped[Trigger] = mapped_column(EnumText(Trigger))
    when: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    conditions: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    action: Mapped[AutomationAction] = mapped_column(EnumText(AutomationAction))
    reward_id: Mapped[RewardId | None] = mapped_column(ForeignKey("rewards.id", ondelete="CASCADE"))
    points: Mapped[int | None] = mapped_column(BigInt)
    stamps: Mapped[int | None]
    valid_days: Mapped[int | None]
    hold_out_percent: Mapped[int] = mapped_column(default=10)
    limit_per_year: Mapped[int | None]
    quiet_hours: Mapped[dict[str, Any] | None] = mapped_column(Json)
    status: Mapped[AutomationStatus] = mapped_column(EnumText(AutomationStatus))
    version: Mapped[int] = mapped_column(default=1)
    active_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reached_on: Mapped[date | None]
    reaching_on: Mapped[date | None]
    reached_card_id: Mapped[CardId | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AutomationRun(Base):
    """A card that an automation met, for one occasion, and what became of it.

    There is one for an occasion (`occasion` is "2026" of a birthday, "visit:10" of the tenth visit)
    and it is done once: its id is the till's key. `year` is what `limit_per_year` counts in.
    `refused_by` is the code of the refusal, `entry_id` and `grant_id` what was given.
    """

    __tablename__ = "automation_runs"
    __table_args__ = (
        one_of("trigger", Trigger),
        one_of("state", RunState),
        UniqueConstraint("automation_id", "card_id", "occasion", name="uq_automation_runs_once"),
        Index("ix_automation_runs_automation_id_id", "automation_id", "id"),
        Index("ix_automation_runs_card_id", "card_id"),
        Index(
            "ix_automation_runs_due_at",
            "due_at",
            "id",
            postgresql_where=_WAITS,
            sqlite_where=_WAITS,
        ),
    )

    id: Mapped[AutomationRunId] = mapped_column(primary_key=True)
    vendor_id: Mapped[VendorId] = mapped_column(ForeignKey("vendors.id"))
    automation_id: Mapped[AutomationId] = mapped_column(ForeignKey("automations.id"))
    automation_version: Mapped[int]
    card_id: Mapped[CardId] = mapped_column(ForeignKey("loyalty_cards.id"))
    trigger: Mapped[Trigger] = mapped_column(EnumText(Trigger))
    occasion: Mapped[str] = mapped_column(String(60))
    year: Mapped[int]
    state: Mapped[RunState] = mapped_column(EnumText(RunState))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    refused_by: Mapped[str | None] = mapped_column(String(60))
    entry_id: Mapped[EntryId | None] = mapped_column(ForeignKey("loyalty_transactions.id"))
    grant_id: Mapped[GrantId | None] = mapped_column(ForeignKey("grants.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
