"""Tables as files: CSV in a language's dialect, or XLSX; written a page of rows at a time."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from punchcard.accounts.exports import Row, Table
from punchcard.db.database import Database
from punchcard.db.limits import WorkKind, working_as
from punchcard.kit.i18n import N_, translate
from punchcard.kit.spreadsheet.columns import Layout
from punchcard.kit.spreadsheet.csv_sheet import DIALECTS, CsvSheet, dialect_of
from punchcard.kit.spreadsheet.xlsx_sheet import XlsxSheet

TITLES: Final[Mapping[str, str]] = {
    "cards": N_("Members and cards"),
    "transactions": N_("Ledger"),
    "rewards": N_("Rewards"),
    "pins": N_("Staff PINs"),
    "staff-report": N_("Staff report"),
    "locations": N_("Locations"),
    "devices": N_("Terminals"),
    "people": N_("Team"),
    "api-keys": N_("API keys"),
    "audit-events": N_("Who changed what"),
}
"""What each list is called, by its name in addresses."""

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats that lists are given in, and what they are on the wire."""

# What Excel takes in the name of a sheet.
_NOT_IN_TITLES: Final = re.compile(r"[\[\]:*?/\\']")
_TITLE_CHARACTERS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    """A list to be written as a file: for whom, in which language and time zone.

    `dialect` is one of DIALECTS, of CSV alone; None is the one of the language.
    """

    name: str
    vendor_slug: str
    language: str
    timezone: str
    made_at: datetime
    dialect: str | None = None

    def headers(self, format: str) -> dict[str, str]:
        """Return the headers by which a browser keeps the file under its name."""
        file = f"{self.vendor_slug}-{self.name}-{self.made_at.date().isoformat()}.{format}"
        return {"Content-Disposition": f'attachment; filename="{file}"'}

    def parts(self, database: Database, table: Table, format: str) -> Iterator[bytes]:
        """Give the file in parts; each page of rows is read in a transaction of its own.

        Rows that are changed meanwhile stand as they were when they were read.
        """
        return (self._csv if format == "csv" else self._xlsx)(database, table)

    def _csv(self, database: Database, table: Table) -> Iterator[bytes]:
        dialect = DIALECTS[self.dialect or dialect_of(self.language)]
        sheet = CsvSheet(self._layout(table), dialect)
        yield sheet.head()
        for rows in _pages(database, table):
            yield sheet.rows(rows)

    def _xlsx(self, database: Database, table: Table) -> Iterator[bytes]:
        title = _NOT_IN_TITLES.sub(" ", translate(TITLES[self.name], self.language))
        layout = self._layout(table)
        with XlsxSheet(layout, title=title[:_TITLE_CHARACTERS], made_at=self.made_at) as sheet:
            for rows in _pages(database, table):
                sheet.write(rows)
            yield from sheet.finish()

    def _layout(self, table: Table) -> Layout:
        return Layout(table.columns, self.language, self.timezone)


def _pages(database: Database, table: Table) -> Iterator[list[Row]]:
    after: str | None = None
    while True:
        with working_as(WorkKind.LONG), database.read() as session:
            rows, after = table.read(session, after)
        if rows:
            yield list(rows)
        if after is None:
            return
