"""Word between server processes: told, heard, and no hindrance to whoever stops."""

import threading
import time

import pytest

from punchcard.db.database import Database
from punchcard.db.notices import Notices

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_postgresql
def test_words_told_just_before_the_stop_do_not_hold_it_up(database: Database) -> None:
    for pause in range(6):
        notices = Notices(database, "test_words", hear=lambda _words: None, missed=lambda: None)
        notices.tell(["one"])
        assert notices.hearing.wait(30)
        time.sleep(0.01 * pause)  # the stop meets the pace at another place each time
        notices.tell(["two"])

        closing = threading.Thread(target=notices.close, daemon=True)
        closing.start()
        closing.join(15)  # half of what the thread would sleep if its wake-up were lost

        assert not closing.is_alive()
