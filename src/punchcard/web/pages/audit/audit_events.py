"""The audit trail in the reader's language: who did what, to what, and what that changed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, true
from sqlalchemy.orm import Session

from punchcard.accounts import audit_service
from punchcard.accounts.export_files import EXPORT, TITLES
from punchcard.accounts.models import Admin, ApiKey, AuditEvent, Device, Location, User, Vendor
from punchcard.accounts.plans.models import Plan
from punchcard.accounts.vocabulary import EVENTS_BY_ACTION, SubjectKind
from punchcard.accounts.words import ACTIONS, ACTORS, SUBJECTS
from punchcard.connect.claims.models import ReceiptClaim, ReceiptKey
from punchcard.connect.imports.models import CardImport
from punchcard.connect.models import WebhookEndpoint
from punchcard.engage.models import Automation
from punchcard.kit.ids import CardId
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.models import LoyaltyProgram, Reward, StaffPin
from punchcard.loyalty.promotion_models import Promotion
from punchcard.web.pages.audit.audit_labels import ChangeTeller, ToldChange
from punchcard.web.pages.formatting import Wording

_NAMED: Final[Mapping[str, tuple[Any, Any]]] = {
    **{
        kind: (table.id, table.name)
        for kind, table in (
            ("admin", Admin),
            ("api_key", ApiKey),
            ("automation", Automation),
            ("device", Device),
            ("import", CardImport),
            ("location", Location),
            ("member", User),
            ("plan", Plan),
            ("program", LoyaltyProgram),
            ("promotion", Promotion),
            ("receipt_key", ReceiptKey),
            ("reward", Reward),
            ("staff_pin", StaffPin),
            ("vendor", Vendor),
        )
    },
    "webhook_endpoint": (
        WebhookEndpoint.id,
        func.coalesce(func.nullif(WebhookEndpoint.description, ""), WebhookEndpoint.url),
    ),
}
"""By what an id is of: the id, and what people call it."""
_OF_PROGRAMS: Final[Mapping[str, tuple[Any, Any]]] = {
    "program": (LoyaltyProgram.id, true()),
    "reward": (Reward.id, Reward.program_id == LoyaltyProgram.id),
    "promotion": (Promotion.id, Promotion.program_id == LoyaltyProgram.id),
    "automation": (Automation.id, Automation.program_id == LoyaltyProgram.id),
    "receipt": (ReceiptClaim.id, ReceiptClaim.program_id == LoyaltyProgram.id),
}
"""What is of a program: its id, and how the program is found."""


@dataclass(frozen=True, slots=True)
class _Terms:
    """In which currency a program counts, what its tiers count, and their names by key."""

    currency: str = "EUR"
    tier_basis: str | None = None
    tiers: Mapping[str, str] = field(default_factory=dict)


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
    programs = _programs(session, events)
    origins = audit_service.origins_of(session, events)

    def told(event: AuditEvent) -> ToldEvent:
        terms = programs.get(event.subject_id or "", _Terms())
        teller = ChangeTeller(
            wording=wording,
            currency=terms.currency,
            timezone=timezone,
            names=names,
            tier_basis=terms.tier_basis,
            tiers=terms.tiers,
        )
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
    """Return what the things that these events speak of are called, by id.

    Of another vendor none has a name here, should an event hold its id.
    """
    events = list(events)
    vendors = {event.vendor_id for event in events}
    ids: dict[str, set[str]] = {}
    for event in events:
        ids.setdefault(event.subject_kind, set()).add(event.subject_id or "")
        for kind, one in _ids_in({"": event.old or {}, " ": event.new or {}}):
            ids.setdefault(kind, set()).add(one)
    names: dict[str, str] = {}
    for kind, (key, name) in _NAMED.items():
        if kind in ids:
            query = select(key, name).where(key.in_(ids[kind]))
            owner = getattr(key.class_, "vendor_id", None)
            if owner is not None and None not in vendors:
                query = query.where(owner.in_(vendors))
            names.update(dict(session.execute(query).all()))
    if shows_customers:
        names.update(card_service.card_labels(session, set(map(CardId, ids.get("card", ())))))
    return names


def _ids_in(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield every id that stands anywhere in values, with the kind of what it names."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _ids_in(value)
        elif name.endswith("_id") and isinstance(value, str):
            yield "card" if name.endswith("card_id") else name.removesuffix("_id"), value
        elif name == "conditions":
            for condition in value or ():
                yield from _ids_in({condition["field"]: condition["value"]})
        elif name == "tiers":
            for tier in value or ():
                yield from (("reward", one) for one in tier.get("grants") or ())
        elif name.endswith("_ids"):
            yield from ((name.removesuffix("_ids"), one) for one in value or ())


def _programs(session: Session, events: Iterable[AuditEvent]) -> dict[str, _Terms]:
    """Return the terms of programs by their own ids, and by those of what is of them."""
    wanted = {event.subject_id for event in events if event.subject_kind in _OF_PROGRAMS}
    if not wanted:
        return {}
    found: dict[str, _Terms] = {}
    for of, belongs in _OF_PROGRAMS.values():
        query = select(of, LoyaltyProgram).where(belongs, of.in_(wanted))
        for subject_id, program in session.execute(query):
            tiers = {tier["key"]: tier["name"] for tier in program.tiers or ()}
            found[subject_id] = _Terms(program.currency, program.tier_basis, tiers)
    return found
