"""The one set of tables, with names that migrations can rely on."""

from typing import Any, ClassVar, cast

from sqlalchemy import MetaData, Table
from sqlalchemy.orm import DeclarativeBase

from punchcard.db.types import Id
from punchcard.kit import ids

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every table is declared on."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = dict.fromkeys(ids.KINDS, Id)


def table_of(model: type[Base]) -> Table:
    """Return the table a model is declared on, for statements that work on columns alone."""
    return cast(Table, model.__table__)
