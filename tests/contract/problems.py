"""What every refusal looks like, and that it left nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from sqlalchemy import func, select

from punchcard.db.base import Base
from punchcard.db.database import Database

_FIELDS = {"type", "title", "status", "detail", "code", "request_id"}
_TRACES = ("Traceback", "sqlalchemy", "psycopg", "sqlite3", ".py")
# Counting failures is what these are for.
_COUNTERS = {"throttles"}


def check_problem(answer: httpx.Response, *statuses: int, code: str | None = None) -> Any:
    """Check a refusal's form and status, and its code if one is given; returns the problem."""
    assert answer.status_code in statuses, (answer.status_code, answer.text[:500])
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem.keys() >= _FIELDS
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["type"].endswith(f":{problem['code']}")
    assert problem["title"]
    assert problem["detail"]
    assert not [trace for trace in _TRACES if trace in answer.text]
    if answer.status_code in (423, 429, 503):
        assert int(answer.headers["retry-after"]) > 0
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
    if code is not None:
        assert problem["code"] == code
    return problem


@contextmanager
def nothing_written(database: Database) -> Iterator[None]:
    """Check that the block leaves as many rows in every table as there were."""
    before = count_rows(database)
    yield
    assert count_rows(database) == before


def count_rows(database: Database) -> dict[str, int]:
    """Count the rows of every table."""
    with database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name not in _COUNTERS
        }
