"""docs/scale.md says what the schema lacks for partitions and shards: held against the tables."""

import re
from pathlib import Path

from sqlalchemy import UniqueConstraint

from punchcard.db.base import Base

PAGE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text(encoding="utf-8")
TABLES = Base.metadata.tables
LEDGER = "loyalty_transactions"


def words_of(heading: str) -> list[str]:
    """Return what the first cells under a table's heading name."""
    rows = PAGE.split(f"\n| {heading} |")[1].split("\n\n")[0].splitlines()[2:]
    return [word for row in rows for word in re.findall(r"`([\w.]+)`", row.split(" | ")[0])]


def test_every_key_that_is_unique_over_all_shops_is_told() -> None:
    found = set()
    for name, table in TABLES.items():
        if "vendor_id" not in table.columns:
            continue
        unique = [index.columns for index in table.indexes if index.unique]
        unique += [key.columns for key in table.constraints if isinstance(key, UniqueConstraint)]
        found |= {f"{name}.{next(iter(key)).name}" for key in unique if "vendor_id" not in key}
    told = words_of("Unique today")
    assert sorted(told) == sorted(found)


def test_every_table_that_names_no_shop_is_told() -> None:
    found = {name for name, table in TABLES.items() if "vendor_id" not in table.columns}
    assert sorted(words_of("Tables without `vendor_id`")) == sorted(found - {"vendors"})


def test_every_foreign_key_onto_the_ledger_is_told() -> None:
    naming = {
        name
        for name, table in TABLES.items()
        if any(key.column.table.name == LEDGER for key in table.foreign_keys)
    }
    section = PAGE.split("- no foreign keys onto the ledger")[1].split("\n- ")[0]
    assert set(re.findall(r"`(\w+)`", section)) == naming - {LEDGER} | {"voids"}


def test_every_unique_key_of_the_ledger_is_told() -> None:
    section = PAGE.split("- unique keys that hold the partition's column:")[1].split("\n- ")[0]
    unique = [index.columns for index in TABLES[LEDGER].indexes if index.unique]
    assert unique
    for key in unique:
        names = ", ".join(column.name for column in key)
        assert f"`{names}`" in section or f"`({names})`" in section
