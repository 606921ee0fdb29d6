"""What a form says of a vendor: the same in the guide, the settings and the platform's pages."""

from functools import cache
from typing import Any

from punchcard.kit.folding import fold_name
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


def place_choices(form: Form, language: str) -> dict[str, list[tuple[str, str]]]:
    """Return what templates call `places`: the currencies, time zones and countries to choose from,
    each a code and its name in `language`, in the order of the names.

    What stands in the form is among them, though nobody would choose it today.
    """
    offered = {
        "currency": currency_choices(language),
        "timezone": timezone_choices(),
        "country": country_choices(language),
    }
    for name, choices in offered.items():
        value = form.value(name)
        if value and value not in dict(choices):
            offered[name] = [(value, value), *choices]
    return offered


def currency_choices(language: str) -> list[tuple[str, str]]:
    """Return every currency's code and its name, such as `Euro (EUR)`."""
    from babel import Locale

    names = Locale.parse(locale_of(language)).currencies
    choices = [(code, f"{names.get(code, code)} ({code})") for code in places.currencies()]
    return sorted(choices, key=lambda choice: fold_name(choice[1]) or "")


@cache
def timezone_choices() -> list[tuple[str, str]]:
    """Return every time zone and its name, the city first, as people look for it."""
    choices = [(zone, _zone_name(zone)) for zone in places.timezones()]
    return sorted(choices, key=lambda choice: choice[1])


def _zone_name(zone: str) -> str:
    region, _, city = zone.replace("_", " ").rpartition("/")
    return f"{city} ({region})" if region else city


def country_choices(language: str) -> list[tuple[str, str]]:
    """Return every country's code and its name in `language`, in the order of the names."""
    from babel import Locale

    names = Locale.parse(locale_of(language)).territories
    choices = [(code, names.get(code, code)) for code in places.countries()]
    return sorted(choices, key=lambda choice: fold_name(choice[1]) or "")
