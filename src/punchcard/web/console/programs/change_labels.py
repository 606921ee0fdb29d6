"""What a program's rules are called on pages, and its changes told in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from punchcard.accounts.models import AuditEvent
from punchcard.kit.i18n import N_
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.templating import LANGUAGE_NAMES

TYPES: Final = (
    ("stamps", N_("Stamp card"), N_("One stamp per visit; a full card earns a reward.")),
    ("points", N_("Points"), N_("Every purchase earns points; points buy rewards.")),
    ("hybrid", N_("Stamps and points"), N_("Stamps for visits and points for purchases.")),
)
"""Each type: its name, what it is called, what it is good for in one sentence."""
TYPE_NAMES: Final = {type: name for type, name, _ in TYPES}
STATUSES: Final = {
    "draft": (N_("draft"), "warn"),
    "active": (N_("open"), "good"),
    "inactive": (N_("switched off"), ""),
}
"""Each status: what it is called, and the tone of its badge."""
PIN_POLICIES: Final = {
    "required": N_("Always: every stamp shows who gave it"),
    "optional": N_("If someone enters one"),
    "off": N_("Never: anyone with the terminal can stamp"),
}
VOID_POLICIES: Final = {
    "clamp": N_("Take back what is still there, never below zero"),
    "allow_negative": N_("Take all of it back, even below zero"),
    "refuse": N_("Refuse to take it back"),
}
BARCODES: Final = {
    "qr": N_("QR code"),
    "code128": N_("Barcode, for scanners that cannot read QR codes"),
    "rotating": N_("QR code that changes every 30 seconds, so that a photo of it is useless"),
}

_LABELS: Final = {
    "name": N_("Name of the program"),
    "card_name": N_("Name on the card"),
    "slug": N_("Short name in the link"),
    "type": N_("Type"),
    "status": N_("Status"),
    "currency": N_("Currency"),
    "timezone": N_("Time zone"),
    "stamps_target": N_("Stamps on a full card"),
    "stamp_reward": N_("Reward"),
    "points_per_currency_unit": N_("Points per unit of money"),
    "minimum_purchase_minor": N_("Smallest purchase that earns points"),
    "minimum_redemption_points": N_("Fewest points that can be redeemed"),
    "welcome_stamps": N_("Stamps on a new card"),
    "welcome_points": N_("Points on a new card"),
    "cooldown_minutes": N_("Minutes between two stamps"),
    "max_daily_stamps": N_("Most stamps per day"),
    "pin_policy": N_("Staff PIN at the till"),
    "pin_max_attempts": N_("Wrong PINs before a person is locked"),
    "pin_lockout_minutes": N_("Minutes a person stays locked"),
    "void_policy": N_("When something already spent is taken back"),
    "self_enrollment": N_("Customers can join by themselves"),
    "terms_text": N_("Terms"),
    "branding": N_("Look"),
    "logo_url": N_("Logo"),
    "hero_url": N_("Wide picture"),
    "background_color": N_("Background"),
    "text_color": N_("Text"),
    "accent_color": N_("Stamps"),
    "barcode": N_("Code on the card"),
    "reward_name": N_("Name of the reward"),
    "reward_description": N_("About the reward"),
    "description": N_("Description"),
    "value_minor": N_("What it is worth"),
    "points_required": N_("Price in points"),
    "stock_left": N_("How many are left"),
    "per_card_limit": N_("How often one card can have it"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
}
_ACTIONS: Final = {
    "program.created": N_("Program created"),
    "program.updated": N_("Program changed"),
    "program.activated": N_("Opened for business"),
    "program.deactivated": N_("Switched off"),
    "program.logo_changed": N_("Logo changed"),
    "reward.created": N_("Reward added"),
    "reward.updated": N_("Reward changed"),
    "reward.archived": N_("Reward withdrawn"),
}
_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "type": TYPE_NAMES,
    "status": {status: name for status, (name, _) in STATUSES.items()},
    "pin_policy": PIN_POLICIES,
    "void_policy": VOID_POLICIES,
    "barcode": BARCODES,
}
_CREATING: Final = ("program.created", "reward.created", "reward.archived")


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One value that changed: what it is called, and how it was and is, in words."""

    label: str
    before: str
    after: str


def action_name(action: str) -> str:
    """Return what an audited action is called, a sentence of the catalogues."""
    return _ACTIONS.get(action, action)


def told_changes(event: AuditEvent, wording: Wording, currency: str) -> list[ToldChange]:
    """Return what an event of a program or a reward changed, document by document.

    Making something changes nothing: its values are what it has now, or the next event tells.
    """
    if event.action in _CREATING:
        return []
    old, new = dict(_flat(event.old or {})), dict(_flat(event.new or {}))
    tell = _Teller(wording, currency)
    return [
        ToldChange(tell.label(path), tell.value(path, old.get(path)), tell.value(path, after))
        for path in {**old, **new}
        if old.get(path) != (after := new.get(path))
    ]


def _flat(values: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[Any, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), value


@dataclass(frozen=True, slots=True)
class _Teller:
    wording: Wording
    currency: str

    def label(self, path: tuple[str, ...]) -> str:
        """Return what stands in this place of the document: `Name on the card (Deutsch)`."""
        language = LANGUAGE_NAMES.get(path[1]) if path[0] == "texts" and len(path) > 1 else None
        is_reward = path[0] == "stamp_reward" and path[-1] == "name"
        name = "reward_name" if is_reward else path[-1]
        label = self.wording.sentence(_LABELS.get(name, name))
        return f"{label} ({language})" if language else label

    def value(self, path: tuple[str, ...], value: Any) -> str:
        """Return a value as people say it."""
        name = path[-1]
        if value is None or value == "":
            return "–"
        if isinstance(value, bool):
            return self.wording.sentence(N_("yes") if value else N_("no"))
        if name in _CHOICES:
            return self.wording.sentence(_CHOICES[name].get(str(value), str(value)))
        if name.endswith("_minor"):
            return self.wording.money(int(value), self.currency)
        return self.wording.number(value) if isinstance(value, int) else str(value)
