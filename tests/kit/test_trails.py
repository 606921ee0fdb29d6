"""Which span left which work: taken once, and the oldest forgotten first."""

from punchcard.kit.tracing.trails import Trails


def test_what_was_left_is_taken_once() -> None:
    trails: Trails[str] = Trails()
    trails.leave("mail.send", ["a", "b"], "first")
    trails.leave("mail.send", ["b"], "second")
    assert [trails.take("mail.send", key) for key in ("a", "b", "b")] == ["first", "second", None]
    assert trails.take("card.changed", "a") is None


def test_the_oldest_are_forgotten() -> None:
    trails: Trails[int] = Trails(limit=2)
    for number in range(3):
        trails.leave("t", [str(number)], number)
    assert [trails.take("t", str(number)) for number in range(3)] == [None, 1, 2]
