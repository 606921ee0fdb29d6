"""The audit trail in the reader's language: who did what, to what, and what that changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service
from punchcard.accounts.export_files import EXPORT, TITLES
from punchcard.accounts.models import Admin, ApiKey, AuditEvent, Device, Location, User, Vendor
from punchcard.accounts.vocabulary import EVENTS_BY_ACTION, SubjectKind
from punchcard.accounts.words import ACTIONS, ACTORS, SUBJECTS
from punchcard.engage.models import Automation
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.promotion_models import Promotion
from punchcard.web.pages.audit_labels import ChangeTeller, ToldChange
from punchcard.web.pages.formatting import Wording

_NAMED: Final[Mapping[str, Any]] = {
    "admin": Admin,
    "api_key": ApiKey,
    "automation": Automation,
    "device": Device,
    "location": Location,
    "member": User,
    "program": LoyaltyProgram,
    "promotion": Promotion,
    "reward": Reward,
    "staff_pin": StaffPin,
    "vendor": Vendor,
}
_DEFAULT_CURRENCY: Final = "EUR"


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """One event in words; `of` names what was acted upon, empty where the rest says it.

    `address` is where it came from, empty where that is not known, or not known any more.
    """

    at: datetime
    who: str
    what: str
    of: str
    address: str
    changes: Sequence[ToldChange]


def told_events(
    session: Session,
    events: Sequence[AuditEvent],
    language: str,
    *,
    timezone: str,
    shows_customers: bool,
) -> list[ToldEvent]:
    """Return the events in words, moments as the clocks of `timezone` show them.

    With `shows_customers` a card is called by its holder; admins of the platform see none of them.
    """
    wording = Wording(language)
    actors = audit_service.actor_names(session, events)
    names = _names(session, events, shows_customers=shows_customers)
    currencies = _currencies(session, events)
    origins = audit_service.origins_of(session, events)

    def told(event: AuditEvent) -> ToldEvent:
        currency = currencies.get(event.subject_id or "", _DEFAULT_CURRENCY)
        teller = ChangeTeller(wording=wording, currency=currency, timezone=timezone, names=names)
        return ToldEvent(
            at=event.created_at,
            who=actors.get(event.actor_id or "") or _kind_of(event, wording),
            what=wording.sentence(ACTIONS.get(event.action, event.action)),
            of=_name_of(event, names, wording),
            address=origins[event.id].address if event.id in origins else "",
            changes=teller.changes(event),
        )

    return [told(event) for event in events]


def _kind_of(event: AuditEvent, wording: Wording) -> str:
    """Return what an actor without a name is called; who was turned away is no customer yet."""
    known = EVENTS_BY_ACTION.get(event.action)
    if event.actor_kind == SubjectKind.NOBODY and known is not None and known.is_refusal:
        return wording.sentence(SUBJECTS["nobody"])
    return wording.sentence(ACTORS.get(event.actor_kind, event.actor_kind))


def _name_of(event: AuditEvent, names: Mapping[str, str], wording: Wording) -> str:
    if event.subject_kind == EXPORT and event.subject_id in TITLES:
        return wording.sentence(TITLES[event.subject_id])
    if event.subject_id == event.actor_id:
        return ""
    recorded = (event.old or {}).get("name") or (event.new or {}).get("name") or ""
    return names.get(event.subject_id or "") or str(recorded)


def _names(
    session: Session, events: Iterable[AuditEvent], *, shows_customers: bool
) -> dict[str, str]:
    """Return what the things that these events speak of are called, by id."""
    ids: dict[str, set[str]] = {}
    for event in events:
        ids.setdefault(event.subject_kind, set()).add(event.subject_id or "")
        for name, value in [*(event.old or {}).items(), *(event.new or {}).items()]:
            if name.endswith("_id") and isinstance(value, str):
                ids.setdefault(name.removesuffix("_id"), set()).add(value)
    names: dict[str, str] = {}
    for kind, table in _NAMED.items():
        if kind in ids:
            found = session.execute(select(table.id, table.name).where(table.id.in_(ids[kind])))
            names.update({row.id: row.name for row in found})
    if shows_customers:
        names.update(card_service.card_labels(session, set(map(CardId, ids.get("card", ())))))
    return names


def _currencies(session: Session, events: Iterable[AuditEvent]) -> dict[str, str]:
    """Return in which currency a program or reward counts, by its id."""
    wanted = {event.subject_id for event in events if event.subject_kind in ("program", "reward")}
    if not wanted:
        return {}
    programs = select(LoyaltyProgram.id, LoyaltyProgram.currency)
    rewards = select(Reward.id, LoyaltyProgram.currency).join(
        LoyaltyProgram, LoyaltyProgram.id == Reward.program_id
    )
    rows = [
        *session.execute(programs.where(LoyaltyProgram.id.in_(wanted))),
        *session.execute(rewards.where(Reward.id.in_(wanted))),
    ]
    return {row[0]: row[1] for row in rows}
