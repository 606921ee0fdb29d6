"""A shop has a country; contacts and searched names are written as the rule book writes them."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from punchcard.db.migrate import refuse_downgrade
from punchcard.db.types import Id
from punchcard.kit.folding import fold_name
from punchcard.kit.validation import contacts, places
from punchcard.kit.validation.invalid import InvalidValue

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ROWS_AT_ONCE: Final = 1000

_VENDORS = sa.table("vendors", *(sa.column(name) for name in ("timezone", "currency", "country")))
_CUSTOMERS = sa.table(
    "customers",
    sa.column("id", Id),
    sa.column("vendor_id", Id),
    *(sa.column(name) for name in ("name", "name_folded", "email", "phone")),
    sa.column("is_verified", sa.Boolean),
    sa.column("erased_at"),
)
_MEMBERS = sa.table("members", sa.column("id", Id), sa.column("email"))
_ADMINS = sa.table("admins", sa.column("id", Id), sa.column("email"))


def upgrade() -> None:
    """Add the country, told by time zone or currency; write contacts and names anew."""
    op.add_column("vendors", sa.Column("country", sa.String(length=2)))
    connection = op.get_bind()
    _tell_countries(connection)
    for row in _in_parts(connection, sa.select(_CUSTOMERS), _CUSTOMERS.c.id):
        _rewrite_customer(connection, row)
    for table in (_MEMBERS, _ADMINS):
        for row in _in_parts(connection, sa.select(table), table.c.id):
            _rewrite_person(connection, table, row)


def _tell_countries(connection: sa.Connection) -> None:
    habits = sa.select(_VENDORS.c.timezone, _VENDORS.c.currency).distinct()
    for timezone, currency in connection.execute(habits).all():
        same = (_VENDORS.c.timezone == timezone) & (_VENDORS.c.currency == currency)
        country = places.country_of(timezone, currency)
        connection.execute(sa.update(_VENDORS).where(same).values(country=country))


def _in_parts(
    connection: sa.Connection, query: sa.Select[Any], key: sa.ColumnElement[str]
) -> Iterable[sa.RowMapping]:
    """Give the rows in the order of their ids, a part at a time: there may be very many."""
    part = query.order_by(key).limit(_ROWS_AT_ONCE)
    rows = connection.execute(part).mappings().all()
    while rows:
        yield from rows
        rows = connection.execute(part.where(key > rows[-1]["id"])).mappings().all()


def _rewrite_customer(connection: sa.Connection, row: sa.RowMapping) -> None:
    """Write a customer's contacts and folded name as they would be written now.

    Where a contact turns out to be another verified customer's, both keep it and this one is no
    longer verified: the shop finds both by it, as with customers who enrolled themselves.
    """
    wanted: dict[str, Any] = {
        "name_folded": fold_name(row["name"]),
        "email": _as_now(contacts.email, row["email"]),
        "phone": _as_now(_phone, row["phone"]),
    }
    changed = {name: value for name, value in wanted.items() if value != row[name]}
    if not changed:
        return
    contact_names = changed.keys() & {"email", "phone"}
    is_counted = row["is_verified"] and row["erased_at"] is None
    if is_counted and any(_is_held(connection, row, name, changed[name]) for name in contact_names):
        changed["is_verified"] = False
    mine = _CUSTOMERS.c.id == row["id"]
    connection.execute(sa.update(_CUSTOMERS).where(mine).values(**changed))


def _is_held(connection: sa.Connection, row: sa.RowMapping, name: str, contact: str) -> bool:
    other = sa.select(_CUSTOMERS.c.id).where(
        _CUSTOMERS.c.vendor_id == row["vendor_id"],
        _CUSTOMERS.c[name] == contact,
        _CUSTOMERS.c.is_verified,
        _CUSTOMERS.c.erased_at.is_(None),
        _CUSTOMERS.c.id != row["id"],
    )
    return connection.execute(other.limit(1)).first() is not None


def _rewrite_person(connection: sa.Connection, table: sa.TableClause, row: sa.RowMapping) -> None:
    """Write an address as it would be written now, unless somebody else signs in with that."""
    email = _as_now(contacts.email, row["email"])
    if email == row["email"]:
        return
    for held in (_MEMBERS, _ADMINS):
        if connection.execute(sa.select(held.c.id).where(held.c.email == email)).first():
            return
    connection.execute(sa.update(table).where(table.c.id == row["id"]).values(email=email))


def _phone(text: str) -> str:
    return contacts.phone(text, country=None)


def _as_now(rule: Callable[[str], str], value: str | None) -> str | None:
    """Return what the rule makes of a value; what it refuses stays, and is still found."""
    if value is not None:
        with suppress(InvalidValue):
            return rule(value)
    return value


downgrade = refuse_downgrade
