"""Notifications between server processes: sent, received, and no hindrance to a stop."""

import threading
import time

import pytest

from punchcard.db.database import Database
from punchcard.db.pg_notifier import PgNotifier

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
def test_words_told_just_before_the_stop_do_not_hold_it_up(database: Database) -> None:
    for pause in range(6):
        notifier = PgNotifier(
            database, "test_words", on_message=lambda _words: None, on_reconnect=lambda: None
        )
        notifier.publish(["one"])
        assert notifier.is_listening.wait(30)
        time.sleep(0.01 * pause)  # the stop meets the pace at another place each time
        notifier.publish(["two"])

        closing = threading.Thread(target=notifier.close, daemon=True)
        closing.start()
        closing.join(15)  # half of what the thread would sleep if its wake-up were lost

        assert not closing.is_alive()
