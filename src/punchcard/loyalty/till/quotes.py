"""Quotes: what a purchase would earn now, by the same rules as the till's; nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row

from punchcard.accounts.errors import LocationNotFound
from punchcard.db.database import Database
from punchcard.kit.errors import DomainError, Kind
from punchcard.kit.ids import CardId, ProgramId
from punchcard.kit.secrets import hash_token
from punchcard.loyalty.cards.card_queries import card_query
from punchcard.loyalty.cards.external_codes import cards_by_code
from punchcard.loyalty.cards.merges.merged_cards import led_on
from punchcard.loyalty.cards.retired_cards import card_of_retired_code
from punchcard.loyalty.errors.cards import CardCodeAmbiguous, CardNotFound, CardWasReplaced
from punchcard.loyalty.operations import CardKey, CardOperation
from punchcard.loyalty.programs.rules_loader import ProgramCache, load_rules
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.lots import pending_in
from punchcard.loyalty.rules.values import NO_HISTORY, CardState, EntryDraft, ProgramRules
from punchcard.loyalty.tables import CARDS
from punchcard.loyalty.till.batch_budgets import left_of_budgets
from punchcard.loyalty.till.held_card import HeldCard, held_card
from punchcard.loyalty.till.looks.batch_history import NamedEntries, Sight
from punchcard.loyalty.till.looks.histories import history_of
from punchcard.loyalty.till.looks.till_queries import open_locations
from punchcard.loyalty.till.reference_claims import already_claimed, claims_in_use, claims_of
from punchcard.loyalty.vocabulary import PartKind, PinPolicy

_TOLD: Final = (Kind.REFUSED, Kind.CONFLICT)
"""Refusals that are an answer; others say that the question was none."""


class Quote(NamedTuple):
    """What a purchase would earn, and its parts, which add up to it; or what refuses it."""

    points: int = 0
    stamps: int = 0
    parts: Sequence[Mapping[str, Any]] = ()
    refused_by: str | None = None


def quote(
    database: Database, programs: ProgramCache, operation: CardOperation, now: datetime
) -> Quote:
    """Return what `operation` would earn at `now`; who stands at the till is not asked.

    `programs` are the till's, as fresh as the card's row says. Raises CardNotFound,
    CardWasReplaced, LocationNotFound, InvalidInput.
    """
    with database.snapshot() as connection:
        card = _card(connection, programs, operation)
        try:
            return _quoted(connection, operation, card, now)
        except DomainError as refusal:
            if refusal.kind not in _TOLD:
                raise
            return Quote(refused_by=refusal.code)


def quote_on_new_card(
    database: Database, operation: CardOperation, program_id: ProgramId, now: datetime
) -> Quote:
    """Return what `operation` would earn on a card of the program that was opened for it.

    Without a welcome bonus: what else a new card gets is no matter of a purchase.
    """
    with database.snapshot() as connection:
        _, program = load_rules(connection, [program_id])[program_id]
        program = replace(program, pin_policy=PinPolicy.OFF)
        history = NO_HISTORY
        if program.promotions:
            history = replace(history, budgets=left_of_budgets(connection, program))
        try:
            _check_claims(connection, operation, program)
            decision = decide(operation, program, CardState(id=CardId("")), now, history)
        except DomainError as refusal:
            if refusal.kind not in _TOLD:
                raise
            return Quote(refused_by=refusal.code)
        return _told(decision.steps[decision.main][0])


def _quoted(
    connection: Connection, operation: CardOperation, card: HeldCard, now: datetime
) -> Quote:
    _check_claims(connection, operation, card.program)
    history = history_of(operation, Sight(lambda _: connection, card, {}, now, NamedEntries(())))
    if card.program.promotions:
        history = replace(history, budgets=left_of_budgets(connection, card.program))
    decision = decide(operation, card.program, card.state, now, history)
    return _told(decision.steps[decision.main][0])


def _told(draft: EntryDraft) -> Quote:
    details = draft.details or {}
    points = draft.points_delta + pending_in(details.get("lots", ()))
    base = {"kind": PartKind.BASE, "points": points, "stamps": draft.stamps_delta}
    return Quote(points, draft.stamps_delta, details.get("parts") or [base])


def _check_claims(connection: Connection, operation: CardOperation, program: ProgramRules) -> None:
    claims = claims_of(operation, program.id)
    for claim, used_by in claims_in_use(connection, claims).items():
        raise already_claimed(claim, used_by)


def _card(connection: Connection, programs: ProgramCache, operation: CardOperation) -> HeldCard:
    row = _row(connection, operation)
    if row is not None and operation.card.key != CardKey.ID:
        for leads in led_on(connection, [row]).values():
            row = connection.execute(card_query().where(CARDS.c.id == leads)).one()
    if row is None or row.vendor_id != operation.vendor_id:
        if card_of_retired_code(connection, operation.vendor_id, operation.card):
            raise CardWasReplaced
        raise CardNotFound
    place = operation.location_id
    pair = (operation.vendor_id, place)
    if place is not None and pair not in open_locations(connection, [(pair[0], place)]):
        raise LocationNotFound
    stamp = (row.program_version, row.program_updated_at)
    program = programs.get(row.program_id, stamp)
    if program is None:
        program = programs.load(connection, [row.program_id])[row.program_id]
    return held_card(row, replace(program, pin_policy=PinPolicy.OFF))


def _row(connection: Connection, operation: CardOperation) -> Row[Any] | None:
    ref, vendor_id = operation.card, operation.vendor_id
    columns: dict[str, ColumnElement[bool]] = {
        CardKey.ID: CARDS.c.id == ref.value,
        CardKey.NUMBER: CARDS.c.number == ref.value,
    }
    named = columns.get(ref.key)
    if named is None:
        named = CARDS.c.token_hash == hash_token(ref.value)
    row = connection.execute(card_query().where(named)).one_or_none()
    if row is not None:
        return row
    coded = cards_by_code(connection, {(vendor_id, ref.value)}).get((vendor_id, ref.value), [])
    if len(coded) > 1:
        raise CardCodeAmbiguous
    return connection.execute(card_query().where(CARDS.c.id.in_(coded))).one_or_none()
