"""What a form says of a vendor: the same in the guide, the settings and the platform's pages."""

from typing import Any, Final

from punchcard.accounts.checks import is_timezone
from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.money import is_currency
from punchcard.web.pages.forms import Form

_NAME_CHARACTERS: Final = 120


def read_vendor(form: Form) -> dict[str, Any]:
    """Return name, language, currency and time zone as typed; faults stand in the form."""
    values: dict[str, Any] = {
        "name": form.text("name", limit=_NAME_CHARACTERS),
        "language": form.choice("language", LANGUAGES),
        "currency": form.text("currency", limit=3),
        "timezone": form.text("timezone", limit=64),
    }
    if values["currency"] and not is_currency(values["currency"]):
        form.fault("currency", N_("Must be a currency code such as EUR."))
    if values["timezone"] and not is_timezone(values["timezone"]):
        form.fault("timezone", N_("Must be a time zone such as Europe/Luxembourg."))
    return values
