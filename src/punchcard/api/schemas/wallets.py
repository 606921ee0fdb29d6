"""How wallets stand: which are set up, what waits, and how far redesigns have come."""

from punchcard.api.schemas.fields import Moment, Shape
from punchcard.wallets.wallet_service import Progress, WalletStatus


class FanoutShape(Shape):
    """How far a program's redesign has reached its cards; `finished_at` null while under way."""

    program_id: str
    program_version: int
    cards_total: int
    cards_done: int
    cards_failed: int
    last_error: str | None
    started_at: Moment
    updated_at: Moment
    finished_at: Moment | None


class WorkShape(Shape):
    """Changes that wait for their passes; `parked` ones failed for good, `last_error` says why."""

    topic: str
    waiting: int
    parked: int
    last_error: str | None


class WalletStatusShape(Shape):
    """How wallets stand on this server; `faults` says what keeps one from handing out passes."""

    configured: list[str]
    faults: dict[str, str]
    work: list[WorkShape]
    redesigns: list[FanoutShape]


class ProgramWalletShape(Shape):
    """The latest redesign of a program, null while no card had to follow one."""

    redesign: FanoutShape | None


def fanout_shape(progress: Progress) -> FanoutShape:
    """Return a FanoutShape."""
    return FanoutShape.model_validate(progress, from_attributes=True)


def wallet_status_shape(status: WalletStatus) -> WalletStatusShape:
    """Return a WalletStatusShape."""
    return WalletStatusShape.model_validate(status, from_attributes=True)
