"""Imports of history as they are made and told."""

from typing import Literal

from punchcard.api.schemas.fields import IdOf, Moment, Name, Schema
from punchcard.kit.ids import ImportId
from punchcard.loyalty.import_models import HistoryImport


class HistoryImportRequest(Schema):
    """What an import is to be called, so that people know it later."""

    name: Name


class ImportMaker(Schema):
    """Whose credential made it; only that one tells history by it."""

    kind: Literal["member", "api_key"]
    id: str


class ImportSchema(Schema):
    """An import of history: who made it when, and what its entries came to, without those voided.

    None of it stands in statistics, staff reports or flags.
    """

    id: IdOf[ImportId]
    name: str
    actor: ImportMaker
    created_at: Moment
    entries: int
    cards: int
    stamps: int
    points: int


def import_schema(row: HistoryImport) -> ImportSchema:
    """Return an import as it is told."""
    return ImportSchema.model_validate(
        {
            "id": row.id,
            "name": row.name,
            "actor": {"kind": row.actor_kind, "id": row.actor_id},
            "created_at": row.created_at,
            "entries": row.entries,
            "cards": row.cards,
            "stamps": row.stamps,
            "points": row.points,
        }
    )
