"""Imports from files as they are asked for and told."""

from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy.orm import Session

from punchcard.api.schemas.fields import IdOf, Moment, Schema, ShortText
from punchcard.connect.imports import import_service
from punchcard.connect.imports.models import CardImport
from punchcard.connect.imports.plan_room import above_plan
from punchcard.connect.imports.vocabulary import (
    BalanceMode,
    DateOrder,
    ImportField,
    ImportFormat,
    ImportState,
)
from punchcard.kit.clock import Clock
from punchcard.kit.ids import ImportId, ProgramId

_ERRORS_SHOWN = 50
_Place = Annotated[int, Field(ge=0, le=999)]
_Heading = Annotated[str, Field(max_length=200)]


class ImportPreviewRequest(Schema):
    """What is said about a file before it is tried; what is left out stays as it was found.

    `mapping` gives the column of each field: its heading, or its place from 0. Consent counts only
    with `consent_source`, where and how it was given, and a day in each row.
    """

    mapping: dict[ImportField, _Place | _Heading] | None = None
    decimal: Literal[",", "."] | None = None
    date_order: DateOrder | None = None
    balance: BalanceMode | None = None
    consent_source: ShortText | None = None


class ImportRunRequest(Schema):
    """What the balances of the file do: `set` what cards have, or `add` to it."""

    balance: BalanceMode | None = None


class ImportColumn(Schema):
    """A column of the file, what it is taken for, and what stands in its first rows."""

    place: int
    heading: str
    field: ImportField | None
    samples: list[str]


class ImportProgress(Schema):
    """How many rows the step in hand has come past."""

    done: int
    total: int


class ImportCounts(Schema):
    """What rows come to: `new` cards, `matched` ones, or what was `undone`.

    `skipped` cards have an opening balance already, `rejected` rows are wrong; `consents` are
    taken along.
    """

    new: int = 0
    matched: int = 0
    skipped: int = 0
    rejected: int = 0
    consents: int = 0
    undone: int = 0


class ImportSums(Schema):
    """What the balances of the rows that are taken come to."""

    stamps: int = 0
    points: int = 0


class ImportAbovePlan(Schema):
    """How many new `cards` have no place: `left` of the plan's `maximum` are free.

    The first of them stands in `first_row`, as far as that is known: rows that come first get the
    places.
    """

    maximum: int
    left: int
    cards: int
    first_row: int | None


class ImportRowError(Schema):
    """Why a row is not taken; the headings are row 1."""

    row: int
    field: ImportField | None
    code: str
    message: str


class CardImportSchema(Schema):
    """A file that was brought along: what was found, and how far it has come.

    `errors` are the first rows that are not taken; all of them stand in `errors.csv`. `above_plan`
    tells after the trial of new cards that the shop's plan has no place for. A run that is done can
    be undone until `undo_until`.
    """

    id: IdOf[ImportId]
    program_id: IdOf[ProgramId]
    name: str
    sha256: str
    state: ImportState
    format: ImportFormat
    encoding: str | None
    delimiter: str | None
    decimal: Literal[",", "."]
    date_order: DateOrder
    columns: list[ImportColumn]
    mapping: dict[ImportField, int]
    balance: BalanceMode | None
    consent_source: str | None
    rows: int
    progress: ImportProgress
    counts: ImportCounts
    sums: ImportSums
    above_plan: ImportAbovePlan | None
    errors: list[ImportRowError]
    undo_until: Moment | None
    created_at: Moment
    updated_at: Moment


def card_import_schema(
    session: Session, row: CardImport, language: str, *, undo_days: int, clock: Clock
) -> CardImportSchema:
    """Return an import as it is told, its errors in `language`; undone within `undo_days`."""
    faults = import_service.faults_of(session, row, language, limit=_ERRORS_SHOWN)
    counts = dict(row.counts)
    above = above_plan(session, row, clock)
    sums = {name: counts.pop(name) for name in ("stamps", "points") if name in counts}
    return CardImportSchema.model_validate(
        {
            "columns": _columns(session, row),
            "progress": {"done": row.rows_done, "total": row.rows},
            "counts": counts,
            "sums": sums,
            "above_plan": above._asdict() if above else None,
            "errors": list(faults),
            "encoding": row.encoding or None,
            "delimiter": row.delimiter or None,
            "undo_until": import_service.undo_until(row, undo_days),
            **{name: getattr(row, name) for name in _AS_KEPT},
        }
    )


_AS_KEPT = (
    *("id", "program_id", "name", "sha256", "state", "format", "decimal", "date_order"),
    *("mapping", "balance", "consent_source", "rows", "created_at", "updated_at"),
)


def _columns(session: Session, row: CardImport) -> list[dict[str, object]]:
    samples = import_service.samples(session, row)
    fields = {place: field for field, place in row.mapping.items()}
    return [
        {
            "place": place,
            "heading": heading,
            "field": fields.get(place),
            "samples": [cells[place][:200] for cells in samples if place < len(cells)],
        }
        for place, heading in enumerate(row.headings)
    ]
