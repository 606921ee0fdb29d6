"""A database whose connections outlive a test: a server process of PostgreSQL that has begun knows
the tables and the plans already, which costs more than what most tests ask of it.
"""

from typing import Any
from weakref import WeakSet

import psycopg
from sqlalchemy import event
from sqlalchemy.pool import QueuePool

from punchcard.db.database import Database
from punchcard.db.events import Subscriptions


class KeptDatabase(Database):
    """To a test like any other: closed, it has no subscriber left, and is used again from anew."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._opened: WeakSet[psycopg.Connection[Any]] = WeakSet()
        for engine in () if self.is_sqlite else (self._reader, self._till):
            event.listen(engine, "connect", self._note)

    def close(self) -> None:
        """Forget subscribers; of PostgreSQL's connections let none go."""
        if self.is_sqlite:
            super().close()
        else:
            self._subscriptions = Subscriptions()
            self.writes.forget()

    def backends(self) -> set[int]:
        """Return the ids of the server processes that wait for the next test.

        None wait if the test holds a connection still: nobody knows what it is about to do with it.
        """
        if self.is_sqlite:
            return set()
        for engine in (self._reader, self._till):
            assert isinstance(engine.pool, QueuePool)
            if engine.pool.checkedout():
                super().close()
        return {one.info.backend_pid for one in self._opened if not one.closed}

    def end(self) -> None:
        """Close every connection."""
        super().close()

    def _note(self, connection: psycopg.Connection[Any], _record: object) -> None:
        self._opened.add(connection)
