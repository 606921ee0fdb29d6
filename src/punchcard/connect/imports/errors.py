"""Refusals of imports as a whole; what is wrong with single rows is in `faults.py`."""

from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.i18n import N_


class CardImportNotFound(DomainError):
    """No such import in this vendor's shop."""

    code = "import_not_found"
    kind = Kind.MISSING
    sentence = N_("There is no such import.")


class ImportUnreadable(DomainError):
    """The file is none that can be read, as a whole."""

    code = "import_unreadable"
    kind = Kind.INVALID
    sentence = N_("This is neither a CSV file nor an Excel workbook (.xlsx).")


class ImportEmpty(DomainError):
    """There are no rows below the headings."""

    code = "import_empty"
    kind = Kind.INVALID
    sentence = N_("There are no rows in this file below its headings.")


class ImportTooLarge(DomainError):
    """The file is longer than the limit: facts `limit_megabytes`."""

    code = "import_too_large"
    kind = Kind.TOO_LARGE
    sentence = N_("This file is larger than {limit_megabytes} MB. Divide it into several.")


class ImportTooManyRows(DomainError):
    """There are more rows than one import takes: facts `limit`."""

    code = "import_too_many_rows"
    kind = Kind.TOO_LARGE
    sentence = N_("This file has more than {limit} rows. Divide it into several.")


class ImportTooManyColumns(DomainError):
    """A row has more columns than one import takes: facts `row`, `columns`, `limit`."""

    code = "import_too_many_columns"
    kind = Kind.INVALID
    sentence = N_("Row {row} has {columns} columns. At most {limit} are read.")


class ImportRowUnreadable(DomainError):
    """A row makes the file unreadable: facts `row`."""

    code = "import_row_unreadable"
    kind = Kind.INVALID
    sentence = N_(
        "Row {row} cannot be read: a quotation mark is not closed, or stands inside a text."
    )


class ImportHasNul(ImportRowUnreadable):
    """A row holds a NUL, which is in no text: facts `row`."""

    sentence = N_("Row {row} cannot be read: it holds a NUL character, which is in no text.")


class ImportCellTooLong(ImportRowUnreadable):
    """A row holds a cell longer than any text: facts `row`, `limit`."""

    sentence = N_("Row {row} cannot be read: it has a cell of more than {limit} characters.")


class ImportTwoEncodings(ImportRowUnreadable):
    """A row is written in another encoding than those before it: facts `row`, `encoding`."""

    sentence = N_("Row {row} cannot be read: it is not written in {encoding}, as other rows are.")


class ImportBusy(DomainError):
    """The import is being worked on, or has come too far for this: facts `state`."""

    code = "import_state"
    kind = Kind.CONFLICT
    sentence = N_("The import has come to another point meanwhile. Look at it again.")


class ImportNotPreviewed(DomainError):
    """An import runs only as it was tried."""

    code = "import_not_previewed"
    kind = Kind.CONFLICT
    sentence = N_("Try the import first: see what it would do before it does it.")


class ImportSpent(DomainError):
    """Something of the import is spent: facts `rows` (how many), `first_row`."""

    code = "import_spent"
    kind = Kind.CONFLICT
    sentence = N_(
        "Of {rows} rows something is spent already, of row {first_row} for example: the import can"
        " no longer be undone as one."
    )


class ImportUndoOver(DomainError):
    """The time to undo the import is over: facts `days`, how long it was after the run."""

    code = "import_undo_over"
    kind = Kind.CONFLICT
    sentence = N_("This import can no longer be undone: the time for it was {days} days.")
