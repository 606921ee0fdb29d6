"""Of several hosts the one is asked first that answered last, and one that hangs is left alone."""

from punchcard.db.postgresql.host_watch import SHUN_SECONDS, HostWatch

HOSTS = ["one:5432", "two:5432", "three:5432"]


class Clock:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_hosts_are_asked_as_they_are_named_until_one_is_known() -> None:
    watch = HostWatch()
    assert watch.in_order(HOSTS) == HOSTS
    watch.note_connected("three:5432")
    assert watch.in_order(HOSTS) == ["three:5432", "one:5432", "two:5432"]


def test_who_hangs_is_left_alone_for_a_while_then_asked_last() -> None:
    clock = Clock()
    watch = HostWatch(clock)
    watch.note_connected("one:5432")
    watch.note_hung("one:5432")
    assert watch.hangs("one:5432")
    assert watch.in_order(HOSTS) == ["two:5432", "three:5432"]
    clock.seconds += SHUN_SECONDS
    assert watch.in_order(HOSTS) == ["two:5432", "three:5432", "one:5432"]


def test_who_answers_again_does_not_hang() -> None:
    watch = HostWatch()
    watch.note_hung("one:5432")
    watch.note_refused("one:5432")
    assert not watch.hangs("one:5432")
    watch.note_hung("one:5432")
    watch.note_connected("one:5432")
    assert watch.in_order(HOSTS) == HOSTS


def test_where_all_hang_all_are_asked_the_one_of_longest_ago_first() -> None:
    clock = Clock()
    watch = HostWatch(clock)
    for host in reversed(HOSTS):
        watch.note_hung(host)
        clock.seconds += 1
    assert watch.in_order(HOSTS) == list(reversed(HOSTS))
