"""A row of a file as what it tells of a customer and a card, or what is wrong with it. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from punchcard.connect.imports.faults import BadRow, FaultCode
from punchcard.connect.imports.reading import cells
from punchcard.connect.imports.reading.limits import Row
from punchcard.connect.imports.vocabulary import DateOrder, ImportField
from punchcard.kit.i18n import LANGUAGES
from punchcard.kit.validation import contacts, texts
from punchcard.kit.validation.invalid import InvalidValue
from punchcard.loyalty.cards.external_codes import external_code

KEY_BYTES: Final = 16
"""How much is kept of what tells rows apart: by chance no two are alike."""


class ImportRow(NamedTuple):
    """What a row tells, in the form in which it is kept."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    birthday: str | None = None
    locale: str | None = None
    stamps: int | None = None
    points: int | None = None
    external_code: str | None = None
    has_consent: bool = False
    consent_at: datetime | None = None

    def digests(self) -> list[bytes]:
        """Return digests of what no two rows of a file may share."""
        told = (("e", self.email), ("p", self.phone), ("c", self.external_code))
        return [
            hashlib.sha256(f"{kind}{value}".encode()).digest()[:KEY_BYTES]
            for kind, value in told
            if value
        ]


@dataclass(frozen=True, slots=True)
class RowReader:
    """Reads rows by what was found out, or said, about their file.

    `mapping` gives the column of each field. Consent counts only with a day and `has_source`: where
    and how it was given is told for the file.
    """

    mapping: Mapping[ImportField, int]
    columns: int
    decimal: str
    date_order: DateOrder
    country: str | None
    now: datetime
    has_source: bool = False

    def read(self, row: Row) -> ImportRow:
        """Return what a row tells. Raises BadRow."""
        if len(row) > self.columns and any(cell.strip() for cell in row[self.columns :]):
            raise BadRow(FaultCode.TOO_MANY_CELLS)
        told = {field: self._cell(row, field) for field in self.mapping}
        read = ImportRow(
            name=self._name(told),
            email=self._contact(told, ImportField.EMAIL),
            phone=self._contact(told, ImportField.PHONE),
            birthday=self._birthday(told),
            locale=_locale(told.get(ImportField.LOCALE, "")),
            stamps=self._balance(told, ImportField.STAMPS),
            points=self._balance(told, ImportField.POINTS),
            external_code=_code(told.get(ImportField.EXTERNAL_CODE, "")),
        )
        if not (read.email or read.phone or read.external_code):
            raise BadRow(FaultCode.NOBODY)
        consent_at = self._consent(told)
        return read._replace(has_consent=consent_at is not None, consent_at=consent_at)

    def _cell(self, row: Row, field: ImportField) -> str:
        column = self.mapping[field]
        cell = cells.unescaped(row[column]) if column < len(row) else ""
        if cells.is_formula(cell) and field is not ImportField.EXTERNAL_CODE:
            raise BadRow(FaultCode.FORMULA, field)
        return cell

    def _name(self, told: Mapping[ImportField, str]) -> str | None:
        parts = (ImportField.FIRST_NAME, ImportField.LAST_NAME)
        name = told.get(ImportField.NAME) or " ".join(filter(None, map(told.get, parts)))
        if not name:
            return None
        try:
            return texts.one_line(name)
        except InvalidValue:
            raise BadRow(FaultCode.BAD_TEXT, ImportField.NAME) from None

    def _contact(self, told: Mapping[ImportField, str], field: ImportField) -> str | None:
        text = told.get(field)
        if not text:
            return None
        try:
            if field is ImportField.EMAIL:
                return contacts.email(text)
            if cells.is_shortened(text):
                raise BadRow(FaultCode.SPREADSHEET_NUMBER, field)
            return contacts.phone(text, country=self.country)
        except InvalidValue:
            is_email = field is ImportField.EMAIL
            code = FaultCode.BAD_EMAIL if is_email else FaultCode.BAD_PHONE
            raise BadRow(code, field) from None

    def _birthday(self, told: Mapping[ImportField, str]) -> str | None:
        text = told.get(ImportField.BIRTHDAY)
        with _in_field(ImportField.BIRTHDAY):
            return cells.birthday(text, self.date_order) if text else None

    def _balance(self, told: Mapping[ImportField, str], field: ImportField) -> int | None:
        text = told.get(field)
        with _in_field(field):
            return cells.whole_number(text, decimal=self.decimal) if text else None

    def _consent(self, told: Mapping[ImportField, str]) -> datetime | None:
        with _in_field(ImportField.MARKETING_CONSENT):
            agreed = cells.yes_or_no(told.get(ImportField.MARKETING_CONSENT, ""))
        text = told.get(ImportField.CONSENT_AT)
        if not (agreed and text and self.has_source):
            return None
        with _in_field(ImportField.CONSENT_AT):
            return cells.moment(text, self.date_order, self.now)


class _in_field:
    """Lets a fault of a cell say in which field it was found."""

    def __init__(self, field: ImportField) -> None:
        self._field = field

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: object, _trace: object) -> None:
        if isinstance(error, BadRow) and error.field is None:
            error.field = self._field


def _locale(text: str) -> str | None:
    tag = text.strip().lower()[:2]
    return tag if tag in LANGUAGES else None


def _code(text: str) -> str | None:
    if not text:
        return None
    if cells.is_shortened(text):
        raise BadRow(FaultCode.SPREADSHEET_NUMBER, ImportField.EXTERNAL_CODE)
    code = external_code(text)
    if code is None:
        raise BadRow(FaultCode.BAD_CODE, ImportField.EXTERNAL_CODE)
    return code
