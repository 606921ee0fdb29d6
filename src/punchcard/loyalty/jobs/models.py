"""The table of how far jobs have come, so that they go on there after a standstill."""

from datetime import datetime

from sqlalchemy import Connection, String, select
from sqlalchemy.orm import Mapped, mapped_column

from punchcard.db.base import Base, table_of
from punchcard.db.dialects import insert_for
from punchcard.db.types import UtcDateTime


class JobMark(Base):
    """The moment up to which a job has done everything."""

    __tablename__ = "job_marks"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    reached_at: Mapped[datetime] = mapped_column(UtcDateTime)


_MARKS = table_of(JobMark)


def reached(connection: Connection, name: str) -> datetime | None:
    """Return up to when a job has done everything; None before it ever ran."""
    return connection.scalar(select(_MARKS.c.reached_at).where(_MARKS.c.name == name))


def reach(connection: Connection, name: str, moment: datetime) -> None:
    """Note up to when a job has done everything."""
    insert = insert_for(connection.dialect, JobMark).values(name=name, reached_at=moment)
    connection.execute(
        insert.on_conflict_do_update(index_elements=["name"], set_={"reached_at": moment})
    )
