"""What audited actions are called, and what they changed, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from punchcard.accounts.models import AuditEvent
from punchcard.accounts.vocabulary import SECURITY
from punchcard.accounts.words import ACTIONS, LANGUAGE_NAMES, SUBJECTS
from punchcard.kit.folding import fold_name
from punchcard.kit.i18n import N_
from punchcard.kit.ids import readable_number
from punchcard.web.pages import program_labels
from punchcard.web.pages.formatting import Wording
from punchcard.web.pages.labels import CARD_STATUSES, ROLES, SCOPES


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


_LABELS: Final[Mapping[str, str]] = {
    **program_labels.LABELS,
    "managers_need_second_factor": N_("Managers need a second factor"),
    "name": N_("Name"),
    "address": N_("Address"),
    "birthday": N_("Birthday"),
    "cards": N_("Cards"),
    "count": N_("How often"),
    "country": N_("Country"),
    "current": N_("Key in use"),
    "email": N_("E-mail"),
    "staff_id": N_("Staff number"),
    "staff_pin_id": N_("Staff"),
    "expires_at": N_("Valid until"),
    "failed_attempts": N_("Wrong PINs"),
    "fields": N_("Changed fields"),
    "first_at": N_("First"),
    "format": N_("Format"),
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
    "marketing_consent": N_("News and offers"),
    "number": N_("Card number"),
    "phone": N_("Phone"),
    "points": N_("Points"),
    "prefix": N_("Begins with"),
    "program_id": N_("Program"),
    "reason": N_("Reason"),
    "retired": N_("Keys retired"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "scopes": N_("Permissions"),
}
_CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    **program_labels.CHOICES,
    "status": {
        **dict(CARD_STATUSES),
        **{status: name for status, (name, _) in program_labels.STATUSES.items()},
        "active": N_("Active"),
        "suspended": N_("Suspended"),
    },
    "role": {role: name for role, name, _ in ROLES},
    "scopes": dict(SCOPES),
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
)
# What only software follows.
_HIDDEN: Final = frozenset({"transaction_id", "pairing_code_id", "generation", "refusal"})
_MOMENTS: Final = ("_at", "_until", "valid_from")
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

    `names` are what people call the things behind ids.
    """

    wording: Wording
    currency: str
    timezone: str
    names: Mapping[str, str] = field(default_factory=dict)

    def changes(self, event: AuditEvent) -> list[ToldChange]:
        """Return what an event changed, value by value; making something changes nothing."""
        if event.action in _CREATING:
            return []
        old, new = dict(_flat(event.old or {})), dict(_flat(event.new or {}))
        return [
            ToldChange(
                self._label(path),
                self._value(path, old[path]) if path in old else "",
                self._value(path, new[path]) if path in new else "",
            )
            for path in {**old, **new}
            if path[-1] not in _HIDDEN and _differs(old.get(path), new.get(path))
        ]

    def _label(self, path: tuple[str, ...]) -> str:
        """Return what stands in this place of the document: `Name on the card (Deutsch)`."""
        language = LANGUAGE_NAMES.get(path[1]) if path[0] == "texts" and len(path) > 1 else None
        is_reward = path[0] == "stamp_reward" and path[-1] == "name"
        label = self._label_of("reward_name" if is_reward else path[-1])
        return f"{label} ({language})" if language else label

    def _label_of(self, name: str) -> str:
        return self.wording.sentence(_LABELS.get(name, name))

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
        return self._number(name, value) if isinstance(value, int) else self._text(name, str(value))

    def _listed(self, name: str, values: list[Any]) -> str:
        if name == "cards":
            return self.wording.number(len(values))
        if name == "fields":
            return ", ".join(self._label_of(one.removeprefix("customer.")) for one in values)
        if name == "stamp_rewards":
            return ", ".join(f"{one['at']}: {one['name']}" for one in values)
        if name == "tiers":
            return ", ".join(f"{one['threshold']}: {one['name']}" for one in values)
        return ", ".join(self._text(name, str(one)) for one in values)

    def _number(self, name: str, value: int) -> str:
        if name.endswith("_minor"):
            return self.wording.money(value, self.currency)
        return self.wording.number(value)

    def _text(self, name: str, value: str) -> str:
        if name in _CHOICES:
            return self.wording.sentence(_CHOICES[name].get(value, value))
        if name == "number":
            return readable_number(value)
        if name in ("language", "locale"):
            return LANGUAGE_NAMES.get(value, value)
        if name.endswith("_id") and name != "staff_id":
            return self.names.get(value, _UNKNOWN)
        if name.endswith(_MOMENTS):
            return self.wording.moment(datetime.fromisoformat(value), self.timezone)
        return value


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
