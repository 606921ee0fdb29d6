"""What promotions have given, as the entries of a batch move it, and what is left of budgets."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Row, select

from punchcard.db.base import table_of
from punchcard.db.dialects import is_sqlite
from punchcard.db.sets.bulk import RowAdd
from punchcard.kit.ids import PromotionId
from punchcard.loyalty.operations import CardOperation, Operation, VoidEntry
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.rules.promotions.promotion_rules import promotion_parts
from punchcard.loyalty.rules.values import EntryDraft, History, ProgramRules
from punchcard.loyalty.till.till_locks import Locked

_PROMOTIONS = table_of(Promotion)
_COUNTS = ("points_given", "stamps_given", "uses")

_move_counts = RowAdd(_PROMOTIONS, _COUNTS)


@dataclass(slots=True)
class BatchBudgets:
    """What is `left` of the budgets that were locked, and what entries `moved` of promotions."""

    left: dict[PromotionId, int] = field(default_factory=dict)
    moved: dict[PromotionId, list[int]] = field(default_factory=dict)

    def seen(self, history: History) -> History:
        """Return a history with what is left of budgets at this moment."""
        return replace(history, budgets=dict(self.left)) if self.left else history

    def note(self, draft: EntryDraft) -> None:
        """Note what promotions gave with an entry, or have back with the void of one."""
        is_void = draft.voided_type is not None
        sign = -1 if is_void else 1
        for part in promotion_parts(draft.voided_details if is_void else draft.details):
            promotion_id, points, stamps = part["promotion_id"], part["points"], part["stamps"]
            counts = self.moved.setdefault(promotion_id, [0, 0, 0])
            counts[0] += sign * points
            counts[1] += sign * stamps
            counts[2] += sign
            if promotion_id in self.left:
                # It gives one of the two.
                self.left[promotion_id] -= sign * (points + stamps)

    def flush(self, connection: Connection) -> None:
        """Write what moved, in the order of ids, as everywhere."""
        if self.moved:
            moved = sorted(self.moved.items())
            rows = [{"id": i, **dict(zip(_COUNTS, counts, strict=True))} for i, counts in moved]
            _move_counts(connection, rows)


def budgets_of(operation: Operation, program: ProgramRules) -> Iterable[PromotionId]:
    """Return the promotions whose counts an operation may move, where one has a budget.

    All of them: a batch locks them before it writes, so that no two wait for each other crosswise.
    """
    if not program.has_budgets or not isinstance(operation, CardOperation | VoidEntry):
        return ()
    return [promotion.id for promotion in program.promotions]


def lock_budgets(
    connection: Connection, wanted: set[PromotionId], *, waits: bool = False
) -> Locked[PromotionId, int]:
    """Lock promotions after the rewards; return what is left of each that has a budget."""
    if not wanted:
        return Locked({}, {})
    named = _PROMOTIONS.c.id.in_(sorted(wanted))
    query = select(_PROMOTIONS).where(named).order_by(_PROMOTIONS.c.id)
    rows = connection.execute(query.with_for_update(skip_locked=not waits)).all()
    held = set() if waits or is_sqlite(connection) else wanted.difference(row.id for row in rows)
    return Locked({row.id: _left_of(row) for row in rows if row.budget}, {i: i for i in held})


def left_of_budgets(connection: Connection, program: ProgramRules) -> dict[PromotionId, int]:
    """Return what is left of the budgets of a program's promotions, without a lock."""
    wanted = [promotion.id for promotion in program.promotions if promotion.has_budget]
    if not wanted:
        return {}
    rows = connection.execute(select(_PROMOTIONS).where(_PROMOTIONS.c.id.in_(wanted)))
    return {row.id: _left_of(row) for row in rows if row.budget}


def _left_of(row: Row[Any]) -> int:
    total: int = row.budget.get("points") or row.budget.get("stamps")
    given: int = max(0, row.points_given) + row.stamps_given
    return total - given
