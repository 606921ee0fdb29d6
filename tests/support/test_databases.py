"""Each test starts with empty tables, whatever the one before it left."""

import pytest
from sqlalchemy import text

from punchcard.db.database import Database


@pytest.mark.parametrize("turn", ["first", "second"])
def test_nothing_is_left_from_the_test_before(database: Database, turn: str) -> None:
    with database.write_connection() as connection:
        events = connection.execute(
            text("SELECT actor_id FROM audit_events UNION ALL SELECT topic FROM outbox")
        ).all()
        connection.execute(
            text(
                "INSERT INTO audit_events"
                " (id, actor_kind, actor_id, action, subject_kind, subject_id, created_at) VALUES"
                " ('019cac1e7b0070008000000000000001', 'admin', :turn, 'a', 'b', 'c', :moment)"
            ),
            {"turn": turn, "moment": "2026-03-02 09:00:00"},
        )
        number = connection.scalar(
            text(
                "INSERT INTO outbox (topic, key, status, attempts, available_at, created_at)"
                " VALUES (:turn, 'k', 'waiting', 0, :moment, :moment) RETURNING id"
            ),
            {"turn": turn, "moment": "2026-03-02 09:00:00"},
        )
    assert events == []
    assert number == 1
