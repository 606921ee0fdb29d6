"""A shop whose till, in a process of its own, never rests: to do something beside it."""

import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from tests.support.drivers.till import till_driver_at
from tests.support.till_process import Answer, Plan, answers, running

_DEADLINE_SECONDS = 60


class BusyShop:
    """Holds the answers of the till that is running."""

    def __init__(self) -> None:
        self.answered: list[Answer] = []
        self._news = threading.Condition()

    def listen(self, told: Iterator[Answer]) -> None:
        """Take answers until the till is gone."""
        for answer in told:
            with self._news:
                self.answered.append(answer)
                self._news.notify_all()

    def wait_for_more(self, number: int = 1) -> None:
        """Wait until so many operations more have been committed and answered."""
        with self._news:
            wanted = len(self.answered) + number
            assert self._news.wait_for(lambda: len(self.answered) >= wanted, _DEADLINE_SECONDS)


@contextmanager
def busy_shop(url: str) -> Iterator[BusyShop]:
    """Open a shop of four cards and let a process of its own write until the block ends."""
    with till_driver_at(url) as alice:
        cards = alice.cards(alice.program(type="points", welcome_points=1000), 4)
    plan = Plan(
        name="busy", url=url, vendor_id=alice.vendor_id, cards=cards, kind="steady", threads=2
    )
    shop = BusyShop()
    with ThreadPoolExecutor(1) as pool, running(plan) as process:
        listening = pool.submit(shop.listen, answers(process))
        shop.wait_for_more(10)
        yield shop
        process.kill()
        listening.result(_DEADLINE_SECONDS)


def enlarge(path: Path, pages: int) -> None:
    """Make a SQLite file longer by at least so many pages, in a table nobody reads."""
    with closing(sqlite3.connect(path)) as connection, connection:
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute("CREATE TABLE padding (content BLOB)")
        connection.executemany(
            "INSERT INTO padding VALUES (zeroblob(?))", [(size,) for _ in range(pages)]
        )
