"""How old a replica is follows from places in the write-ahead log, of one clock's moments."""

from hypothesis import given
from hypothesis import strategies as st

from punchcard.db.postgresql.replica_age import ReplicaAge


def test_it_is_as_old_as_the_last_look_whose_place_it_has_reached() -> None:
    age = ReplicaAge()
    for at, written in ((1.0, 100), (2.0, 200), (3.0, 300)):
        assert age.note_primary(written, at)
    assert age.as_of is None
    age.note_replica(99)
    assert age.as_of is None
    age.note_replica(250)
    assert age.as_of == 2.0
    age.note_replica(300)
    assert age.as_of == 3.0


def test_a_primary_that_writes_nothing_leaves_it_young() -> None:
    age = ReplicaAge()
    for at in (1.0, 2.0, 3.0):
        assert age.note_primary(100, at)
        age.note_replica(100)
        assert age.as_of == at


def test_one_that_stands_still_grows_old() -> None:
    age = ReplicaAge()
    age.note_primary(100, 1.0)
    age.note_replica(100)
    for at in (2.0, 3.0):
        age.note_primary(100 + int(at), at)
        age.note_replica(100)
    assert age.as_of == 1.0


def test_what_is_ahead_of_the_primary_is_of_another_history() -> None:
    age = ReplicaAge()
    age.note_primary(100, 1.0)
    age.note_replica(120)
    assert not age.note_primary(110, 2.0)
    age.note_replica(120)
    # Also when it is looked at again: nothing of the new primary has reached it.
    assert not age.note_primary(115, 3.0)
    age.note_replica(120)
    assert age.note_primary(130, 4.0)


def test_a_new_primary_that_is_behind_the_old_one_begins_anew() -> None:
    age = ReplicaAge()
    age.note_primary(100, 1.0)
    age.note_primary(500, 2.0)
    age.note_replica(90)
    assert age.note_primary(95, 3.0)
    age.note_replica(95)
    assert age.as_of == 3.0


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 100)), min_size=1, max_size=60))
def test_whatever_was_written_before_that_moment_has_been_replayed(
    steps: list[tuple[int, int]],
) -> None:
    age = ReplicaAge()
    written = replayed = 1
    history: list[tuple[float, int]] = []
    for at, (more, part) in enumerate(steps):
        written += more
        assert age.note_primary(written, float(at))
        history.append((float(at), written))
        replayed = max(replayed, written * part // 100)
        age.note_replica(replayed)
        if age.as_of is not None:
            assert all(place <= replayed for moment, place in history if moment <= age.as_of)
