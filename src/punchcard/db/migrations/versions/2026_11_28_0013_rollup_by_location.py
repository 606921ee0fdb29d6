"""The daily rollup is kept by location too; what was counted so far is divided by the ledger."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import BigInt, Id, Json, UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

NOWHERE: Final = "00000000-0000-0000-0000-000000000000"
_ROWS_AT_ONCE: Final = 5000
_PLACES_AT_ONCE: Final = 5000
_KEY: Final = ("program_id", "day", "location_id")
_FIGURES: Final = (
    *("cards_opened", "cards_last_seen", "stamps_earned", "stamps_redeemed"),
    *("points_earned", "points_redeemed", "points_adjusted"),
    *("rewards_redeemed", "reward_value_minor", "purchases", "purchase_amount_minor"),
)
_SIDES: Final = {
    "card_opened": "opened",
    "welcome_bonus": "earned",
    "stamp_earned": "earned",
    "points_earned": "earned",
    "stamps_redeemed": "redeemed",
    "points_redeemed": "redeemed",
    "points_adjusted": "adjusted",
}
_ENTRIES: Final = sa.table(
    "loyalty_transactions",
    *(sa.column(name, Id) for name in ("id", "program_id", "location_id", "voids")),
    *(sa.column(name) for name in ("type", "stamps_delta", "points_delta", "amount_minor")),
    *(sa.column("reward", Json), sa.column("occurred_at", UtcDateTime)),
)
_PROGRAMS: Final = sa.table("loyalty_programs", sa.column("id", Id), sa.column("timezone"))

_NAMES: Final = (*_KEY, *_FIGURES)
_GROW: Final = sa.text(
    f"INSERT INTO loyalty_daily_rollup ({', '.join(_NAMES)})"  # noqa: S608 names of columns
    f" VALUES ({', '.join(f':{name}' for name in _NAMES)})"
    f" ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET "
    + ", ".join(f"{name} = loyalty_daily_rollup.{name} + excluded.{name}" for name in _FIGURES)
).bindparams(
    sa.bindparam("program_id", type_=Id),
    sa.bindparam("day", type_=sa.Date()),
    sa.bindparam("location_id", type_=Id),
)

_Place = tuple[str, date, str]
_Figures = dict[_Place, dict[str, int]]


def upgrade() -> None:
    """Give each row its location: first NOWHERE, then what the ledger says happened at one."""
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _rebuild_on_sqlite()
    else:
        _alter_on_postgresql()
    for figures in _at_locations(connection):
        _add(connection, figures)


def _rebuild_on_sqlite() -> None:
    op.execute("ALTER TABLE loyalty_daily_rollup RENAME TO loyalty_daily_rollup_before")
    op.create_table(
        "loyalty_daily_rollup",
        sa.Column("program_id", Id, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("location_id", Id, nullable=False),
        *(sa.Column(name, BigInt, nullable=False) for name in _FIGURES),
        sa.ForeignKeyConstraint(
            ["program_id"], ["loyalty_programs.id"], name="fk_loyalty_daily_rollup_program_id"
        ),
        sa.PrimaryKeyConstraint(*_KEY, name="pk_loyalty_daily_rollup"),
    )
    columns = ", ".join(_FIGURES)
    nowhere = NOWHERE.replace("-", "")
    op.execute(
        f"INSERT INTO loyalty_daily_rollup (program_id, day, location_id, {columns})"  # noqa: S608
        f" SELECT program_id, day, '{nowhere}', {columns} FROM loyalty_daily_rollup_before"
    )
    op.drop_table("loyalty_daily_rollup_before")


def _alter_on_postgresql() -> None:
    op.add_column(
        "loyalty_daily_rollup",
        sa.Column("location_id", Id, nullable=False, server_default=NOWHERE),
    )
    op.alter_column("loyalty_daily_rollup", "location_id", server_default=None)
    op.drop_constraint("pk_loyalty_daily_rollup", "loyalty_daily_rollup")
    op.create_primary_key("pk_loyalty_daily_rollup", "loyalty_daily_rollup", list(_KEY))


def _at_locations(connection: sa.Connection) -> Iterator[_Figures]:
    """Give what the ledger holds at locations, by program, day and location.

    A part at a time, so that memory is bounded however long the ledger is; parts add up.
    """
    zones = {
        row.id: ZoneInfo(row.timezone)
        for row in connection.execute(sa.select(_PROGRAMS.c.id, _PROGRAMS.c.timezone))
    }
    found: _Figures = defaultdict(lambda: defaultdict(int))
    for row in _entries(connection):
        entry = dict(row)
        day = entry["occurred_at"].astimezone(zones[entry["program_id"]]).date()
        figures = found[entry["program_id"], day, entry["place"]]
        for name, delta in _deltas(entry).items():
            figures[name] += delta
        if len(found) >= _PLACES_AT_ONCE:
            yield found
            found.clear()
    yield found


def _entries(connection: sa.Connection) -> Iterator[sa.RowMapping]:
    """Give every entry that happened at a location; a void where its entry had happened."""
    entry, voided = _ENTRIES.alias("entry"), _ENTRIES.alias("voided")
    place = sa.case((entry.c.voids.is_not(None), voided.c.location_id), else_=entry.c.location_id)
    columns = ("id", "program_id", "stamps_delta", "points_delta", "amount_minor", "reward")
    query = (
        sa.select(
            *(entry.c[name] for name in columns),
            entry.c.occurred_at,
            sa.func.coalesce(voided.c.type, entry.c.type).label("kind"),
            sa.case((entry.c.voids.is_not(None), -1), else_=1).label("count"),
            sa.type_coerce(place, Id).label("place"),
        )
        .outerjoin(voided, voided.c.id == entry.c.voids)
        .where(place.is_not(None))
        .order_by(entry.c.id)
        .limit(_ROWS_AT_ONCE)
    )
    rows = connection.execute(query).mappings().all()
    while rows:
        yield from rows
        rows = connection.execute(query.where(entry.c.id > rows[-1]["id"])).mappings().all()


def _deltas(entry: Mapping[str, Any]) -> dict[str, int]:
    """Return what an entry adds to the figures of its day, a void what it takes off."""
    kind, count, reward = entry["kind"], entry["count"], entry["reward"]
    side = _SIDES[kind]
    if side == "opened":
        return {"cards_opened": count}
    if side == "adjusted":
        return {"points_adjusted": entry["points_delta"]}
    sign = 1 if side == "earned" else -1
    deltas = {
        f"stamps_{side}": sign * entry["stamps_delta"],
        f"points_{side}": sign * entry["points_delta"],
    }
    if kind == "points_earned":
        deltas["purchases"] = count
        deltas["purchase_amount_minor"] = count * (entry["amount_minor"] or 0)
    if side == "redeemed" and (reward is not None or kind == "stamps_redeemed"):
        deltas["rewards_redeemed"] = count
        deltas["reward_value_minor"] = count * ((reward or {}).get("value_minor") or 0)
    return deltas


def _add(connection: sa.Connection, found: _Figures) -> None:
    """Add figures to the rows of their locations, and take them off those of NOWHERE."""
    rows: _Figures = defaultdict(lambda: defaultdict(int))
    for (program_id, day, location_id), figures in found.items():
        for name, value in figures.items():
            rows[program_id, day, location_id][name] += value
            rows[program_id, day, NOWHERE][name] -= value
    given = [
        {**dict.fromkeys(_FIGURES, 0), **dict(zip(_KEY, place, strict=True)), **figures}
        for place, figures in rows.items()
        if any(figures.values())
    ]
    if given:
        connection.execute(_GROW, given)


downgrade = refuse_downgrade
