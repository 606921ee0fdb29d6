"""What audited actions are called, and what they changed, in words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from punchcard.accounts.models import AuditEvent
from punchcard.accounts.vocabulary import SECURITY
from punchcard.accounts.words import (
    ACTIONS,
    LANGUAGE_NAMES,
    LIMIT_NAMES,
    SIGN_IN_WAYS,
    SUBJECTS,
)
from punchcard.kit.folding import fold_name
from punchcard.kit.i18n import N_
from punchcard.kit.ids import readable_number
from punchcard.loyalty.promotion_words import times_words
from punchcard.loyalty.vocabulary import TierBasis
from punchcard.web.pages.audit import changed_fields
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.labels import programs as program_labels
from punchcard.web.pages.labels.automations import CONDITION_FIELDS, CONDITION_SIGNS
from punchcard.web.pages.labels.cards import CARD_STATUSES
from punchcard.web.pages.labels.roles import ROLES, SCOPES


def action_choices(language: str) -> list[tuple[str, str]]:
    """Return each audited action and what it is called, in the order of the words.

    Before them stands what asks for all security events.
    """
    wording = Wording(language)
    told: dict[str, str] = {}
    for action, name in ACTIONS.items():
        words = wording.sentence(name)
        if list(ACTIONS.values()).count(name) > 1:
            # Admins and people of a shop do the same.
            words = f"{words} ({wording.sentence(SUBJECTS[action.split('.')[0]])})"
        told[action] = words
    ordered = sorted(told.items(), key=lambda choice: fold_name(choice[1]) or "")
    return [(SECURITY, wording.sentence(N_("All security events"))), *ordered]


LABELS: Final[Mapping[str, str]] = {
    **program_labels.LABELS,
    "domain": N_("Domain"),
    "own_domain": N_("Shops may have a domain of their own"),
    "white_label": N_("Customers’ pages of these shops do not name Punchcard"),
    "reply_to": N_("Answers to your mails go to"),
    **changed_fields.LABELS,
    **LIMIT_NAMES,
    "managers_need_second_factor": N_("Managers need a second factor"),
    "name": N_("Name"),
    "address": N_("Address"),
    "amount_minor": N_("Amount"),
    "birthday": N_("Birthday"),
    "card_id": N_("Card"),
    "cards": N_("Cards"),
    "count": N_("How often"),
    "country": N_("Country"),
    "current": N_("Key in use"),
    "due_at": N_("Due"),
    "email": N_("E-mail"),
    "entries": N_("Entries"),
    "staff_id": N_("Staff number"),
    "staff_pin_id": N_("Staff"),
    "expires_at": N_("Valid until"),
    "failed_attempts": N_("Wrong PINs"),
    "fields": N_("Changed fields"),
    "first_at": N_("First"),
    "format": N_("Format"),
    "from_card_id": N_("Card"),
    "is_default": N_("New vendors get this plan"),
    "is_verified": N_("Confirmed"),
    "keeps_origins": N_("Keep from which address and device each entry came"),
    "language": N_("Language"),
    "last_at": N_("Last"),
    "latitude": N_("Latitude"),
    "locale": N_("Language of the card"),
    "location_id": N_("Location"),
    "locked_until": N_("Locked until"),
    "locks": N_("Locks in a row"),
    "longitude": N_("Longitude"),
    "made_at": N_("Date"),
    "marketing_consent": N_("News and offers"),
    "number": N_("Card number"),
    "order": N_("Order"),
    "phone": N_("Phone"),
    "plan_id": N_("Plan"),
    "points": N_("Points"),
    "prefix": N_("Begins with"),
    "program_id": N_("Program"),
    "reason": N_("Reason"),
    "reference": N_("Reference"),
    "retired": N_("Keys retired"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "scopes": N_("Permissions"),
    "signed_by": N_("Signed by"),
    "until": N_("Until"),
    "way": N_("How"),
}
"""What each value is called, by its name."""

_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    **program_labels.CHOICES,
    **changed_fields.CHOICES,
    "status": {
        **changed_fields.CHOICES["status"],
        **dict(CARD_STATUSES),
        **{status: name for status, (name, _) in program_labels.STATUSES.items()},
        "active": N_("Active"),
        "suspended": N_("Suspended"),
    },
    "role": {role: name for role, name, _ in ROLES},
    "scopes": dict(SCOPES),
    "way": SIGN_IN_WAYS,
}
# What something has when it is made would fill a page, and the next event tells what it had.
_CREATING: Final = (
    "automation.created",
    "automation.deleted",
    "program.created",
    "program.deleted",
    "promotion.created",
    "promotion.deleted",
    "reward.created",
    "reward.archived",
    "reward.restored",
    "webhook_endpoint.created",
    "webhook_endpoint.deleted",
)
# What only software follows.
HIDDEN: Final = frozenset(
    {
        "bytes",
        "generation",
        "pairing_code_id",
        "refusal",
        "segment_id",
        "sha256",
        "transaction_id",
    }
)
_MOMENTS: Final = ("_at", "until", "valid_from", "since")
_UNKNOWN: Final = "–"
_NOTHING: Final[tuple[Any, ...]] = (None, "", [])


@dataclass(frozen=True, slots=True)
class ToldChange:
    """One value that changed: what it is called, and how it was and is, in words.

    `before` is empty where there was none before, `after` where there is none now.
    """

    label: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeTeller:
    """Tells what events changed: money in `currency`, moments as the clocks of `timezone` show.

    `names` are what people call the things behind ids, `tiers` what they call those behind keys.
    Tiers begin at what `tier_basis` counts, where the event does not say otherwise.
    """

    wording: Wording
    currency: str
    timezone: str
    names: Mapping[str, str] = field(default_factory=dict)
    tier_basis: str | None = None
    tiers: Mapping[str, str] = field(default_factory=dict)

    def changes(self, event: AuditEvent) -> list[ToldChange]:
        """Return what an event changed, value by value; making something changes nothing."""
        if event.action in _CREATING:
            return []
        old, new = dict(_flat(event.old or {})), dict(_flat(event.new or {}))
        before, after = self._with_basis(old), self._with_basis(new)
        return [
            ToldChange(
                self._label(path),
                before._value(path, old[path]) if path in old else "",
                after._value(path, new[path]) if path in new else "",
            )
            for path in {**old, **new}
            if path[-1] not in HIDDEN and _differs(old.get(path), new.get(path))
        ]

    def _with_basis(self, values: Mapping[tuple[str, ...], Any]) -> "ChangeTeller":
        return replace(self, tier_basis=values.get(("tier_basis",), self.tier_basis))

    def _label(self, path: tuple[str, ...]) -> str:
        """Return what stands in this place of the document: `Name on the card (Deutsch)`."""
        language = LANGUAGE_NAMES.get(path[1]) if path[0] == "texts" and len(path) > 1 else None
        is_reward = path[0] == "stamp_reward" and path[-1] == "name"
        placed = changed_fields.PLACED_LABELS.get((path[0], path[-1]))
        if placed:
            return self.wording.sentence(placed)
        label = self._label_of("reward_name" if is_reward else path[-1])
        if path[0] == "referral" and path[1:2] and path[1] in changed_fields.SIDES:
            side = self.wording.sentence(changed_fields.SIDES[path[1]])
            return self.wording.sentence(N_("{name}: {value}"), name=side, value=label)
        return f"{label} ({language})" if language else label

    def _label_of(self, name: str) -> str:
        return self.wording.sentence(LABELS.get(name, name))

    def _value(self, path: tuple[str, ...], value: Any) -> str:
        """Return a value as people say it."""
        name = path[-1]
        if name == "program_id" and value is None:
            return self.wording.sentence(N_("all programs"))
        if value in _NOTHING:
            return _UNKNOWN
        if isinstance(value, list):
            return self._listed(name, value)
        if isinstance(value, bool):
            return self.wording.sentence(N_("yes") if value else N_("no"))
        placed = changed_fields.PLACED_CHOICES.get((path[0], name), {})
        if value in placed:
            return self.wording.sentence(placed[value])
        return self._number(name, value) if isinstance(value, int) else self._text(name, str(value))

    def _listed(self, name: str, values: list[Any]) -> str:
        if name == "cards":
            return self.wording.number(len(values))
        if name == "fields":
            return ", ".join(self._label_of(one.removeprefix("customer.")) for one in values)
        if name == "windows":
            return times_words(values, self.wording.language)
        if name == "stamp_rewards":
            return ", ".join(f"{one['at']}: {one['name']}" for one in values)
        written: Mapping[str, Callable[[Any], str]] = {
            "tiers": self._tier,
            "conditions": self._condition,
            "stamps_per_item": lambda one: f"{one['sku']} = {one['stamps']}",
            "location_ids": lambda one: self.names.get(one, _UNKNOWN),
        }
        if name in written:
            return ", ".join(written[name](one) for one in values)
        return ", ".join(self._text(name, str(one)) for one in values)

    def _tier(self, tier: Mapping[str, Any]) -> str:
        """Return where a tier begins, what it is called and what it gives."""
        begins = tier["threshold"]
        is_money = self.tier_basis == TierBasis.SPEND_MINOR
        told = self.wording.money(begins, self.currency) if is_money else str(begins)
        factor = Decimal(tier.get("earn_factor") or 1)
        times = f" × {self.wording.number(factor)}" if factor != 1 else ""
        gifts = "".join(f" + {self.names.get(one, _UNKNOWN)}" for one in tier.get("grants") or ())
        return f"{told}: {tier['name']}{times}{gifts}"

    def _condition(self, condition: Mapping[str, Any]) -> str:
        """Return what is asked of a card: "Visits in the last year ≥ 3"."""
        field_name, sign = condition["field"], CONDITION_SIGNS[condition["op"]]
        label = self.wording.sentence(CONDITION_FIELDS[field_name])
        return f"{label} {sign} {self._value((field_name,), condition['value'])}"

    def _number(self, name: str, value: int) -> str:
        if name.endswith("_minor"):
            return self.wording.money(value, self.currency)
        return self.wording.number(value)

    def _text(self, name: str, value: str) -> str:
        if name in _CHOICES:
            return self.wording.sentence(_CHOICES[name].get(value, value))
        if name in ("language", "locale"):
            return LANGUAGE_NAMES.get(value, value)
        if name in ("tier", "tier_keys"):
            return self.tiers.get(value, value)
        if name.endswith("_id") and name != "staff_id":
            return self.names.get(value, _UNKNOWN)
        if name.endswith(_MOMENTS):
            return self.wording.moment(datetime.fromisoformat(value), self.timezone)
        written = {
            "number": self._card_number,
            "factor": lambda text: self.wording.number(Decimal(text)),
            "starts_on": self._day,
            "ends_on": self._day,
        }.get(name)
        return written(value) if written else value

    def _card_number(self, text: str) -> str:
        return readable_number(text)

    def _day(self, text: str) -> str:
        return self.wording.day(date.fromisoformat(text))


def _differs(old: Any, new: Any) -> bool:
    return old != new and not (old in _NOTHING and new in _NOTHING)


def _flat(
    values: Mapping[str, Any], above: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, (*above, name))
        else:
            yield (*above, name), value
