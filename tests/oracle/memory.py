"""The rules over a list in memory, for cards of points: what the second opinion is held against."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from punchcard.kit.ids import CardId, EntryId, ProgramId, RewardId, VendorId
from punchcard.loyalty.operations import Operation, RefundPoints
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.dated.ended import LotMove
from punchcard.loyalty.rules.values import (
    CardState,
    Forgiven,
    History,
    PastEntry,
    ProgramRules,
    RewardState,
)
from punchcard.loyalty.vocabulary import VoidPolicy
from tests.loyalty.model import Shop
from tests.oracle.asks import columns_of
from tests.oracle.points import Program
from tests.support.drivers.rules import CARD, points_program

_NO_REWARD = RewardState(
    id=RewardId("none"),
    program_id=ProgramId("none"),
    name="",
    points_required=None,
    value_minor=None,
    stock_left=None,
    per_card_limit=None,
    valid_from=None,
    valid_until=None,
    is_archived=True,
)


def rules_of(program: Program) -> ProgramRules:
    """Return the rules of a program of the second opinion."""
    columns = columns_of(program)
    del columns["type"], columns["timezone"]
    return points_program(
        **{
            **columns,
            "zone": ZoneInfo(program["zone"]),
            "void_policy": VoidPolicy(program["void_policy"]),
            "points_expiry": Expiry.parse(program["expiry"]),
        }
    )


class PointsShop(Shop):
    """A shop in memory with one card, which was opened at `opened_at`."""

    def __init__(self, program: Program, opened_at: datetime) -> None:
        card = CardState(id=CardId(CARD), enrolled_at=opened_at)
        super().__init__(rules_of(program), _NO_REWARD, card)

    @property
    def vendor_id(self) -> VendorId:
        return self.program.vendor_id

    def _history(self, operation: Operation, now: datetime) -> History:
        if not isinstance(operation, RefundPoints):
            return super()._history(operation, now)
        return self._void_history(operation.transaction_id)

    def _void_history(self, entry_id: EntryId) -> History:
        [index] = [i for i, entry in enumerate(self.entries) if entry["id"] == entry_id]
        refunds = [e for e in self.entries if (e["details"] or {}).get("refunds") == entry_id]
        return History(
            entry=self._past(index),
            forgiven=self._forgiven(),
            refunded_minor=sum(refund["amount_minor"] for refund in refunds),
            moves=self._moves(),
        )

    def _moves(self) -> tuple[LotMove, ...]:
        return tuple(LotMove(e["id"], e["type"], e["details"] or {}) for e in self.entries)

    def _past(self, index: int) -> PastEntry:
        entry = self.entries[index]
        voided_by = [e["id"] for e in self.entries if e["voids"] == entry["id"]]
        names = "id type program_id stamps_delta points_delta amount_minor reference".split()
        names += "reward_id reward details program_version".split()
        return PastEntry(
            **{name: entry[name] for name in names},
            carry_delta=self._carry_delta(index),
            voided_by=voided_by[0] if voided_by else None,
        )

    def _forgiven(self) -> Forgiven:
        voided = {entry["voids"] for entry in self.entries if entry["voids"]}
        left = Fraction(0)
        for index, entry in enumerate(self.entries):
            if entry["voids"] or entry["id"] in voided or entry["type"] == "points_refunded":
                pending = _pending_in((entry["details"] or {}).get("lots", ()))
                left += entry["points_delta"] + pending + self._carry_delta(index)
            if entry["type"] == "points_refunded":
                left += Fraction(entry["details"]["refunded_points"])
            if entry["voids"] or entry["type"] == "points_refunded":
                left -= Fraction((entry["details"] or {}).get("ended", (0, 0))[1])
        return Forgiven(points_carry=left)


def _pending_in(lots: Sequence[Sequence[object]]) -> int:
    return sum(int(str(lot[1])) for lot in lots if len(lot) == 3)
