"""When points end and begin, and how ends are told, as a program's form has it."""

import re
from collections.abc import Mapping
from typing import Any, Final

from punchcard.accounts.models import Vendor
from punchcard.kit.i18n import N_
from punchcard.kit.validation.amounts import plain_whole
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.rules.dated.expiry_rules import (
    DEFAULT_NOTICE_DAYS,
    EXPIRY_BOUNDS,
    EXPIRY_MONTHS,
    NOTICE_DAYS,
    NOTICES_LIMIT,
)
from punchcard.loyalty.vocabulary import ExpiryKind, ExpiryRounding
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.endings import POINTS_END, ROUNDINGS

FAIR_MONTHS: Final = 24
"""Courts in Germany and Austria found shorter times unfair."""

_STRICT_COUNTRIES: Final = ("DE", "AT")
_STRICT_LANGUAGE: Final = "de"
_COUNTED: Final = (ExpiryKind.FIXED, ExpiryKind.INACTIVITY)
_TOO_SHORT: Final = N_(
    "Fewer than 24 months: in Germany and Austria courts found such short times unfair."
)
_INACTIVE: Final = N_(
    "Counted from the last visit: in Germany and Austria courts found it unfair that points end"
    " because nobody came."
)


def read_points_dates(form: Form, program: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return when points end and begin; nothing where the form does not ask.

    `program` is what the program has of it until now.
    """
    if not form.value("points_expiry_kind"):
        return {}
    return {
        "points_expiry": _read_end(form, program),
        "points_activation_days": _read_number(form, "points_activation_days"),
        **_read_notices_and_grace(form),
    }


def read_stamps_notices(form: Form) -> dict[str, Any]:
    """Return how it is told that stamps end, where only stamps do; nothing where nobody asks."""
    is_asked = "expiry_notice_days" in {name for name, _ in form.sent()}
    return _read_notices_and_grace(form) if is_asked else {}


def initial_points_dates(program: LoyaltyProgram) -> dict[str, Any]:
    """Return what the form shows of it before anybody typed."""
    expiry = program.points_expiry or {}
    notices = program.expiry_notice_days
    return {
        "points_expiry_kind": expiry.get("kind") or ExpiryKind.NEVER,
        "points_expiry_months": expiry.get("months"),
        # What was set without it ends on the very day; who begins is advised otherwise.
        "points_expiry_round_to": expiry.get("round_to")
        or (ExpiryRounding.DAY if expiry else ExpiryRounding.MONTH_END),
        "points_activation_days": program.points_activation_days,
        "return_grace_days": program.return_grace_days,
        "expiry_notice_days": ", ".join(
            str(days) for days in (DEFAULT_NOTICE_DAYS if notices is None else notices)
        ),
    }


def warnings_of(form: Form, vendor: Vendor) -> list[str]:
    """Return what a shop in Germany or Austria should think of, with what stands in its form."""
    country = vendor.country
    is_strict = country in _STRICT_COUNTRIES or (
        not country and vendor.language == _STRICT_LANGUAGE
    )
    kinds = [form.value(name) for name in ("points_expiry_kind", "stamps_expiry_kind")]
    months = [form.value(name) for name in ("points_expiry_months", "stamps_expiry_months")]
    counted = [
        plain_whole(number) for kind, number in zip(kinds, months, strict=True) if kind in _COUNTED
    ]
    told = []
    if is_strict and any(number is not None and number < FAIR_MONTHS for number in counted):
        told.append(_TOO_SHORT)
    if is_strict and ExpiryKind.INACTIVITY in kinds:
        told.append(_INACTIVE)
    return told


def _read_end(form: Form, before: Mapping[str, Any] | None) -> dict[str, Any] | None:
    kind = form.choice("points_expiry_kind", tuple(POINTS_END))
    if kind == ExpiryKind.NEVER:
        return dict(before) if before and before["kind"] == ExpiryKind.NEVER else None
    if kind not in _COUNTED:
        return dict(before) if before and before["kind"] == kind else {"kind": kind}
    minimum, maximum = EXPIRY_MONTHS
    months = form.whole("points_expiry_months", minimum=minimum, maximum=maximum)
    rounding = form.choice("points_expiry_round_to", tuple(ROUNDINGS))
    return {"kind": kind, "months": months, "round_to": rounding}


def _read_notices_and_grace(form: Form) -> dict[str, Any]:
    return {
        "expiry_notice_days": _read_notices(form),
        "return_grace_days": _read_number(form, "return_grace_days"),
    }


def _read_number(form: Form, name: str) -> int | None:
    minimum, maximum = EXPIRY_BOUNDS[name]
    return form.whole(name, minimum=minimum, maximum=maximum)


def _read_notices(form: Form) -> list[int] | None:
    typed = form.value("expiry_notice_days").strip()
    days = [int(one) for one in re.findall(r"[0-9]{1,4}", typed)]
    least, most = NOTICE_DAYS
    if (
        re.sub(r"[0-9\s,;]", "", typed)
        or len(days) > NOTICES_LIMIT
        or len(set(days)) < len(days)
        or not all(least <= one <= most for one in days)
    ):
        form.fault(
            "expiry_notice_days",
            N_("Numbers of days such as 30, 7: up to {limit} different ones, {most} at most."),
            limit=NOTICES_LIMIT,
            most=most,
        )
        return None
    # Those that every program has unless it says otherwise need not be kept.
    return None if tuple(days) == DEFAULT_NOTICE_DAYS else days
