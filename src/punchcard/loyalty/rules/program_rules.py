"""What a program and a reward may look like: bounds, choices, slugs, completeness. Pure.

The API's shapes and the services take the bounds from here, so each stands in one place.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from punchcard.kit.errors import InvalidInput
from punchcard.kit.i18n import N_
from punchcard.kit.validation import places, texts
from punchcard.kit.validation.invalid import check_field
from punchcard.loyalty.rules.dated.expiry_rules import EXPIRY_BOUNDS, expiry_faults
from punchcard.loyalty.rules.stamps.stamp_rewards import STAMP_BOUNDS, item_faults
from punchcard.loyalty.rules.tiers.tier_form import TIER_BOUNDS, TIER_CHOICES
from punchcard.loyalty.vocabulary import (
    PinPolicy,
    ProgramStatus,
    ProgramType,
    UnclaimedMilestones,
    VoidPolicy,
)

_NOT_SLUG = re.compile(r"[^a-z0-9]+")

PROGRAM_BOUNDS: Mapping[str, tuple[int, int]] = {
    "stamps_target": (1, 50),
    "points_per_currency_unit": (1, 1000),
    "points_per_amount_minor": (1, 1_000_000),
    "minimum_purchase_minor": (0, 1_000_000_000_000),
    "minimum_redemption_points": (0, 1_000_000_000),
    "welcome_stamps": (0, 50),
    "welcome_points": (0, 1_000_000),
    "cooldown_minutes": (0, 10_080),
    "max_daily_stamps": (1, 50),
    "pin_max_attempts": (1, 10),
    "pin_lockout_minutes": (5, 1440),
}
DEFAULT_STAMPS_TARGET = 10
REWARD_BOUNDS: Mapping[str, tuple[int, int]] = {
    "points_required": (1, 1_000_000_000),
    "value_minor": (0, 1_000_000_000_000),
    "stock_left": (0, 1_000_000_000),
    "per_card_limit": (1, 1_000_000),
}
PROGRAM_CHOICES: Mapping[str, tuple[str, ...]] = {
    "type": tuple(ProgramType),
    "status": tuple(ProgramStatus),
    "pin_policy": tuple(PinPolicy),
    "void_policy": tuple(VoidPolicy),
    "unclaimed_milestones": tuple(UnclaimedMilestones),
    **TIER_CHOICES,
}

_CHECKS = {"slug": texts.slug, "currency": places.currency, "timezone": places.timezone}

FIXED_BY_CARDS = ("type", "currency", "timezone")
"""What can't change once there are cards: entries' money and the statistics' days rest on it."""


def check_program(fields: Mapping[str, Any]) -> None:
    """Raise InvalidInput, naming each of `fields` that lies outside what is allowed."""
    faults = _out_of_bounds(
        fields, {**PROGRAM_BOUNDS, **EXPIRY_BOUNDS, **STAMP_BOUNDS, **TIER_BOUNDS}
    )
    faults += expiry_faults(fields)
    faults += item_faults(fields.get("stamps_per_item"))
    one_of = N_("Must be one of: {choices}.")
    for name, choices in PROGRAM_CHOICES.items():
        if name in fields and fields[name] not in choices:
            faults.append(_fault(name, one_of, choices=", ".join(choices)))
    for name, check in _CHECKS.items():
        if name in fields:
            try:
                check_field(name, check, fields[name])
            except InvalidInput as refusal:
                faults.extend(refusal.errors)
    if faults:
        raise InvalidInput(faults)


def check_complete(program: Mapping[str, Any]) -> None:
    """Raise InvalidInput if a program is not yet fit to be active."""
    reward = program["stamp_reward"] or {}
    if program["type"] != ProgramType.POINTS and not reward.get("name"):
        sentence = N_("Set the reward for a full stamp card before you activate the program.")
        raise InvalidInput([_fault("stamp_reward", sentence)])


def check_reward(reward: Mapping[str, Any]) -> None:
    """Raise InvalidInput if a whole reward's numbers or dates do not fit."""
    given = {name: value for name, value in reward.items() if value is not None}
    faults = _out_of_bounds(given, REWARD_BOUNDS)
    start, end = given.get("valid_from"), given.get("valid_until")
    if start and end and end <= start:
        faults.append(_fault("valid_until", N_("Must be after the start of the validity.")))
    if faults:
        raise InvalidInput(faults)


def check_price(points_required: int | None, minimum_redemption_points: int) -> None:
    """Raise InvalidInput if a reward costs less than the program lets go at once.

    Nobody could ever have it. What has no price is only given.
    """
    if points_required is not None and points_required < minimum_redemption_points:
        sentence = N_("The program lets no fewer than {minimum} points go at once.")
        fault = _fault("points_required", sentence, minimum=minimum_redemption_points)
        raise InvalidInput([fault])


def slug_of(name: str) -> str:
    """Return the slug a name suggests: `Café Alice` becomes `cafe-alice`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = _NOT_SLUG.sub("-", plain).strip("-")[: texts.SLUG_CHARACTERS - 10].strip("-")
    return slug or "program"


def _out_of_bounds(
    fields: Mapping[str, Any], bounds: Mapping[str, tuple[int, int]]
) -> list[dict[str, Any]]:
    sentence = N_("Must be between {minimum} and {maximum}.")
    return [
        _fault(name, sentence, minimum=minimum, maximum=maximum)
        for name, (minimum, maximum) in bounds.items()
        if fields.get(name) is not None and not minimum <= fields[name] <= maximum
    ]


def _fault(name: str, sentence: str, **params: Any) -> dict[str, Any]:
    return {"loc": [name], "message": sentence, "params": params}
