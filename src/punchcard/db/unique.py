"""Names that exist once: the database is asked, not trusted to be unchanged since the last look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from punchcard.db.events import dropped_on_error


@contextmanager
def refusing_duplicates(session: Session, refusal: Callable[[], Exception]) -> Iterator[None]:
    """Write what the block adds or changes; raise `refusal()` if a name in it is taken.

    Only the block is undone then: the transaction around it can go on.
    """
    try:
        with dropped_on_error(session), session.begin_nested():
            yield
    except IntegrityError:
        raise refusal() from None
