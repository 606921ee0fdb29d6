"""The log held against the database, and against checkpoints: what was changed since is named.

A forger who leaves the log alone is named entry by entry. One who rewrites the log too meets the
root that a checkpoint signed, and is found without being told apart: then the last checkpoint that
still fits says since when nothing can be relied on.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, select

from punchcard.db.reading import ROWS_AT_ONCE, stream_plain
from punchcard.kit.clock import to_rfc3339
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.transparency.evidence import beside_digest, changed_parts, event_digest
from punchcard.loyalty.transparency.log_rows import event_rows, ledger_rows
from punchcard.loyalty.transparency.log_verdict import LogVerdict, Misfits, shown_moment
from punchcard.loyalty.transparency.merkle import Frontier, leaf_hash
from punchcard.loyalty.transparency.models import NODES
from punchcard.loyalty.transparency.sequencer import Progress, without_leaf
from punchcard.loyalty.transparency.signing.checkpoint_text import Checkpoint
from punchcard.loyalty.transparency.tiles import TILE_HEIGHT
from punchcard.loyalty.transparency.tree_reader import tree_size
from punchcard.loyalty.transparency.vocabulary import LogTree

_GONE: Final = "it is gone: the log holds it at place {position}"
_PUT_IN: Final = (
    "it says it was recorded before the checkpoint of {made_at}, which does not hold it: it was put"
    " in afterwards, or the clock was put back"
)
_CHANGED: Final = {
    "note": "its note was changed",
    "fingerprint": "the fingerprint of its request was changed",
    "answer": "the answer kept for the same request again was changed",
    "reward": "what is kept of its reward was changed",
}


def verify_log(
    connection: Connection,
    *,
    against: Sequence[Checkpoint] = (),
    kept: Sequence[Checkpoint] = (),
    progress: Progress = lambda entries: None,
) -> LogVerdict:
    """Hold the log against entries and audit trail, and both against checkpoints.

    `connection` is a snapshot. `against` are checkpoints kept elsewhere, whose signatures the
    caller has verified; `kept` those in the database, which tell how far back the trees still fit.
    That an entry was put in among those of before is told of `against` alone, since a clock that
    was put back looks the same.
    """
    verdict = LogVerdict()
    checkpoints = sorted((*against, *kept), key=lambda one: (one.size, one.made_at))
    misfits = Misfits(verdict)
    _EntryWalk(connection, checkpoints, against, misfits).go(progress)
    by_events = sorted(checkpoints, key=lambda one: one.audit_size)
    _look_at_events(connection, by_events, misfits)
    verdict.fitting = [one for one in checkpoints if one not in misfits.found]
    misfits.tell(verdict.anchored)
    _look_at_unplaced(connection, verdict, against)
    _look_for_cards(connection, verdict)
    return verdict


class _Roots:
    """Roots of leaves as they pass by, held against checkpoints and against the kept nodes."""

    def __init__(self, connection: Connection, verdict: LogVerdict, tree: LogTree) -> None:
        self._connection = connection
        self._verdict = verdict
        self._tree = tree
        self.frontier = Frontier()

    def take(self, data: str | None) -> None:
        if data is None:
            self._verdict.add("log", None, f"a leaf of the {self._tree} tree is empty")
            data = ""
        for height, number, value in self.frontier.add(leaf_hash(bytes.fromhex(data))):
            level, within = divmod(height, TILE_HEIGHT)
            if within == 0 and self._kept(level, number) != value:
                what = f"node {number} of level {level} of the {self._tree} tree was changed"
                self._verdict.add("log", None, what)

    def _kept(self, level: int, number: int) -> bytes | None:
        query = select(NODES.c.hash).where(
            NODES.c.tree == self._tree, NODES.c.level == level, NODES.c.number == number
        )
        return self._connection.execute(query).scalar_one_or_none()


class _EntryWalk:
    """Goes through the entries' leaves and holds each checkpoint on its way against the trees."""

    def __init__(
        self,
        connection: Connection,
        checkpoints: Sequence[Checkpoint],
        against: Sequence[Checkpoint],
        misfits: Misfits,
    ) -> None:
        self._connection = connection
        self._verdict = misfits.verdict
        self._misfits = misfits
        self._ahead = list(checkpoints)
        self._against = against
        self._newest: Checkpoint | None = None
        self._ledger = _Roots(connection, self._verdict, LogTree.LEDGER)
        self._beside = _Roots(connection, self._verdict, LogTree.BESIDE)

    def go(self, progress: Progress) -> None:
        verdict = self._verdict
        self._pass_checkpoints()
        for row in ledger_rows(self._connection):
            if row["position"] != self._ledger.frontier.size:
                verdict.add("log", None, f"places are missing before place {row['position']}")
                break
            self._ledger.take(row["data"])
            self._beside.take(row["beside"])
            _compare(verdict, row, self._newest)
            verdict.entries += 1
            self._pass_checkpoints()
            if verdict.entries % ROWS_AT_ONCE == 0:
                progress(verdict.entries)
        for checkpoint in self._ahead:
            self._misfits.add(checkpoint, _cut_off(checkpoint.size, verdict.entries, "entries"))
        if tree_size(self._connection, LogTree.LEDGER) != verdict.entries:
            verdict.add("log", None, "its number of entries was changed")
        progress(verdict.entries)

    def _pass_checkpoints(self) -> None:
        while self._ahead and self._ahead[0].size == self._ledger.frontier.size:
            checkpoint = self._ahead.pop(0)
            if checkpoint.root != self._ledger.frontier.root():
                what = f"its {checkpoint.size:,} entries are not those in the log"
                self._misfits.add(checkpoint, what)
            elif checkpoint.beside_root != self._beside.frontier.root():
                what = "what stands beside its entries is not as in the log"
                self._misfits.add(checkpoint, what)
            if checkpoint in self._against:
                self._newest = checkpoint


