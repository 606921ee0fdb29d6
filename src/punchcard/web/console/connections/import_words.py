"""What the pages of imports call states, fields of a file and ways of writing."""

from typing import Final

from punchcard.connect.imports.vocabulary import DateOrder, ImportField, ImportState
from punchcard.kit.i18n import N_

STATES: Final = {
    ImportState.UPLOADED: N_("brought along"),
    ImportState.PREVIEWING: N_("being tried"),
    ImportState.READY: N_("tried"),
    ImportState.RUNNING: N_("being put on cards"),
    ImportState.DONE: N_("on cards"),
    ImportState.UNDOING: N_("being undone"),
    ImportState.UNDONE: N_("undone"),
}
"""How far an import has come."""

WORK: Final = {
    ImportState.PREVIEWING: N_("Rows tried: {done} of {total}"),
    ImportState.RUNNING: N_("Rows put on cards: {done} of {total}"),
    ImportState.UNDOING: N_("Rows undone: {done} of {total}"),
}
"""What is being worked on, and how far it is."""

FIELDS: Final = {
    ImportField.NAME: N_("Name"),
    ImportField.FIRST_NAME: N_("First name"),
    ImportField.LAST_NAME: N_("Last name"),
    ImportField.EMAIL: N_("E-mail address"),
    ImportField.PHONE: N_("Phone number"),
    ImportField.BIRTHDAY: N_("Birthday"),
    ImportField.LOCALE: N_("Language"),
    ImportField.STAMPS: N_("Stamps"),
    ImportField.POINTS: N_("Points"),
    ImportField.EXTERNAL_CODE: N_("Code of the old card"),
    ImportField.MARKETING_CONSENT: N_("News and offers: agreed"),
    ImportField.CONSENT_AT: N_("News and offers: agreed on"),
}
"""What a column may be."""

DECIMALS: Final = ((",", N_("Comma: 1.250,5")), (".", N_("Point: 1,250.5")))
DATE_ORDERS: Final = (
    (DateOrder.DAY_FIRST, N_("Day first: 31.12.2026")),
    (DateOrder.MONTH_FIRST, N_("Month first: 12/31/2026")),
)
DELIMITERS: Final = {
    ",": N_("comma"),
    ";": N_("semicolon"),
    "\t": N_("tab"),
    "|": N_("vertical bar"),
}
"""What parts the fields of a file, by its sign."""
