"""Enrolment inside the till's batch: a new card, and the customer it belongs to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row

from punchcard.kit.clock import Clock
from punchcard.kit.folding import fold_name
from punchcard.kit.ids import (
    CARD_TOKEN_BYTES,
    CardId,
    CustomerId,
    Ids,
    LocationId,
    ProgramId,
    VendorId,
)
from punchcard.kit.secrets import Sealer, hash_token
from punchcard.loyalty.cards import card_queries
from punchcard.loyalty.cards.card_queries import WalletColumns
from punchcard.loyalty.errors.cards import CardAlreadyExists, ContactConflict
from punchcard.loyalty.errors.programs import ProgramNotFound
from punchcard.loyalty.ledger.entry import FIRST_HASH
from punchcard.loyalty.operations import NewCustomer, OpenCard
from punchcard.loyalty.programs.rules_loader import ProgramCache
from punchcard.loyalty.rules.values import CardState, ProgramRules
from punchcard.loyalty.till.held_card import HeldCard
from punchcard.loyalty.till.looks.till_queries import program_stamp

_TOLD: Final = tuple(one.name for one in fields(NewCustomer))
"""What is told of a new customer; `asdict` would ask each value what it is."""


@dataclass(frozen=True, slots=True)
class TillDependencies:
    """What a batch works with, handed in by the till."""

    clock: Clock
    ids: Ids
    sealer: Sealer
    programs: ProgramCache
    wallet_columns: Callable[[], WalletColumns] = tuple


@dataclass(slots=True)
class ProgramsToOpen:
    """The programs that cards of a batch are opened in; each is asked for once."""

    connection: Connection
    dependencies: TillDependencies
    _known: dict[tuple[VendorId, ProgramId], tuple[ProgramRules, bool]] = field(
        default_factory=dict
    )

    def of(self, operation: OpenCard) -> tuple[ProgramRules, bool]:
        """Return the program and whether its vendor keeps origins. Raises ProgramNotFound."""
        pair = (operation.vendor_id, operation.program_id)
        if pair not in self._known:
            stamp = program_stamp(self.connection, *pair)
            if stamp is None:
                raise ProgramNotFound
            programs = self.dependencies.programs
            program = programs.get(operation.program_id, (stamp.version, stamp.updated_at))
            if program is None:
                loaded = programs.load(self.connection, [operation.program_id])
                program = loaded[operation.program_id]
            self._known[pair] = (program, stamp.keeps_origins)
        return self._known[pair]


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card that is to be written, and its customer: a new row, or more facts for a known one."""

    card_id: CardId
    number: str
    token: str
    token_sealed: bytes
    locale: str | None
    location_id: LocationId | None
    customer_id: CustomerId | None
    new_customer: dict[str, Any] | None
    customer_facts: dict[str, Any]
    customer_shown: dict[str, Any] | None
    is_mailed: bool = True
    external_code: str | None = None


def vouched_contact(operation: OpenCard) -> tuple[VendorId, str | None, str | None] | None:
    """Return the contact by which an enrolment's customer may be known, if the vendor vouches."""
    told = operation.customer
    if told is None or not operation.is_vouched or not (told.email or told.phone):
        return None
    return operation.vendor_id, told.email, told.phone


def prepare_card(
    connection: Connection,
    operation: OpenCard,
    card_id: CardId,
    dependencies: TillDependencies,
    now: datetime,
    *,
    customers: Sequence[Row[Any]],
) -> NewCard:
    """Return the new card's row; its number and token are drawn here, anew for each attempt.

    `customers` are those known by its `vouched_contact`, locked.
    Raises CardAlreadyExists or ContactConflict for a contact the vendor vouches for.
    """
    told = operation.customer
    known = _known_customer(connection, operation, customers)
    row = None
    if told is not None and known is None:
        row = _customer_row(operation, told, CustomerId(dependencies.ids.new_id()), now)
    facts = _missing_facts(known, told) if known is not None and told is not None else {}
    customer_id = known.id if known is not None else row["id"] if row else None
    token = dependencies.ids.new_token(CARD_TOKEN_BYTES)
    return NewCard(
        card_id=card_id,
        number=dependencies.ids.new_card_number(),
        token=token,
        token_sealed=dependencies.sealer.seal(token.encode(), card_id),
        locale=operation.locale or (told.locale if told else None),
        location_id=operation.location_id,
        customer_id=customer_id,
        new_customer=row,
        customer_facts=facts,
        customer_shown=_shown(known, row, facts),
        is_mailed=operation.is_mailed,
        external_code=operation.external_code,
    )


def card_codes(new: NewCard) -> dict[str, Any]:
    """Return the columns that find a card by its number and its token."""
    return {
        "number": new.number,
        "token_hash": hash_token(new.token),
        "token_sealed": new.token_sealed,
        "external_code": new.external_code,
    }


def _known_customer(
    connection: Connection, operation: OpenCard, found: Sequence[Row[Any]]
) -> Row[Any] | None:
    if len(found) > 1:
        raise ContactConflict
    if not found:
        return None
    held = card_queries.card_held(connection, operation.program_id, found[0].id)
    if held is not None:
        raise CardAlreadyExists(card_id=held)
    return found[0]


def _customer_row(
    operation: OpenCard, told: NewCustomer, customer_id: CustomerId, now: datetime
) -> dict[str, Any]:
    facts = {name: getattr(told, name) for name in _TOLD}
    accepted_terms = facts.pop("accepted_terms")
    agreed_at = facts.pop("marketing_consent_at") or now
    return {
        **facts,
        "id": customer_id,
        "vendor_id": operation.vendor_id,
        "name_folded": fold_name(told.name),
        "is_verified": operation.is_vouched and bool(told.email or told.phone),
        "birthday_set_at": now if told.birthday else None,
        "marketing_consent_at": agreed_at if told.marketing_consent else None,
        "terms_accepted_at": now if accepted_terms else None,
        "created_at": now,
        "updated_at": now,
    }


def _missing_facts(known: Row[Any], told: NewCustomer) -> dict[str, Any]:
    """Return what was told now and not known before; nothing known is overwritten."""
    names = ("name", "email", "phone", "birthday", "locale")
    facts = {
        name: getattr(told, name)
        for name in names
        if getattr(told, name) is not None and getattr(known, name) is None
    }
    if "name" in facts:
        facts["name_folded"] = fold_name(told.name)
    return facts


def _shown(
    known: Row[Any] | None, row: dict[str, Any] | None, facts: dict[str, Any]
) -> dict[str, Any] | None:
    source = {**known._mapping, **facts} if known is not None else row
    if source is None:
        return None
    names = ("id", "name", "email", "phone", "birthday", "locale", "marketing_consent")
    return {name: source[name] for name in names}


def fresh_card(new: NewCard, program: ProgramRules, state: CardState, *, keeps: bool) -> HeldCard:
    """Return the till's hold of a card that is opened just now, before its first entry."""
    return HeldCard(
        state=state,
        read=state,
        program=program,
        number=new.number,
        token_sealed=new.token_sealed,
        token_hash=hash_token(new.token),
        customer=new.customer_shown,
        sequence=0,
        head_hash=FIRST_HASH,
        keeps_origins=keeps,
        external_code=new.external_code,
    )
