"""The fields of the page of a program's tiers, read and shown again."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any, Final

from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.money import PlainAmount
from punchcard.kit.validation.texts import NAME_CHARACTERS
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.rules.program_rules import slug_of
from punchcard.loyalty.rules.tiers.tier_form import (
    EARN_FACTOR_PATTERN,
    THRESHOLD_BOUNDS,
    TIER_BOUNDS,
    TIER_GRANTS_LIMIT,
    TIERS_LIMIT,
)
from punchcard.loyalty.vocabulary import ProgramType, TierBasis
from punchcard.web.console.programs.program_form import COLOURS, HEX_COLOUR
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.tiers import BASES, DOWNGRADES, WINDOWS

ROWS: Final = range(1, TIERS_LIMIT + 1)
"""The rows of the form: a tier each, the lowest first."""

_BASES_OF_TYPE: Final = {
    ProgramType.STAMPS: (TierBasis.STAMPS, TierBasis.VISITS),
    ProgramType.POINTS: (TierBasis.POINTS, TierBasis.SPEND_MINOR, TierBasis.VISITS),
    ProgramType.HYBRID: tuple(TierBasis),
}
GIFTS: Final = ("gift", *(f"gift_{number}" for number in range(2, TIER_GRANTS_LIMIT + 1)))
"""The fields of a row in which the rewards for reaching the tier are chosen."""

_PLAIN: Final = Decimal(1)
_KEY: Final = re.compile("[^A-Za-z0-9_-]")


def bases_of(program: LoyaltyProgram) -> dict[str, str]:
    """Return what can count towards the tiers of a program, and what that is called."""
    return {basis: BASES[basis] for basis in _BASES_OF_TYPE[ProgramType(program.type)]}


def colours_of(program: LoyaltyProgram) -> dict[str, str]:
    """Return the colours that a card has without a tier of its own look."""
    branding = program.branding or {}
    return {name: str(branding.get(name) or otherwise) for name, otherwise in COLOURS.items()}


def read_tiers(
    form: Form, program: LoyaltyProgram, rewards: Sequence[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the tiers as typed, and by which names a refusal finds the fields of the form.

    `rewards` are the ids of those that can be given. What the form does not show of a tier stays.
    """
    basis = form.choice("tier_basis", tuple(bases_of(program)))
    fields: dict[str, Any] = {
        "tier_basis": basis,
        "tier_window": form.choice("tier_window", tuple(WINDOWS)),
        "tier_downgrade": form.choice("tier_downgrade", tuple(DOWNGRADES)),
    }
    for name, (minimum, maximum) in TIER_BOUNDS.items():
        fields[name] = form.whole(name, minimum=minimum, maximum=maximum, required=False) or 0
    kept = {tier["key"]: tier for tier in program.tiers or ()}
    tiers: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    for row in ROWS:
        read = _read_row(form, row, program, basis, rewards)
        if read is None:
            continue
        read["key"] = _key_of(form.value(f"tier_{row}_key"), read["name"], tiers)
        before = kept.get(read["key"], {})
        read["grants"] = _read_gifts(form, row, rewards)
        read["branding"] = _read_look(form, row, program, before.get("branding") or {})
        for name, shown in (("threshold", "threshold"), ("earn_factor", "factor"), ("key", "name")):
            names[f"tiers.{len(tiers)}.{name}"] = f"tier_{row}_{shown}"
        tiers.append({**before, **read})
    fields["tiers"] = tiers or None
    return fields, names


def initial_tiers(program: LoyaltyProgram) -> dict[str, Any]:
    """Return what the form shows of a program before anybody typed."""
    initial: dict[str, Any] = {
        "tier_basis": program.tier_basis,
        "tier_window": program.tier_window,
        "tier_downgrade": program.tier_downgrade,
        "tier_holds_months": program.tier_holds_months,
        "tier_grace_days": program.tier_grace_days,
    }
    for row in ROWS:
        place = row - 1
        tier = program.tiers[place] if program.tiers and place < len(program.tiers) else {}
        threshold = tier.get("threshold")
        if threshold is not None and program.tier_basis == TierBasis.SPEND_MINOR:
            threshold = PlainAmount(threshold, program.currency)
        factor = tier.get("earn_factor")
        initial[f"tier_{row}_key"] = tier.get("key")
        initial[f"tier_{row}_name"] = tier.get("name")
        initial[f"tier_{row}_threshold"] = threshold
        initial[f"tier_{row}_factor"] = Decimal(factor) if factor else None
        for name, gift in zip_longest(GIFTS, tier.get("grants") or (), fillvalue=""):
            initial[f"tier_{row}_{name}"] = gift
        look = tier.get("branding") or {}
        initial[f"tier_{row}_own_look"] = bool(look)
        for name, otherwise in colours_of(program).items():
            initial[f"tier_{row}_{name}"] = look.get(name, otherwise)
        for language in LANGUAGES:
            words = (tier.get("texts") or {}).get(language) or {}
            initial[f"{language}-tier_{row}"] = words.get("name")
    return initial


