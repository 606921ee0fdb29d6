"""Bells wake whoever waits for their topics, and nobody else."""

import threading

from punchcard.kit.bell import Bells


def test_a_topic_rings_its_own_bells_only() -> None:
    bells = Bells()
    cards, mails = bells.hang(["card.changed"]), bells.hang(["mail.send", "mail.welcome"])

    bells.ring("card.changed")

    assert (cards.rings, mails.rings) == (1, 0)


def test_all_bells_can_be_rung_at_once() -> None:
    bells = Bells()
    cards, nothing = bells.hang(["card.changed"]), bells.hang([])

    bells.ring()

    assert (cards.rings, nothing.rings) == (1, 1)


def test_a_bell_that_was_taken_down_is_not_rung() -> None:
    bells = Bells()
    bell = bells.hang(["card.changed"])

    bells.take_down(bell)
    bells.ring("card.changed")

    assert bell.rings == 0


def test_a_ring_that_came_just_before_the_wait_is_heard() -> None:
    bells = Bells()
    bell = bells.hang(["card.changed"])
    heard = bell.rings
    bells.ring("card.changed")
    done = threading.Event()

    def wait() -> None:
        bell.wait(heard, 3600)
        done.set()

    threading.Thread(target=wait, daemon=True).start()

    assert done.wait(10)
