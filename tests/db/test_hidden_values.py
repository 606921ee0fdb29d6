"""What goes wrong in the database is told without the values that it went wrong with."""

import traceback

import pytest
from sqlalchemy.exc import IntegrityError

from punchcard.accounts.models import Admin
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds


def test_an_error_tells_no_value(database: Database, clock: ManualClock, ids: SystemIds) -> None:
    def add_admin() -> None:
        with database.write() as session:
            given = {"email": "anna@secret.example", "name": "Anna", "password_hash": "$2b$secret"}
            session.add(Admin(id=ids.new_id(), created_at=clock.now(), **given))

    add_admin()
    with pytest.raises(IntegrityError) as caught:
        add_admin()

    told = "".join(traceback.format_exception(caught.value))
    assert "admins" in told
    assert "secret" not in told
    assert "email" in told, "which name is taken may be said"
