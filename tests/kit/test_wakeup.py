"""A wake-up wakes who waits for its topics, and nobody else."""

import threading

from punchcard.kit.wakeup import WakeupRegistry


def test_a_topic_notifies_its_own_wakeups_only() -> None:
    wakeups = WakeupRegistry()
    cards, mails = (
        wakeups.subscribe(["card.changed"]),
        wakeups.subscribe(["mail.send", "mail.welcome"]),
    )

    wakeups.notify("card.changed")

    assert (cards.count, mails.count) == (1, 0)


def test_all_wakeups_can_be_notified_at_once() -> None:
    wakeups = WakeupRegistry()
    cards, nothing = wakeups.subscribe(["card.changed"]), wakeups.subscribe([])

    wakeups.notify()

    assert (cards.count, nothing.count) == (1, 1)


def test_a_wakeup_that_was_unsubscribed_is_not_notified() -> None:
    wakeups = WakeupRegistry()
    wakeup = wakeups.subscribe(["card.changed"])

    wakeups.unsubscribe(wakeup)
    wakeups.notify("card.changed")

    assert wakeup.count == 0


def test_a_notification_just_before_the_wait_is_not_missed() -> None:
    wakeups = WakeupRegistry()
    wakeup = wakeups.subscribe(["card.changed"])
    seen = wakeup.count
    wakeups.notify("card.changed")
    done = threading.Event()

    def wait() -> None:
        wakeup.wait(seen, 3600)
        done.set()

    threading.Thread(target=wait, daemon=True).start()

    assert done.wait(10)
