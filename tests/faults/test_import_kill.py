"""Kill a worker in the middle of an import: all that it had begun counts once, the next goes on."""

import signal

import pytest

from punchcard.connect.imports.vocabulary import BalanceMode, ImportState
from punchcard.loyalty.models import LoyaltyCard
from tests.connect.imports.mover import Mover
from tests.support.books import audited
from tests.support.doomed_import import BATCH, Doom, dies
from tests.support.drivers.till import till_driver_at

ROWS, ROWS_A_PART = 400, 250


@pytest.mark.parametrize(
    ("batches", "cards", "rows_done"),
    [(1, BATCH // 2, 0), (2, 250, 0), (4, 400, 250)],
    ids=["in the middle of a part", "before it is noted", "in a later part"],
)
def test_a_killed_run_goes_on_and_counts_each_row_once(
    database_url: str, batches: int, cards: int, rows_done: int
) -> None:
    lines = "".join(f"p{n}@home.example,A-{n},{n + 1}\n" for n in range(ROWS))
    with till_driver_at(database_url) as alice:
        mover = Mover(alice)
        import_id = mover.brings(alice.program(type="points"), f"email,card number,points\n{lines}")
        mover.tries(import_id)
        mover.asks_to_run(import_id, BalanceMode.ADD)

    assert dies(Doom(database_url, import_id, batches)) == -signal.SIGKILL

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        mover = Mover(next_one)
        met = mover.now(import_id)
        assert (met.state, met.rows_done) == (ImportState.RUNNING, rows_done)
        assert mover.count(LoyaltyCard) == cards
        done = mover.worked(import_id)
        assert (done.state, done.counts["new"]) == (ImportState.DONE, ROWS)
        assert done.counts["points"] == sum(range(1, ROWS + 1))
        assert mover.count(LoyaltyCard) == ROWS
        assert mover.card_of("p249@home.example").points == 250
        chains = audited(next_one.database)
    assert sum(len(chain) for chain in chains.values()) == 2 * ROWS


def test_a_killed_undo_goes_on_and_leaves_nothing(database_url: str) -> None:
    lines = "".join(f"p{n}@home.example,{n + 1}\n" for n in range(ROWS))
    with till_driver_at(database_url) as alice:
        mover = Mover(alice)
        import_id = mover.moves_in(alice.program(type="points"), f"email,points\n{lines}").id
        mover.asks_to_undo(import_id)

    assert dies(Doom(database_url, import_id, batches=2)) == -signal.SIGKILL

    with till_driver_at(database_url, alice.vendor_id) as next_one:
        mover = Mover(next_one)
        met = mover.now(import_id)
        assert (met.state, met.rows_done) == (ImportState.UNDOING, ROWS_A_PART)
        undone = mover.worked(import_id)
        assert (undone.state, undone.counts["undone"]) == (ImportState.UNDONE, ROWS)
        chains = audited(next_one.database)
    assert {chain[-1]["points_after"] for chain in chains.values()} == {0}
    assert sum(len(chain) for chain in chains.values()) == 3 * ROWS
