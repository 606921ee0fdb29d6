"""What a form says of a vendor: the same in the guide, the settings and the platform's pages."""

from typing import Any

from punchcard.kit.i18n import LANGUAGES, locale_of
from punchcard.kit.validation import places, texts
from punchcard.web.pages.forms import Form

VENDOR_FIELDS = ("name", "language", "currency", "timezone", "country")
"""The vendor's columns that the form is about."""


def read_vendor(form: Form) -> dict[str, Any]:
    """Return name, language, currency, time zone and country; faults stand in the form.

    A country of None is left to the time zone and the currency.
    """
    return {
        "name": form.checked("name", texts.one_line),
        "language": form.choice("language", LANGUAGES),
        "currency": form.checked("currency", places.currency),
        "timezone": form.checked("timezone", places.timezone),
        "country": form.checked("country", places.country, required=False),
    }


def country_choices(language: str) -> list[tuple[str, str]]:
    """Return every country's code and its name in `language`, in the order of the names."""
    from babel import Locale

    names = Locale.parse(locale_of(language)).territories
    choices = [(code, names.get(code, code)) for code in places.countries()]
    return sorted(choices, key=lambda choice: choice[1])
