"""A new table is decided about: it travels in a shop's archive, or stays, with why.

Say so in `connect/archive/contents.py`: travelling is what a shop would miss elsewhere.
"""

import punchcard.context  # noqa: F401 declares every table
from punchcard.connect.archive.contents import SEALED, STAYING, TRAVELLING, travelling_tables
from punchcard.db.base import Base


def test_every_table_travels_or_is_said_to_stay() -> None:
    tables = {table.name for table in Base.metadata.sorted_tables}

    assert set(TRAVELLING) | set(STAYING) == tables
    assert not TRAVELLING & set(STAYING)


def test_every_sealed_column_that_travels_is_opened() -> None:
    sealed = {
        (table.name, column.name)
        for table in travelling_tables()
        for column in table.columns
        if column.name.endswith("_sealed")
    }

    assert sealed == set(SEALED)
