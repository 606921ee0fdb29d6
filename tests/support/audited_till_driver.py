"""A counter whose books are audited in the end."""

from collections.abc import Iterator
from contextlib import contextmanager

from punchcard.db.database import Database
from punchcard.kit.clock import Clock
from punchcard.kit.ids import Ids
from tests.support.books import audited
from tests.support.drivers.till import TillDriver, open_till, open_till_driver


@contextmanager
def audited_till_driver(database: Database, clock: Clock, ids: Ids) -> Iterator[TillDriver]:
    """Open Café Alice's counter; when its till has stopped, the books must be right.

    Her own software follows, so that what is told of everything that happens is looked at, too.
    """
    with open_till(database, clock=clock, ids=ids) as till:
        yield open_till_driver(database, till, clock=clock, ids=ids, keeps_events=True)
    audited(database)
