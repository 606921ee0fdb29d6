"""The fields of a promotion's page, read and shown again."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.ids import LocationId
from punchcard.kit.validation.texts import NAME_CHARACTERS
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.promotion_words import WEEK
from punchcard.loyalty.rules.promotions.promotion_form import (
    FACTOR_PATTERN,
    ITEMS_LIMIT,
    PROMOTION_BOUNDS,
    TIME_PATTERN,
    WINDOWS_LIMIT,
)
from punchcard.loyalty.vocabulary import EffectKind, ProgramType, Stacking
from punchcard.web.console.programs.program_form import amount_of
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.promotions import EFFECTS, LIMITS, NO_LIMIT, STACKINGS

FIRST_WINDOWS: Final = 2
"""How many rows for windows an empty form has."""

ITEM_CHARACTERS: Final = 64
"""How long the number of an article may be."""

_ALL_DAY: Final = ("00:00", "24:00")
_TENTHS: Final = re.compile(r"[0-9]{1,2}(?:[.,][0-9]{1,3})?")


def effects_of(program: LoyaltyProgram) -> list[tuple[str, str]]:
    """Return what promotions of a program can give: what its cards collect."""
    lacking = {
        ProgramType.STAMPS: (EffectKind.MULTIPLY, EffectKind.ADD_POINTS),
        ProgramType.POINTS: (EffectKind.ADD_STAMPS,),
    }.get(program.type, ())
    return [(kind, label) for kind, label in EFFECTS.items() if kind not in lacking]


def initial_of(
    promotion: Promotion | None, program: LoyaltyProgram, location_ids: Sequence[LocationId]
) -> dict[str, Any]:
    """Return what the form shows of a promotion before anybody typed."""
    if promotion is None:
        return {
            "effect_kind": effects_of(program)[0][0],
            "factor": "2",
            "limit_per": NO_LIMIT,
            "stacking": Stacking.BEST,
        }
    effect, limit = promotion.effect, promotion.limit or {}
    budget = promotion.budget or {}
    initial: dict[str, Any] = {
        "name": promotion.name,
        "effect_kind": effect["kind"],
        "factor": Decimal(factor) if (factor := effect.get("factor")) else None,
        "points": effect.get("points"),
        "stamps": effect.get("stamps"),
        "starts_on": promotion.starts_on,
        "ends_on": promotion.ends_on,
        "minimum_purchase": amount_of(promotion.minimum_purchase_minor or None, program.currency),
        "items": "\n".join(promotion.items or ()),
        "limit_per": limit.get("per") or NO_LIMIT,
        "limit_times": limit.get("times"),
        "budget": budget.get("points") or budget.get("stamps"),
        "stacking": promotion.stacking,
    }
    for row in window_rows(len(promotion.windows)):
        kept = promotion.windows[row - 1] if row <= len(promotion.windows) else {}
        initial |= _initial_window(row, kept)
    for location_id in location_ids:
        initial[f"location_{location_id}"] = location_id in (promotion.location_ids or ())
    for tier in program.tiers or ():
        initial[f"tier_{tier['key']}"] = tier["key"] in (promotion.tier_keys or ())
    for language in LANGUAGES:
        initial[f"{language}-name"] = (promotion.texts.get(language) or {}).get("name")
    return initial


def window_rows(windows: int) -> range:
    """Return the rows of the editor for so many windows: one is left for another."""
    return range(1, min(max(windows + 1, FIRST_WINDOWS), WINDOWS_LIMIT) + 1)


def rows_sent(form: Form) -> range:
    """Return the rows that a form came with, and one more where the last is filled in."""
    begun = [row for row in range(1, WINDOWS_LIMIT + 1) if _is_begun(form, row)]
    return window_rows(max(begun, default=0))


def read_promotion(
    form: Form,
    program: LoyaltyProgram,
    location_ids: Sequence[LocationId],
    before: Promotion | None = None,
) -> dict[str, Any]:
    """Return a promotion as typed; what is wrong is None, and noted in the form.

    Of `before` stays what the form does not show: locations that are closed.
    """
    kind = form.choice("effect_kind", [kind for kind, _ in effects_of(program)])
    hidden = set(before.location_ids or ()) - set(location_ids) if before else set()
    chosen = [one for one in location_ids if form.is_on(f"location_{one}")]
    return {
        "name": form.text("name", limit=NAME_CHARACTERS),
        "texts": _read_texts(form),
        "effect": _read_effect(form, kind),
        "starts_on": form.day("starts_on", required=False),
        "ends_on": form.day("ends_on", required=False),
        "windows": [window for row in rows_sent(form) if (window := _read_window(form, row))],
        "location_ids": [*chosen, *sorted(hidden)],
        "tier_keys": [
            tier["key"] for tier in program.tiers or () if form.is_on(f"tier_{tier['key']}")
        ],
        "minimum_purchase_minor": form.money(
            "minimum_purchase", program.currency, required=False, maximum_minor=_most_minor()
        )
        or 0,
        "items": _read_items(form),
        "limit": _read_limit(form),
        "budget": _read_budget(form, kind),
        "stacking": form.choice("stacking", tuple(STACKINGS)),
    }


def _read_effect(form: Form, kind: str | None) -> dict[str, Any] | None:
    if kind == EffectKind.MULTIPLY:
        return {"kind": kind, "factor": _read_factor(form)}
    if kind is None:
        return None
    name = "points" if kind == EffectKind.ADD_POINTS else "stamps"
    minimum, maximum = PROMOTION_BOUNDS[name]
    return {"kind": kind, name: form.whole(name, minimum=minimum, maximum=maximum)}


def _read_factor(form: Form) -> str | None:
    typed = form.value("factor").strip()
    if _TENTHS.fullmatch(typed):
        factor = f"{Decimal(typed.replace(',', '.')):.3f}"
        if re.fullmatch(FACTOR_PATTERN, factor) and Fraction(factor) > 1:
            return factor
    form.fault("factor", N_("A number such as 2 or 1.5, more than 1 and at most 10."))
    return None


def _is_begun(form: Form, row: int) -> bool:
    times = (form.value(f"window_{row}_{end}").strip() for end in ("from", "to"))
    return any(times) or any(form.is_on(f"window_{row}_{day}") for day in WEEK)


def _initial_window(row: int, kept: Mapping[str, Any]) -> dict[str, Any]:
    initial: dict[str, Any] = {
        f"window_{row}_{day}": day in kept.get("weekdays", ()) for day in WEEK
    }
    begins, ends = (kept["from"], kept["to"]) if kept else _ALL_DAY
    initial[f"window_{row}_from"] = None if (begins, ends) == _ALL_DAY else begins
    initial[f"window_{row}_to"] = None if ends == _ALL_DAY[1] else ends
    return initial


def _read_window(form: Form, row: int) -> dict[str, Any] | None:
    if not _is_begun(form, row):
        return None
    days = [day for day in WEEK if form.is_on(f"window_{row}_{day}")]
    if not days:
        form.fault(f"window_{row}_1", N_("Choose at least one day."))
    begins, ends = (
        _read_time(form, f"window_{row}_{end}", otherwise)
        for end, otherwise in zip(("from", "to"), _ALL_DAY, strict=True)
    )
    if begins == ends:
        form.fault(f"window_{row}_to", N_("Must be another time than the beginning."))
    return {"weekdays": days, "from": begins, "to": ends}


def _read_time(form: Form, name: str, otherwise: str) -> str:
    # Browsers may send seconds, too.
    typed = form.value(name).strip()
    if not typed or (typed == _ALL_DAY[0] and otherwise == _ALL_DAY[1]):
        return otherwise
    if typed == _ALL_DAY[1] and otherwise == typed:
        return typed
    if not re.fullmatch(rf"{TIME_PATTERN}(:[0-5][0-9])?", typed):
        form.fault(name, N_("A time such as 16:30."))
    return typed[:5]


def _read_items(form: Form) -> list[str]:
    text = form.text("items", required=False, limit=ITEMS_LIMIT * (ITEM_CHARACTERS + 1), lines=True)
    items = list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))
    if len(items) > ITEMS_LIMIT:
        form.fault("items", N_("No more than {limit} articles."), limit=ITEMS_LIMIT)
    if any(len(item) > ITEM_CHARACTERS for item in items):
        form.fault("items", N_("At most {limit} characters in a line."), limit=ITEM_CHARACTERS)
    return items


def _read_limit(form: Form) -> dict[str, Any] | None:
    per = form.choice("limit_per", tuple(LIMITS), required=False)
    if not per:
        return None
    minimum, maximum = PROMOTION_BOUNDS["times"]
    return {"per": per, "times": form.whole("limit_times", minimum=minimum, maximum=maximum)}


def _read_budget(form: Form, kind: str | None) -> dict[str, Any] | None:
    minimum, maximum = PROMOTION_BOUNDS["budget"]
    budget = form.whole("budget", minimum=minimum, maximum=maximum, required=False)
    if budget is None:
        return None
    return {"stamps" if kind == EffectKind.ADD_STAMPS else "points": budget}


def _read_texts(form: Form) -> dict[str, dict[str, str]]:
    names = {
        language: form.text(f"{language}-name", required=False, limit=NAME_CHARACTERS)
        for language in LANGUAGES
    }
    return {language: {"name": name} for language, name in names.items() if name}


def _most_minor() -> int:
    return PROMOTION_BOUNDS["minimum_purchase_minor"][1]
