"""What is wrong with a row of an import, in words that its owner can act upon."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from punchcard.kit.i18n import N_


class FaultCode(StrEnum):
    """Why a row is not taken."""

    FORMULA = "formula"
    SPREADSHEET_NUMBER = "spreadsheet_number"
    NO_NUMBER = "no_number"
    NO_WHOLE_NUMBER = "no_whole_number"
    NEGATIVE = "negative"
    TOO_MUCH = "too_much"
    NO_DAY = "no_day"
    NO_YES_OR_NO = "no_yes_or_no"
    BAD_EMAIL = "bad_email"
    BAD_PHONE = "bad_phone"
    BAD_TEXT = "bad_text"
    BAD_CODE = "bad_code"
    NOBODY = "nobody"
    TOO_MANY_CELLS = "too_many_cells"
    DOUBLED = "doubled"
    CONTACT_CONFLICT = "contact_conflict"
    CODE_TAKEN = "code_taken"
    OPENED_BEFORE = "opening_balance_exists"
    CARD_BLOCKED = "card_blocked"
    SPENT = "spent"
    PLAN_FULL = "plan_limit_reached"
    REFUSED = "refused"


class BadRow(Exception):
    """A row is not taken: why, in which field, and what fills the sentence."""

    def __init__(self, code: FaultCode, field: str | None = None, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.params = params


SENTENCES: Final[Mapping[FaultCode, str]] = {
    FaultCode.FORMULA: N_("This is a formula. Put its value there instead."),
    FaultCode.SPREADSHEET_NUMBER: N_(
        "A spreadsheet has shortened this number. Format the column as text and write it again."
    ),
    FaultCode.NO_NUMBER: N_("This is no number."),
    FaultCode.NO_WHOLE_NUMBER: N_("Balances are whole numbers."),
    FaultCode.NEGATIVE: N_("A balance cannot be below zero."),
    FaultCode.TOO_MUCH: N_("This balance is larger than a card can hold."),
    FaultCode.NO_DAY: N_("This is no day."),
    FaultCode.NO_YES_OR_NO: N_("This is neither yes nor no."),
    FaultCode.BAD_EMAIL: N_("This is no e-mail address."),
    FaultCode.BAD_PHONE: N_("This is no phone number."),
    FaultCode.BAD_TEXT: N_("This text is too long, or holds characters that nobody can read."),
    FaultCode.BAD_CODE: N_("This is no code of a card."),
    FaultCode.NOBODY: N_("There is no e-mail address, phone number or card code in this row."),
    FaultCode.TOO_MANY_CELLS: N_("This row has more cells than there are headings."),
    FaultCode.DOUBLED: N_("The same person or code stands in row {row} already."),
    FaultCode.CONTACT_CONFLICT: N_(
        "This e-mail address and this phone number belong to two different customers."
    ),
    FaultCode.CODE_TAKEN: N_("Another customer's card has this code."),
    FaultCode.OPENED_BEFORE: N_("This card has an opening balance already."),
    FaultCode.CARD_BLOCKED: N_("This card is blocked."),
    FaultCode.SPENT: N_("Something of this balance is spent already."),
    FaultCode.PLAN_FULL: N_("The plan of this shop has no place for another card."),
    FaultCode.REFUSED: N_("The till refused this row ({reason})."),
}
"""What is said of each."""
