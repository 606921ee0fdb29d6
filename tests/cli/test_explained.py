"""What a command says of a failure that was to be expected."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from punchcard.cli.support import explain
from punchcard.db.database import Database


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_waited_for_rows_that_another_holds_is_told_to_try_again(database: Database) -> None:
    with database.write_connection() as holder, database.long_write_connection() as other:
        holder.execute(text("LOCK TABLE vendors IN ACCESS EXCLUSIVE MODE"))
        other.execute(text("SET LOCAL lock_timeout = '1ms'"))
        with pytest.raises(DBAPIError) as refused:
            other.execute(text("SELECT id FROM vendors"))
        other.rollback()

    told = explain(refused.value) or ""
    assert told.startswith("Somebody else is writing the same at this moment")
    assert "does not answer" not in told
