"""Lists as XLSX: texts are texts, numbers numbers, and moments moments.

Rows go to a temporary folder as they come, whatever their number: memory stays as it is. The file
can only be sent once it is whole, for its directory stands at its end.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from punchcard.kit.spreadsheet.columns import Cell, Layout, MoneyCell

ROWS_A_SHEET: Final = 1_048_575
"""What a sheet of Excel holds below its headings; further rows go on in another sheet."""

_CHUNK_BYTES: Final = 64 * 1024
_MOMENT_FORMAT: Final = "yyyy-mm-dd hh:mm:ss"
_EXACT_BELOW: Final = 10**15
"""Spreadsheets keep fifteen digits of a number."""
_COLUMN_CHARACTERS: Final = 18


class XlsxSheet:
    """One list as a workbook; used in a `with` block, which removes what lies on the disk."""

    def __init__(
        self, layout: Layout, *, title: str, made_at: datetime, rows_a_sheet: int = ROWS_A_SHEET
    ) -> None:
        # Imported at first use: few processes ever write one.
        from xlsxwriter import Workbook

        self._layout = layout
        self._title = title
        self._rows_a_sheet = rows_a_sheet
        self._temporary = tempfile.TemporaryDirectory(prefix="punchcard-xlsx-")
        self.folder = Path(self._temporary.name)
        self._path = self.folder / "list.xlsx"
        options = {"constant_memory": True, "tmpdir": self._temporary.name}
        self._book = Workbook(str(self._path), options)
        self._book.set_properties({"created": made_at.replace(tzinfo=None)})
        self._bold = self._book.add_format({"bold": True})
        self._moment = self._book.add_format({"num_format": _MOMENT_FORMAT})
        self._amounts: dict[int, Any] = {}
        self._sheets = 0
        self._begin_sheet()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        # Those of a workbook that was not finished are still open.
        for sheet in self._book.worksheets():
            sheet.row_data_fh.close()
        self._temporary.cleanup()

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Put rows below those that are there."""
        for row in rows:
            if self._row > self._rows_a_sheet:
                self._begin_sheet()
            for place, (_kind, cell) in enumerate(self._layout.cells(row)):
                self._write(place, cell)
            self._row += 1

    def finish(self) -> Iterator[bytes]:
        """End the workbook, and give it in parts."""
        self._book.close()
        with self._path.open("rb") as file:
            while part := file.read(_CHUNK_BYTES):
                yield part

    def _begin_sheet(self) -> None:
        self._sheets += 1
        name = self._title if self._sheets == 1 else f"{self._title} {self._sheets}"
        self._sheet = self._book.add_worksheet(name)
        headings = self._layout.headings()
        self._sheet.set_column(0, len(headings) - 1, _COLUMN_CHARACTERS)
        self._sheet.freeze_panes(1, 0)
        # Card numbers are texts on purpose: no green corner asks about each of them.
        last = self._rows_a_sheet
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
        for place, heading in enumerate(headings):
            self._sheet.write_string(0, place, heading, self._bold)
        self._row = 1

    def _write(self, place: int, cell: Cell) -> None:
        match cell:
            case None | "":
                return
            case str():
                self._sheet.write_string(self._row, place, cell)
            case datetime():
                self._sheet.write_datetime(
                    self._row, place, cell.replace(tzinfo=None), self._moment
                )
            case MoneyCell():
                self._sheet.write_number(
                    self._row, place, float(cell.value), self._amount(cell.digits)
                )
            case _ if abs(cell) >= _EXACT_BELOW:
                self._sheet.write_string(self._row, place, str(cell))
            case _:
                self._sheet.write_number(self._row, place, cell)

    def _amount(self, digits: int) -> Any:
        if digits not in self._amounts:
            shown = "#,##0" + ("." + "0" * digits if digits else "")
            self._amounts[digits] = self._book.add_format({"num_format": shown})
        return self._amounts[digits]