def _compare(verdict: LogVerdict, row: dict[str, Any], newest: Checkpoint | None) -> None:
    """Hold one entry against its leaf."""
    subject_id, card_id = row["subject_id"], row["leaf_card_id"]
    if row["id"] is None:
        verdict.add("entry", subject_id, _GONE.format(position=row["position"]), card_id)
        return
    if row["hash"] != row["data"]:
        verdict.add("entry", subject_id, "it was rewritten: the log has another hash", card_id)
    if row["card_id"] != card_id:
        what = f"it was moved: now it stands on card {row['card_id']}"
        verdict.add("entry", subject_id, what, card_id)
    for what in _beside_damages(row):
        verdict.add("entry", subject_id, what, card_id)
    if newest is not None and row["created_at"] < to_rfc3339(newest.complete_until):
        what = _PUT_IN.format(made_at=shown_moment(newest.made_at))
        verdict.add("entry", subject_id, what, card_id)


def _beside_damages(row: dict[str, Any]) -> list[str]:
    if row["salt"] is None:
        return ["its salt is gone: its note can no longer be checked"]
    digest, marks = beside_digest(row, bytes.fromhex(row["salt"]))
    if digest.hex() == row["beside"]:
        return []
    parts = changed_parts(marks, bytes.fromhex(row["marks"] or "00000000"))
    return [_CHANGED[part] for part in parts] or ["something beside its hash was changed"]


def _look_at_events(
    connection: Connection, checkpoints: Sequence[Checkpoint], misfits: Misfits
) -> None:
    verdict = misfits.verdict
    audit = _Roots(connection, verdict, LogTree.AUDIT)
    ahead = list(checkpoints)

    def pass_checkpoints() -> None:
        while ahead and ahead[0].audit_size == audit.frontier.size:
            checkpoint = ahead.pop(0)
            if checkpoint.audit_root != audit.frontier.root():
                misfits.add(checkpoint, "its audit trail is not the one in the log")

    pass_checkpoints()
    for row in event_rows(connection):
        if row["position"] != audit.frontier.size:
            verdict.add("log", None, f"events are missing before place {row['position']}")
            break
        audit.take(row["data"])
        if row["id"] is None:
            verdict.add("event", row["event_id"], _GONE.format(position=row["position"]))
        elif event_digest(row).hex() != row["data"]:
            verdict.add("event", row["event_id"], "it was changed")
        verdict.events += 1
        pass_checkpoints()
    for checkpoint in ahead:
        misfits.add(checkpoint, _cut_off(checkpoint.audit_size, verdict.events, "events"))
    if tree_size(connection, LogTree.AUDIT) != verdict.events:
        verdict.add("log", None, "its number of events was changed")


def _cut_off(signed: int, there: int, what: str) -> str:
    return (
        f"of the {signed:,} {what} it signed the log holds {there:,}: the end was cut off, or an"
        " older copy of the database was put back"
    )


def _look_at_unplaced(
    connection: Connection, verdict: LogVerdict, against: Sequence[Checkpoint]
) -> None:
    """Look at the entries that have no place: what is new, and what was put in among the old."""
    newest = max(against, key=lambda one: one.complete_until, default=None)
    columns = [ENTRIES.c.id, ENTRIES.c.card_id, ENTRIES.c.created_at]
    unplaced = without_leaf(ENTRIES, LogTree.LEDGER)
    for row in stream_plain(connection, columns, lambda query: query.where(unplaced)):
        if newest is not None and row[2] < to_rfc3339(newest.complete_until):
            what = _PUT_IN.format(made_at=shown_moment(newest.made_at))
            verdict.add("entry", row[0], what, row[1])
        else:
            verdict.waiting += 1


def _look_for_cards(connection: Connection, verdict: LogVerdict) -> None:
    """Name the cards that are gone with their entries."""
    named = {one.card_id for one in verdict.damages if one.card_id is not None}
    for card_id in sorted(named):
        if connection.execute(select(CARDS.c.id).where(CARDS.c.id == card_id)).first() is None:
            verdict.add("card", card_id, "the card itself is gone")
