"""Files as they are brought along: read once, looked at, and kept in parts for the worker."""

import hashlib
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from punchcard.accounts.audit_service import Act, record_act
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.reading import cells
from punchcard.connect.imports.reading.headings import find_fields
from punchcard.connect.imports.reading.limits import FileLimits, Row, check_any
from punchcard.connect.imports.reading.sheet import Sheet, open_sheet
from punchcard.connect.imports.vocabulary import ImportField, ImportState
from punchcard.db.base import table_of
from punchcard.kit.ids import ImportId, ProgramId, VendorId
from punchcard.kit.settings import Settings
from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import check_field
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.vocabulary import ActorKind, ProgramType

ROWS_AT_ONCE: Final = 250
"""How many rows are a part: as many as share a transaction of the till."""

Numbered = tuple[int, Row]
_PARTS: Final = table_of(CardImportPart)


def file_limits(settings: Settings) -> FileLimits:
    """Return how large the file of an import may be."""
    return FileLimits(
        settings.import_limit_bytes,
        settings.import_rows_limit,
        settings.import_columns_limit,
        settings.import_unpacked_limit_bytes,
    )


class ImportFile(NamedTuple):
    """A file that was read to its end: `parts` are its rows, packed, with how many each has."""

    sheet: Sheet
    sha256: str
    parts: list[tuple[int, bytes]]


def read_file(content: bytes, limits: FileLimits) -> ImportFile:
    """Return a file as it is kept. Takes seconds for a long one, and no transaction.

    Raises what makes a file unreadable.
    """
    sheet = open_sheet(content, limits)
    parts: list[tuple[int, bytes]] = []
    while part := list(islice(sheet.rows, ROWS_AT_ONCE)):
        parts.append((len(part), zlib.compress(orjson.dumps(part), 1)))
    check_any(len(parts))
    return ImportFile(sheet, hashlib.sha256(content).hexdigest(), parts)


def create_import(
    session: Session,
    act: Act,
    vendor_id: VendorId,
    program_id: ProgramId,
    *,
    name: str,
    file: ImportFile,
) -> CardImport:
    """Keep a file for cards of a program, with what was found out about it.

    Raises ProgramNotFound, InvalidInput.
    """
    program = program_service.get_program(session, vendor_id, program_id)
    sheet, sha256 = file.sheet, file.sha256
    row = CardImport(
        id=ImportId(act.ids.new_id()),
        vendor_id=vendor_id,
        program_id=program.id,
        name=check_field("name", texts.one_line, name),
        sha256=sha256,
        key=_key(session, vendor_id, program.id, sha256),
        state=ImportState.UPLOADED,
        rows=sum(rows for rows, _ in file.parts),
        rows_done=0,
        counts={},
        actor_kind=ActorKind(act.subject.kind),
        actor_id=act.subject.id,
        created_at=act.now,
        updated_at=act.now,
        **_found(sheet, program.type),
    )
    session.add(row)
    session.flush()
    _keep_rows(session, row.id, file.parts)
    new = {"name": row.name, "sha256": sha256, "rows": row.rows}
    record_act(session, act, "import.uploaded", of=("import", row.id), vendor_id=vendor_id, new=new)
    return row


def _found(sheet: Sheet, type: ProgramType) -> dict[str, Any]:
    """Return what is found out about a sheet: which column is what, and how it is written."""
    mapping = find_fields(
        sheet.headings,
        has_stamps=type != ProgramType.POINTS,
        has_points=type != ProgramType.STAMPS,
    )
    numbers = _columns(sheet.first, mapping, (ImportField.POINTS, ImportField.STAMPS))
    days = _columns(sheet.first, mapping, (ImportField.BIRTHDAY, ImportField.CONSENT_AT))
    return {
        "format": sheet.format,
        "encoding": sheet.encoding,
        "delimiter": sheet.delimiter,
        "decimal": cells.find_decimal(numbers, delimiter=sheet.delimiter),
        "date_order": cells.find_date_order(days),
        "headings": [heading[:200] for heading in sheet.headings],
        "mapping": {str(field): column for field, column in mapping.items()},
    }


def _columns(
    rows: Iterable[Row], mapping: Mapping[ImportField, int], fields: Iterable[ImportField]
) -> list[str]:
    places = [mapping[field] for field in fields if field in mapping]
    return [row[place] for row in rows for place in places if place < len(row) and row[place]]


def _key(session: Session, vendor_id: VendorId, program_id: ProgramId, sha256: str) -> str:
    """Return what begins the keys of this import: what was undone can be done again."""
    undone = select(func.count()).where(
        CardImport.vendor_id == vendor_id,
        CardImport.program_id == program_id,
        CardImport.sha256 == sha256,
        CardImport.state.in_((ImportState.UNDOING, ImportState.UNDONE)),
    )
    told = f"{sha256} {program_id} {session.scalar(undone)}"
    return hashlib.sha256(told.encode()).hexdigest()


def _keep_rows(session: Session, import_id: ImportId, parts: Sequence[tuple[int, bytes]]) -> None:
    fresh: dict[str, Any] = {"step": ImportState.UPLOADED, "counts": {}, "faults": [], "done": []}
    for number, (rows, packed) in enumerate(parts):
        session.execute(
            insert(_PARTS).values(
                import_id=import_id, number=number, row_count=rows, rows=packed, **fresh
            )
        )


def unpacked(part: CardImportPart) -> list[Numbered]:
    """Return the rows of a part with their numbers; none once they are forgotten."""
    if part.rows is None:
        return []
    return [(number, row) for number, row in orjson.loads(zlib.decompress(part.rows))]
