"""The rows that an import does not take, as a file: corrected there, it is brought along again."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.connect.imports.faults import SENTENCES, FaultCode
from punchcard.connect.imports.import_files import unpacked
from punchcard.connect.imports.models import CardImport, CardImportPart
from punchcard.connect.imports.reading.cells import is_formula
from punchcard.kit.i18n import N_, translate
from punchcard.kit.spreadsheet.csv_sheet import guarded_inside, is_long_number

_BYTE_ORDER_MARK: Final = "\ufeff"
_HEADINGS: Final = (N_("Row"), N_("What is wrong"))


def error_lines(session: Session, row: CardImport, language: str) -> Iterator[bytes]:
    """Give the file, a part of the import at a time: the row's number, why, then its own cells.

    The columns stand as in the file that was brought along, in its own delimiter.
    """
    delimiter = row.delimiter or ","
    headings = [translate(heading, language) for heading in _HEADINGS]
    yield (_BYTE_ORDER_MARK + _line([*headings, *row.headings], delimiter)).encode()
    numbers = select(CardImportPart.number).where(CardImportPart.import_id == row.id)
    for number in session.scalars(numbers.order_by(CardImportPart.number)).all():
        part = session.get_one(CardImportPart, (row.id, number))
        if part.faults:
            yield _lines(part, language, delimiter).encode()
        session.expunge(part)


def _lines(part: CardImportPart, language: str, delimiter: str) -> str:
    cells = dict(unpacked(part))
    told = []
    for number, code, _, params in part.faults:
        why = translate(SENTENCES[FaultCode(code)], language, **params)
        told.append(_line([str(number), why, *cells.get(number, [])], delimiter))
    return "".join(told)


def _line(cells: Sequence[str], delimiter: str) -> str:
    text = io.StringIO()
    # What a spreadsheet would run, or write its own way as soon as the file is saved there, gets an
    # apostrophe in front, which an import takes off again.
    safe = [safe_cell(cell) for cell in cells]
    csv.writer(text, delimiter=delimiter).writerow(safe)
    return text.getvalue()


def safe_cell(cell: str) -> str:
    """Return a cell as no spreadsheet runs it, whatever it parts the line at."""
    inside = guarded_inside(cell)
    return f"'{inside}" if is_formula(cell) or is_long_number(cell) else inside
