"""The fields in which someone tells about a customer, wherever the form stands."""

import calendar

from punchcard.kit.i18n import N_
from punchcard.kit.validation.texts import NAME_CHARACTERS
from punchcard.loyalty.operations import NewCustomer
from punchcard.web.pages.forms import Form


def read_customer(
    form: Form, *, country: str | None, locale: str | None, accepted_terms: bool
) -> NewCustomer | None:
    """Return what was told, or None if nothing was; faults are noted in the form.

    `country` is the shop's, whose phone numbers are typed without a country code.
    """
    name = form.text("name", required=False, limit=NAME_CHARACTERS)
    email = form.email("email", required=False)
    phone = form.phone("phone", country, required=False)
    birthday = _birthday(form)
    consents = form.is_on("marketing_consent")
    if consents and not (email or phone or form.errors):
        form.fault("marketing_consent", N_("To send you news we need an address or a number."))
    if not (name or email or phone or birthday):
        return None
    return NewCustomer(
        name=name,
        email=email,
        phone=phone,
        birthday=birthday,
        locale=locale,
        marketing_consent=consents,
        accepted_terms=accepted_terms,
    )


def _birthday(form: Form) -> str | None:
    """Return month and day as MM-DD; the year is nobody's business."""
    day = form.whole("birthday_day", minimum=1, maximum=31, required=False)
    month = form.whole("birthday_month", minimum=1, maximum=12, required=False)
    if day is None and month is None:
        return None
    # Of a leap year, so that the 29th of February is a birthday too.
    if day is None or month is None or day > calendar.monthrange(2024, month)[1]:
        form.fault("birthday_day", N_("There is no such day."))
        return None
    return f"{month:02d}-{day:02d}"
