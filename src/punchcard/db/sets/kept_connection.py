"""The one connection that the till keeps to SQLite, and its transactions, past SQLAlchemy."""

import sqlite3

from sqlalchemy import Connection, Engine

from punchcard.db.sets.direct import begin_raw, commit_raw, raw_of


class KeptConnection:
    """Each `with` block is one writing transaction, one after another.

    To take the connection out of a pool of one, to begin and to commit in SQLAlchemy's way and to
    put it back costs twice what SQLite does for it. A statement that goes through SQLAlchemy finds
    the transaction under way, and joins it. Nothing but an error undoes a block.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept: tuple[Connection, sqlite3.Connection] | None = None

    def __enter__(self) -> Connection:
        """Begin a transaction."""
        if self._kept is None:
            opened = self._engine.connect()
            self._kept = opened, raw_of(opened)
        connection, raw = self._kept
        try:
            begin_raw(raw, connection, "BEGIN IMMEDIATE")
        except BaseException:
            self.let_go()
            raise
        return connection

    def __exit__(self, kind: object, *_: object) -> None:
        """Commit, or undo everything after an error."""
        if kind is not None or self._kept is None:
            # The next one begins with nothing of what failed.
            self.let_go()
            return
        connection, raw = self._kept
        try:
            commit_raw(raw, connection)
        except BaseException:
            # SQLAlchemy takes the transaction for ended, and SQLite does not.
            connection.invalidate()
            self.let_go()
            raise

    def let_go(self) -> None:
        """Close the connection, with what is under way on it; used again, it is opened anew."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept[0].close()
