"""The fields of a program's page, read and shown again."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from punchcard.kit.i18n import LANGUAGES, N_
from punchcard.kit.money import PlainAmount
from punchcard.kit.validation import texts
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.loyalty.rules.program_rules import PROGRAM_BOUNDS, PROGRAM_CHOICES
from punchcard.loyalty.vocabulary import CodeFormat, ProgramType
from punchcard.wallets.card_colours import ACCENT, BACKGROUND, TEXT
from punchcard.wallets.symbols.stamp_symbols import PLAIN, SYMBOLS
from punchcard.web.console.programs.program_points_form import (
    initial_points_dates,
    read_points_dates,
    read_stamps_notices,
)
from punchcard.web.console.programs.program_stamps_form import (
    initial_stamp_card,
    read_stamp_card,
)
from punchcard.web.pages.forms import Form
from punchcard.web.pages.labels.programs import BARCODES

NAME_CHARACTERS: Final = 120
DESCRIPTION_CHARACTERS: Final = 500
TERMS_CHARACTERS: Final = 10_000

WORDS: Final = {
    "name": NAME_CHARACTERS,
    "card_name": NAME_CHARACTERS,
    "reward_name": NAME_CHARACTERS,
    "reward_description": DESCRIPTION_CHARACTERS,
    "terms_text": TERMS_CHARACTERS,
}
"""What a program says in each language, and how many characters it may have."""
_STAMP_NUMBERS: Final = (
    "stamps_target",
    "cooldown_minutes",
    "max_daily_stamps",
    "welcome_stamps",
)
_POINT_NUMBERS: Final = (
    "points_per_currency_unit",
    "minimum_redemption_points",
    "welcome_points",
)
_PIN_NUMBERS: Final = ("pin_max_attempts", "pin_lockout_minutes")
COLOURS: Final = {"background_color": BACKGROUND, "text_color": TEXT, "accent_color": ACCENT}
"""Each colour of a card, and what it is until someone chooses."""
HEX_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{6}")


@dataclass(frozen=True, slots=True)
class ProgramContext:
    """What a program's form stands on: its type, its currency, and how it was until now."""

    type: str
    currency: str
    branding: Mapping[str, Any]
    stamp_reward: Mapping[str, Any]
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    stamp_rewards: Sequence[Mapping[str, Any]] | None = None
    points_expiry: Mapping[str, Any] | None = None

    @property
    def has_stamps(self) -> bool:
        """Return whether its cards collect stamps."""
        return self.type != ProgramType.POINTS

    @property
    def has_points(self) -> bool:
        """Return whether its cards collect points."""
        return self.type != ProgramType.STAMPS


def program_context_of(program: LoyaltyProgram) -> ProgramContext:
    """Return what the form of an existing program stands on."""
    return ProgramContext(
        program.type,
        program.currency,
        program.branding,
        program.stamp_reward or {},
        program.texts,
        program.stamp_rewards,
        program.points_expiry,
    )


def read_program(form: Form, program_context: ProgramContext) -> dict[str, Any]:
    """Return the fields of a program as typed; what is wrong is None, and noted in the form."""
    fields: dict[str, Any] = {
        "name": form.text("name", limit=NAME_CHARACTERS),
        "card_name": form.text("card_name", limit=NAME_CHARACTERS),
        "slug": form.checked("slug", texts.slug),
        "terms_text": form.text("terms_text", required=False, limit=TERMS_CHARACTERS, lines=True),
        "self_enrollment": form.is_on("self_enrollment"),
        "pin_policy": form.choice("pin_policy", PROGRAM_CHOICES["pin_policy"]),
        "void_policy": form.choice("void_policy", PROGRAM_CHOICES["void_policy"]),
        "branding": _read_branding(form, program_context.branding),
        "texts": _read_texts(form, program_context.texts),
    }
    numbers = list(_PIN_NUMBERS)
    if program_context.has_stamps:
        numbers.extend(_STAMP_NUMBERS)
        fields["stamp_reward"] = read_stamp_reward(form, program_context)
    if program_context.has_points:
        numbers.extend(_POINT_NUMBERS)
        fields.update(read_earning_amount(form, program_context.currency))
        fields["minimum_purchase_minor"] = form.money("minimum_purchase", program_context.currency)
        fields.update(read_points_dates(form, program_context.points_expiry))
    for name in numbers:
        minimum, maximum = PROGRAM_BOUNDS[name]
        fields[name] = form.whole(name, minimum=minimum, maximum=maximum)
    if program_context.has_stamps:
        kept, currency = program_context.stamp_rewards, program_context.currency
        fields.update(read_stamp_card(form, fields, kept, currency))
        if not program_context.has_points:
            fields.update(read_stamps_notices(form))
    return fields


