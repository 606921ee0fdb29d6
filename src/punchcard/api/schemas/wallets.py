"""How wallets stand: which are set up, what waits, and how far redesigns have come."""

from punchcard.api.schemas.fields import Moment, Schema
from punchcard.kit.ids import ProgramId
from punchcard.wallets.wallet_service import FanoutProgress, WalletStatus


class FanoutSchema(Schema):
    """How far a program's redesign has reached its cards; `finished_at` null while under way."""

    program_id: ProgramId
    program_version: int
    cards_total: int
    cards_done: int
    cards_failed: int
    last_error: str | None
    started_at: Moment
    updated_at: Moment
    finished_at: Moment | None


class WorkSchema(Schema):
    """Changes that wait for their passes; `parked` ones have failed, `last_error` says why."""

    topic: str
    waiting: int
    parked: int
    last_error: str | None


class WalletStatusSchema(Schema):
    """How wallets stand on this server; `faults` says what keeps one from handing out passes."""

    configured: list[str]
    faults: dict[str, str]
    work: list[WorkSchema]
    redesigns: list[FanoutSchema]


class ProgramWalletSchema(Schema):
    """The latest redesign of a program, null while no card had to follow one."""

    redesign: FanoutSchema | None


def fanout_schema(progress: FanoutProgress) -> FanoutSchema:
    """Return a FanoutSchema."""
    return FanoutSchema.model_validate(progress, from_attributes=True)


def wallet_status_schema(status: WalletStatus) -> WalletStatusSchema:
    """Return a WalletStatusSchema."""
    return WalletStatusSchema.model_validate(status, from_attributes=True)
