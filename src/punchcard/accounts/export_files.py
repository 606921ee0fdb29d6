"""Tables as files: CSV in a language's dialect, or XLSX; written a page of rows at a time."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from punchcard.accounts.audit_service import Act, record_act
from punchcard.accounts.exports import Row, Table
from punchcard.accounts.vocabulary import SecurityEvent
from punchcard.db.database import Database
from punchcard.db.limits import WorkKind, working_as
from punchcard.kit.i18n import N_, translate
from punchcard.kit.spreadsheet.columns import Layout
from punchcard.kit.spreadsheet.csv_sheet import DIALECTS, CsvSheet, dialect_of
from punchcard.kit.spreadsheet.xlsx_sheet import XlsxSheet

TITLES: Final[Mapping[str, str]] = {
    "cards": N_("Members and cards"),
    "transactions": N_("Ledger"),
    "receipts": N_("Receipts"),
    "rewards": N_("Rewards"),
    "referrals": N_("Friends brought"),
    "grants": N_("Given rewards"),
    "pins": N_("Staff PINs"),
    "staff-report": N_("Staff report"),
    "locations": N_("Locations"),
    "devices": N_("Terminals"),
    "people": N_("Team"),
    "api-keys": N_("API keys"),
    "audit-events": N_("Who changed what"),
}
"""What each list is called, by its name in addresses."""

NAMES_PEOPLE: Final = frozenset(
    {
        *("audit-events", "cards", "grants", "people", "pins", "receipts"),
        *("staff-report", "transactions"),
    }
)
"""The lists that name customers or staff: who takes one shows first who they are."""

MEDIA_TYPES: Final[Mapping[str, str]] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The formats that lists are given in, and what they are on the wire."""

EXPORT: Final = "export"
"""What was acted upon by whoever took a list along, in the audit trail."""

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

    def parts(self, database: Database, act: Act, table: Table, format: str) -> Iterator[bytes]:
        """Give the file in parts; each page of rows is read in a transaction of its own.

        Rows that are changed meanwhile stand as they were when they were read. At the end, also of
        one that was broken off, the audit trail says who (`act`) has taken how many rows.
        """
        pages = _CountedPages(database, table)
        try:
            yield from (self._csv if format == "csv" else self._xlsx)(pages, table)
        finally:
            with database.write() as session:
                record_act(
                    session,
                    act,
                    SecurityEvent.EXPORT_TAKEN,
                    of=(EXPORT, self.name),
                    vendor_id=act.subject.vendor_id,
                    new={"format": format, "rows": pages.rows},
                )

    def _csv(self, pages: "_CountedPages", table: Table) -> Iterator[bytes]:
        dialect = DIALECTS[self.dialect or dialect_of(self.language)]
        sheet = CsvSheet(self._layout(table), dialect)
        yield sheet.head()
        for rows in pages:
            yield sheet.rows(rows)

    def _xlsx(self, pages: "_CountedPages", table: Table) -> Iterator[bytes]:
        title = _NOT_IN_TITLES.sub(" ", translate(TITLES[self.name], self.language))
        layout = self._layout(table)
        with XlsxSheet(layout, title=title[:_TITLE_CHARACTERS], made_at=self.made_at) as sheet:
            for rows in pages:
                sheet.write(rows)
            yield from sheet.finish()

    def _layout(self, table: Table) -> Layout:
        return Layout(table.columns, self.language, self.timezone)


class _CountedPages:
    """The rows of a table, a page at a time, and how many have been given so far."""

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table
        self.rows = 0

    def __iter__(self) -> Iterator[list[Row]]:
        after: str | None = None
        while True:
            with working_as(WorkKind.LONG), self._database.read_replica() as session:
                rows, after = self._table.read(session, after)
            self.rows += len(rows)
            if rows:
                yield list(rows)
            if after is None:
                return
