"""What SQLite keeps of the file for each connection is little: readers are many."""

from contextlib import closing
from pathlib import Path

from punchcard.db.database import Database


def test_a_dozen_readers_keep_no_more_than_the_one_writer(tmp_path: Path) -> None:
    with closing(Database(f"sqlite:///{tmp_path / 'punchcard.db'}")) as database:
        with database.write_connection() as connection:
            of_the_writer = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
        with database.read_connection() as connection:
            of_a_reader = connection.exec_driver_sql("PRAGMA cache_size").scalar_one()
    # Below nought it is kilobytes, above it would be pages.
    assert of_the_writer <= 12 * of_a_reader < 0