def read_earning_amount(form: Form, currency: str) -> dict[str, int]:
    """Return for how much money the points are that a purchase earns, if that was typed."""
    least, most = PROGRAM_BOUNDS["points_per_amount_minor"]
    amount = form.money(
        "points_per_amount", currency, required=False, minimum_minor=least, maximum_minor=most
    )
    return {} if amount is None else {"points_per_amount_minor": amount}


def read_stamp_reward(form: Form, program_context: ProgramContext) -> dict[str, Any] | None:
    """Return what a full stamp card earns; None when it has no name yet."""
    name = form.text("reward_name", required=False, limit=NAME_CHARACTERS)
    description = form.text("reward_description", required=False, limit=DESCRIPTION_CHARACTERS)
    value = form.money("reward_value", program_context.currency, required=False)
    if name is None:
        if description or value is not None:
            form.fault("reward_name", N_("Please fill this in."))
        return None
    told = {"name": name, "description": description, "value_minor": value}
    return {key: value for key, value in told.items() if value is not None}


def initial_of(program: LoyaltyProgram) -> dict[str, Any]:
    """Return what the form shows of a program before anybody typed."""
    reward = program.stamp_reward or {}
    names = ("name", "card_name", "slug", "terms_text", "self_enrollment")
    choices = ("pin_policy", "void_policy")
    numbers = (*_STAMP_NUMBERS, *_POINT_NUMBERS, *_PIN_NUMBERS)
    initial = {name: getattr(program, name) for name in (*names, *choices, *numbers)}
    initial["points_per_amount"] = amount_of(program.points_per_amount_minor, program.currency)
    initial["minimum_purchase"] = amount_of(program.minimum_purchase_minor, program.currency)
    initial["reward_name"] = reward.get("name")
    initial["reward_description"] = reward.get("description")
    initial["reward_value"] = amount_of(reward.get("value_minor"), program.currency)
    initial.update(initial_stamp_card(program))
    initial.update(initial_points_dates(program))
    initial["barcode"] = program.branding.get("barcode") or CodeFormat.QR
    initial["stamp_symbol"] = program.branding.get("stamp_symbol") or PLAIN
    for name, otherwise in COLOURS.items():
        initial[name] = program.branding.get(name) or otherwise
    for language in LANGUAGES:
        for name, words in (program.texts.get(language) or {}).items():
            if name in WORDS:
                initial[f"{language}-{name}"] = words
    return initial


def amount_of(amount_minor: int | None, currency: str) -> PlainAmount | None:
    """Return an amount as a field shows it."""
    return None if amount_minor is None else PlainAmount(amount_minor, currency)


def _read_branding(form: Form, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the look: what nobody chose stays out, and what the form does not show stays."""
    branding = dict(before)
    for name, otherwise in COLOURS.items():
        typed = form.value(name).strip().lower()
        if not HEX_COLOUR.fullmatch(typed):
            form.fault(name, N_("A colour such as #14594b."))
        elif typed != str(before.get(name, otherwise)).lower():
            branding[name] = typed
    barcode = form.choice("barcode", tuple(BARCODES))
    if barcode and barcode != before.get("barcode", CodeFormat.QR):
        branding["barcode"] = barcode
    # A card of points has no stamps to choose a symbol for.
    symbol = form.choice("stamp_symbol", tuple(SYMBOLS), required=False)
    if symbol and symbol != (before.get("stamp_symbol") or PLAIN):
        branding["stamp_symbol"] = symbol
    return branding


def _read_texts(form: Form, before: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the words of each language; those that the form does not show stay."""
    texts: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        kept = before.get(language) or {}
        words = {name: text for name, text in kept.items() if name not in WORDS}
        for name, limit in WORDS.items():
            typed = form.text(
                f"{language}-{name}", required=False, limit=limit, lines=name == "terms_text"
            )
            if typed:
                words[name] = typed
        if words:
            texts[language] = words
    return texts
