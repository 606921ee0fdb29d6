"""Currencies, time zones, languages and countries: which there are, by which name.

Each rule returns the value as it is to be kept, or raises InvalidValue.
"""

import re
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from punchcard.kit.i18n import LANGUAGES, N_, as_language
from punchcard.kit.money import is_currency
from punchcard.kit.validation.invalid import InvalidValue

CURRENCY_PATTERN: Final = "^\\s*[A-Z]{3}\\s*$"
TIMEZONE_PATTERN: Final = "^\\s*[A-Za-z0-9_+/-]{1,64}\\s*$"
COUNTRY_PATTERN: Final = "^\\s*[A-Z]{2}\\s*$"
LANGUAGE_PATTERN: Final = "^\\s*(en|fr|de|lb|lu)\\s*$"
LANGUAGE_TAGS: Final = (*LANGUAGES, "lu")
"""What a language may be called; `lu` is taken for `lb`, as many write it."""

# The machine's own zone, whatever that is, and the one that says it was never set.
_NO_ZONES = {"localtime", "Factory"}
_COUNTRY = re.compile("[A-Z]{2}")


def currency(code: str) -> str:
    """Return the ISO 4217 code of a currency."""
    stripped = code.strip()
    if not is_currency(stripped):
        raise InvalidValue(N_("Must be a currency code such as EUR."))
    return stripped


def timezone(name: str) -> str:
    """Return the name of a time zone, the same one on every machine."""
    stripped = name.strip()
    if stripped not in _timezones():
        raise InvalidValue(N_("Must be a time zone such as Europe/Luxembourg."))
    return stripped


def language(tag: str) -> str:
    """Return our name of a language."""
    stripped = tag.strip()
    found = as_language(stripped) if stripped in LANGUAGE_TAGS else None
    if found is None:
        raise InvalidValue(N_("Must be one of the languages en, fr, de, lb."))
    return found


def country(code: str) -> str:
    """Return the ISO 3166-1 alpha-2 code of a country that has phone numbers of its own."""
    stripped = code.strip()
    if _COUNTRY.fullmatch(stripped) is None or stripped not in countries():
        raise InvalidValue(N_("Must be a country code such as LU."))
    return stripped


def currencies() -> frozenset[str]:
    """Return the codes of all currencies that people pay with today."""
    from babel.core import get_global

    used = get_global("territory_currencies").values()
    today = {
        code for habits in used for code, _, until, is_tender in habits if is_tender and not until
    }
    return frozenset(code for code in today if is_currency(code))


def timezones() -> frozenset[str]:
    """Return the names of all time zones of a place: what is called after an offset is left out."""
    return frozenset(name for name in _timezones() if "/" in name and not name.startswith("Etc/"))


def countries() -> frozenset[str]:
    """Return the codes of all countries that phone numbers are known of."""
    from phonenumbers import SUPPORTED_REGIONS

    return frozenset(SUPPORTED_REGIONS)


def country_of(timezone: str, currency: str) -> str | None:
    """Return the country that a shop with this time zone and currency is in, if they tell it.

    The time zone tells it by CLDR's table, unless it is one such as UTC; else a currency does
    which one country alone has.
    """
    from babel.core import get_global

    zone = get_global("zone_aliases").get(timezone, timezone)
    territory = get_global("zone_territories").get(zone) or _only_user_of(currency)
    return territory if territory in countries() else _only_user_of(currency)


def _only_user_of(currency: str) -> str | None:
    from babel.numbers import get_territory_currencies

    users = [code for code in sorted(countries()) if currency in get_territory_currencies(code)]
    return users[0] if len(users) == 1 else None


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_ZONES)
