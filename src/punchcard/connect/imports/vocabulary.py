"""The words of imports; the HTTP contract has the same."""

from enum import StrEnum


class ImportFormat(StrEnum):
    """What kind of file it is."""

    CSV = "csv"
    XLSX = "xlsx"


class ImportState(StrEnum):
    """How far an import has come.

    It is UPLOADED until it was tried: PREVIEWING, then READY. RUNNING puts it on cards, until it is
    DONE; UNDOING takes it back, until it is UNDONE.
    """

    UPLOADED = "uploaded"
    PREVIEWING = "previewing"
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class BalanceMode(StrEnum):
    """What the balances of a file do to a card that is there: SET what it has, or ADD to it."""

    SET = "set"
    ADD = "add"


class ImportField(StrEnum):
    """What a column of a file may be."""

    NAME = "name"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    EMAIL = "email"
    PHONE = "phone"
    BIRTHDAY = "birthday"
    LOCALE = "locale"
    STAMPS = "stamps"
    POINTS = "points"
    EXTERNAL_CODE = "external_code"
    MARKETING_CONSENT = "marketing_consent"
    CONSENT_AT = "consent_at"


class DateOrder(StrEnum):
    """In which order days are written where the year is not in front."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
