"""The trial of an import: every row is read and looked up, and nothing is written on any card."""

import struct
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.connect.imports.faults import BadRow, FaultCode
from punchcard.connect.imports.import_files import Numbered, unpacked
from punchcard.connect.imports.matching import look_up
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.reading.rows import KEY_BYTES, ImportRow, RowReader
from punchcard.connect.imports.vocabulary import ImportState
from punchcard.connect.imports.work import ImportWork, come_past, come_through, next_part, reader_of
from punchcard.kit.ids import ImportId

_KEY: Final = struct.Struct(f">{KEY_BYTES}sI")
FAULTS_SKIPPED: Final = (FaultCode.OPENED_BEFORE,)
"""What keeps a row out without being wrong: it was done before."""

_Told = list[tuple[int, ImportRow]]
RowFault = list[Any]
"""`[row, code, field, params]`."""


class _Tried(NamedTuple):
    """What the trial of a part found; see CardImportPart."""

    keys: bytes
    counts: dict[str, int]
    faults: list[RowFault]


def try_some(work: ImportWork, import_id: ImportId) -> bool:
    """Try parts for a turn; returns whether all have been tried.

    What was seen in parts before is kept as digests: the next turn reads them again, not the rows.
    """
    until = work.monotonic() + work.turn_seconds
    with work.database.read() as session:
        seen = dict(_kept_keys(session, import_id))
    part: CardImportPart | None = None
    while True:
        # Read and looked up beside any transaction that writes: nobody waits for it.
        with work.database.read() as session:
            row = session.get_one(CardImport, import_id)
            part = (
                None if row.state is not ImportState.PREVIEWING else next_part(session, row, part)
            )
            if part is not None:
                tried = _tried(session, row, part, seen, reader_of(session, row, work.clock))
        with work.database.write() as session:
            row = session.get_one(CardImport, import_id, with_for_update=True)
            if row.state is not ImportState.PREVIEWING:
                return True
            if part is None:
                come_through(session, row, ImportState.READY, work.clock.now())
                return True
            kept = session.get_one(CardImportPart, (import_id, part.number))
            kept.keys, kept.counts, kept.faults = tried
            come_past(row, kept)
        if work.monotonic() >= until:
            return False


def _tried(
    session: Session,
    row: CardImport,
    part: CardImportPart,
    seen: dict[bytes, int],
    reader: RowReader,
) -> _Tried:
    told, faults = read_rows(unpacked(part), reader)
    known = look_up(session.connection(), row.vendor_id, row.program_id, [one for _, one in told])
    counts = dict.fromkeys(("new", "matched", "stamps", "points", "consents"), 0)
    packed: list[bytes] = []
    for number, one in told:
        try:
            _check_double(one, number, seen)
            card = known.checked(one)
        except BadRow as fault:
            faults.append(row_fault(number, fault))
            continue
        for key in one.digests():
            seen[key] = number
            packed.append(_KEY.pack(key, number))
        counts["matched" if card else "new"] += 1
        counts["stamps"] += one.stamps or 0
        counts["points"] += one.points or 0
        counts["consents"] += one.has_consent and card is None
    skipped = sum(fault[1] in FAULTS_SKIPPED for fault in faults)
    counts |= {"skipped": skipped, "rejected": len(faults) - skipped}
    return _Tried(b"".join(packed), counts, sorted(faults))


def read_rows(rows: list[Numbered], reader: RowReader) -> tuple[_Told, list[RowFault]]:
    """Return what rows tell, and the faults of those that tell nothing."""
    told: _Told = []
    faults: list[RowFault] = []
    for number, cells in rows:
        try:
            told.append((number, reader.read(cells)))
        except BadRow as fault:
            faults.append(row_fault(number, fault))
    return told, faults


def row_fault(number: int, fault: BadRow) -> RowFault:
    """Return a fault as it is kept."""
    return [number, str(fault.code), str(fault.field or ""), dict(fault.params)]


def _check_double(row: ImportRow, number: int, seen: dict[bytes, int]) -> None:
    for key in row.digests():
        if seen.get(key, number) != number:
            raise BadRow(FaultCode.DOUBLED, row=seen[key])


def _kept_keys(session: Session, import_id: ImportId) -> Iterator[tuple[bytes, int]]:
    query = select(CardImportPart.keys).where(
        CardImportPart.import_id == import_id,
        CardImportPart.step == ImportState.PREVIEWING,
        CardImportPart.keys.is_not(None),
    )
    for packed in session.scalars(query):
        yield from _KEY.iter_unpack(packed or b"")