def _read_row(
    form: Form, row: int, program: LoyaltyProgram, basis: str | None, rewards: Sequence[str]
) -> dict[str, Any] | None:
    """Return a tier as typed but for its key and its gift; None for a row that is empty."""
    asked = ("name", "threshold", *GIFTS)
    typed = [form.value(f"tier_{row}_{name}").strip() for name in asked]
    if not any(typed) or (row == 1 and not typed[0] and typed[1] == "0"):
        return None
    name = form.text(f"tier_{row}_name", limit=NAME_CHARACTERS)
    texts = {}
    for language in LANGUAGES:
        told = form.text(f"{language}-tier_{row}", required=False, limit=NAME_CHARACTERS)
        if told:
            texts[language] = {"name": told}
    threshold = 0 if row == 1 else _read_threshold(form, row, program, basis)
    return {
        "name": name or "",
        "texts": texts,
        "threshold": threshold or 0,
        "earn_factor": _read_factor(form, row),
    }


def _read_threshold(form: Form, row: int, program: LoyaltyProgram, basis: str | None) -> int | None:
    name, (_, most) = f"tier_{row}_threshold", THRESHOLD_BOUNDS
    if basis == TierBasis.SPEND_MINOR:
        return form.money(name, program.currency, minimum_minor=1, maximum_minor=most)
    return form.whole(name, minimum=1, maximum=most)


def _read_factor(form: Form, row: int) -> str:
    typed = form.value(f"tier_{row}_factor").strip().replace(",", ".")
    try:
        factor = f"{Decimal(typed):.3f}" if typed else "1.000"
        fits = re.fullmatch(EARN_FACTOR_PATTERN, factor) and Decimal(typed or 1) == Decimal(factor)
    except InvalidOperation:
        factor, fits = "1.000", None
    if not fits:
        form.fault(f"tier_{row}_factor", N_("A number from 1 to 10, such as 1.5."))
    return factor


def _read_gifts(form: Form, row: int, rewards: Sequence[str]) -> list[str]:
    """Return what a tier gives, each reward once; row 1 gives nothing, every card is in it."""
    gifts: list[str] = []
    for name in GIFTS:
        gift = form.value(f"tier_{row}_{name}")
        if gift and gift not in rewards:
            form.fault(f"tier_{row}_{name}", N_("Please choose one of these."))
        elif gift and gift not in gifts:
            gifts.append(gift)
    return gifts


def _read_look(
    form: Form, row: int, program: LoyaltyProgram, before: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the colours of a tier that differ from the program's; none without the tick."""
    if not form.is_on(f"tier_{row}_own_look"):
        return {}
    look = {name: value for name, value in before.items() if name not in COLOURS}
    for name, otherwise in colours_of(program).items():
        typed = form.value(f"tier_{row}_{name}").strip().lower()
        if not HEX_COLOUR.fullmatch(typed):
            form.fault(f"tier_{row}_{name}", N_("A colour such as #14594b."))
        elif typed != otherwise.lower():
            look[name] = typed
    return look


def _key_of(kept: str, name: str, others: Sequence[Mapping[str, Any]]) -> str:
    """Return the key of a tier: the one it has, or a new one that its name suggests."""
    taken = {tier["key"] for tier in others}
    base = kept or _KEY.sub("", slug_of(name))[:30].strip("-") or "tier"
    if not base[0].isalpha():
        base = f"tier-{base}"
    numbered = (f"{base}-{number}" for number in range(2, TIERS_LIMIT + 2))
    return next(key for key in (base, *numbered) if key not in taken)
