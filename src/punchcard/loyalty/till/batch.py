"""One batch of the till: operations that share one transaction, each decided on its own."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from punchcard.accounts.errors import LocationNotFound
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, LocationId, ReferralId, RewardId, VendorId
from punchcard.loyalty.cards.retired_cards import card_of_retired_code
from punchcard.loyalty.errors.cards import CardCodeAmbiguous, CardNotFound, CardWasReplaced
from punchcard.loyalty.errors.till import IdempotencyKeyReused, TransactionNotFound
from punchcard.loyalty.ledger.entry import make_entry
from punchcard.loyalty.ledger.entry_events import happened_by
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import (
    Actor,
    AdjustPoints,
    CardKey,
    CardOperation,
    CardRef,
    EntryOperation,
    OpenCard,
    Operation,
    ReleaseExpired,
    ReplayOnly,
    VoidEntry,
)
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.promises.reservation_rules import has_expired
from punchcard.loyalty.rules.reward_rules import AS_OFFERED, Shelf, wants_shelf
from punchcard.loyalty.rules.values import (
    NO_HISTORY,
    CardState,
    Decision,
    History,
    RewardState,
)
from punchcard.loyalty.tables import EntryRow
from punchcard.loyalty.till.batch_locks import BatchLocks, BatchWaiting
from punchcard.loyalty.till.batch_shelves import BatchShelves
from punchcard.loyalty.till.batch_writes import BatchWrites, adjustment_event
from punchcard.loyalty.till.enrolment import (
    ProgramsToOpen,
    TillDependencies,
    fresh_card,
    prepare_card,
    vouched_contact,
)
from punchcard.loyalty.till.held_card import HeldCard
from punchcard.loyalty.till.looks import till_queries as queries
from punchcard.loyalty.till.looks.batch_claims import BatchClaims
from punchcard.loyalty.till.looks.batch_history import NamedEntries, Sight, is_stamp_of_now
from punchcard.loyalty.till.looks.histories import history_of
from punchcard.loyalty.till.looks.replays import replayed
from punchcard.loyalty.till.merges.pairs import moved_two
from punchcard.loyalty.till.promises.grant_history import promised_rewards
from punchcard.loyalty.till.promises.referral_rows import referral_row
from punchcard.loyalty.till.receipt import Receipt, response_facts
from punchcard.loyalty.till.reference_claims import Claim, claims_any, claims_of, claims_of_past
from punchcard.loyalty.vendor_events import event_row
from punchcard.loyalty.vocabulary import ActorKind, CardStatus

Outcome = Receipt | DomainError
_MAY_MOVE_TWO: Final = (MergeCards, VoidEntry)


class _Deferred(Exception):
    """The operation must see entries of this very batch in the ledger: it waits for the next."""


@dataclass(slots=True)
class Batch:
    """Decides operations one after another over cards it has locked, then writes them as sets.

    A card may appear several times: each operation sees the card as the one before left it. Only
    those that must look into the ledger for a card already moved in this batch wait for the next.
    """

    connection: Connection
    dependencies: TillDependencies
    now: datetime = field(init=False)
    cards: dict[CardRef, HeldCard] = field(init=False)
    writes: BatchWrites = field(init=False, default_factory=BatchWrites)
    targets: dict[tuple[VendorId, EntryId], queries.EntryTarget] = field(init=False)
    rewards: dict[tuple[VendorId, RewardId], RewardState] = field(init=False)
    keys: dict[tuple[VendorId, str], tuple[EntryId | None, bytes | None]] = field(
        init=False, default_factory=dict
    )
    claims: BatchClaims = field(init=False)
    locations: set[tuple[VendorId, LocationId]] = field(init=False, default_factory=set)
    receipts: dict[tuple[VendorId, str], Receipt] = field(init=False, default_factory=dict)
    opening: ProgramsToOpen = field(init=False)
    locks: BatchLocks = field(init=False)
    waiting: BatchWaiting = field(init=False)
    shelves: BatchShelves = field(init=False)
    named: NamedEntries = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing locked."""
        self.claims = BatchClaims(self.writes)
        self.locks = BatchLocks(self.connection, self.dependencies)
        self.waiting = BatchWaiting(self.locks)
        self.shelves = BatchShelves(self.connection)
        self.opening = ProgramsToOpen(self.connection, self.dependencies)

    def lock(
        self, operations: Sequence[Operation], *, waits: bool = False, looks_closer: bool = False
    ) -> None:
        """Lock what `operations` need; see BatchLocks for what is locked by others."""
        self.locks.lock(operations, waits=waits, looks_closer=looks_closer)
        self.now, self.cards = self.locks.now, self.locks.cards
        self.targets, self.rewards = self.locks.targets, self.locks.rewards
        self.named = NamedEntries(self.targets)
        self.writes.budgets.left = self.locks.budgets
        self.writes.places = self.locks.places

    def run(self, operations: Sequence[Operation]) -> list[Outcome | None]:
        """Return what became of each operation, in order; None for one that must wait.

        All they need was locked before. Everything accepted is written when this returns, and
        durable when the caller commits.
        """
        self._look_up(operations)
        outcomes = [self._outcome(operation) for operation in operations]
        self.writes.flush(self.connection, self.now)
        return outcomes

    def _look_up(self, operations: Sequence[Operation]) -> None:
        self.keys = queries.find_keys(
            self.connection,
            [(o.vendor_id, o.idempotency_key) for o in operations if o.idempotency_key],
        )
        if any(map(claims_any, operations)):
            claims = [claim for o in operations for claim in self._claims(o)]
            self.claims.look_up(self.connection, claims)
        self.locations = queries.open_locations(
            self.connection, [(o.vendor_id, o.location_id) for o in operations if o.location_id]
        )

    def _held(self, operation: Operation) -> HeldCard | None:
        """Return the card that an operation is on, if it was found."""
        if isinstance(operation, EntryOperation):
            target = self.targets.get((operation.vendor_id, operation.transaction_id))
            return None if target is None else self.cards[CardRef(CardKey.ID, target[0])]
        assert isinstance(operation, CardOperation)
        return self.cards.get(self.locks.ref_of(operation))

    def _outcome(self, operation: Operation) -> Outcome | None:
        try:
            return self._answered(operation) or self._decided(operation)
        except _Deferred:
            self.waiting.note(operation, self._claims(operation))
            return None
        except CardWasReplaced as refusal:
            if not self._leads_on_now(operation):
                return refusal
            self.waiting.note(operation, self._claims(operation))
            return None
        except DomainError as refusal:
            return refusal

    def _leads_on_now(self, operation: Operation) -> bool:
        """Return whether it names a card that this very batch has merged: it must wait."""
        if not isinstance(operation, CardOperation):
            return False
        other = self.locks.other_card(operation)
        cards = [self._held(operation), self.cards.get(other) if other else None]
        return any(
            card is not None and card.is_touched and card.state.status == CardStatus.REPLACED
            for card in cards
        )

    def _answered(self, operation: Operation) -> Receipt | None:
        """Return the answer that the operation's key was given before, if it was."""
        if operation.idempotency_key is None:
            return None
        pair = (operation.vendor_id, operation.idempotency_key)
        if pair in self.receipts:
            earlier = self.receipts[pair]
            if earlier.entry["fingerprint"] != operation.fingerprint:
                raise IdempotencyKeyReused
            return replace(earlier, is_replay=True)
        if pair not in self.keys:
            return None
        entry_id, fingerprint = self.keys[pair]
        if entry_id is None or fingerprint != operation.fingerprint:
            raise IdempotencyKeyReused
        return replayed(self.connection, self.dependencies, entry_id, self.now)

    def _decided(self, operation: Operation) -> Receipt:
        if isinstance(operation, ReplayOnly):
            raise operation.refusal
        self._check_location(operation)
        if isinstance(operation, OpenCard):
            return self._opened(operation)
        card = self._card(operation)
        if isinstance(operation, _MAY_MOVE_TWO) and (other := self.locks.other_card(operation)):
            return self._moved_two(operation, card, other)
        if self.waiting.rows and self.waiting.holds_up(operation, card):
            raise _Deferred
        if card.state.standing is not None and card.state.standing.held:
            self._release_expired(operation, card)
        history = self._history(operation, card)
        if card.program.promotions:
            history = self.writes.budgets.seen(history)
        decision = decide(operation, card.program, card.state, self.now, history)
        receipt = self._accept(operation, card, decision)
        if isinstance(operation, VoidEntry) and history.entry is not None:
            self.claims.release(claims_of_past(history.entry, card.state.id), history.entry.id)
        return receipt

    def _moved_two(
        self, operation: MergeCards | VoidEntry, card: HeldCard, named: CardRef
    ) -> Receipt:
        """Put two cards together, or take them apart again; answers the entry of `card`."""
        other = self.cards.get(named)
        if other is None:
            raise CardNotFound
        is_looking_back = isinstance(operation, VoidEntry)
        is_moved = is_looking_back and (card.is_touched or other.is_touched)
        if is_moved or self.waiting.holds_up(operation, card, other):
            raise _Deferred
        for one in (card, other):
            if one.state.standing is not None and one.state.standing.held:
                self._release_expired(operation, one)
        pair, decision = moved_two(self.connection, operation, card, other, self.now)
        source, target = decision.source, decision.target
        is_source = pair.source is card
        own = (source.main, None) if is_source else (None, target.main)
        went = self._appended(operation, pair.source, source, own[0])[-1]
        came = self._appended(operation, pair.target, target, own[1])[-1]
        self.writes.add_merge(operation, came, went, self.dependencies.ids.new_id())
        return self._receipt(operation, card, went if is_source else came)

    def _release_expired(self, operation: Operation, card: HeldCard) -> None:
        """Give back what the card held for a time that is over, before anything else."""
        if isinstance(operation, ReleaseExpired) or not has_expired(card.state, self.now):
            return
        by, ref = Actor(ActorKind.SYSTEM, None), CardRef(CardKey.ID, card.state.id)
        release = ReleaseExpired(vendor_id=card.program.vendor_id, actor=by, card=ref)
        self._accept(release, card, decide(release, card.program, card.state, self.now))

    def _card(self, operation: Operation) -> HeldCard:
        if not isinstance(operation, CardOperation):
            card = self._held(operation)
            if card is None:
                raise TransactionNotFound
            return card
        card = self.cards.get(operation.card) or self._held(operation)
        if card is None or card.program.vendor_id != operation.vendor_id:
            if self.locks.is_ambiguous(operation):
                raise CardCodeAmbiguous
            if card_of_retired_code(self.connection, operation.vendor_id, operation.card):
                raise CardWasReplaced
            raise CardNotFound
        return card

    def _history(self, operation: Operation, card: HeldCard) -> History:
        """Look up what the rules must know of the card's past, for the few that must."""
        if self.claims.is_any:
            self._check_claims(operation, card)
        if is_stamp_of_now(operation, card, self.now):
            return NO_HISTORY
        if card.is_touched and card.state.standing is not None:
            self._check_promised(operation, card)
        return history_of(operation, Sight(self._past, card, self.rewards, self.now, self.named))

    def _check_promised(self, operation: Operation, card: HeldCard) -> None:
        """Let an operation wait that may move a reward which this batch has only just promised.

        By a merge, or by a tier: no operation named it, so nothing holds its stock yet.
        """
        promised = promised_rewards(operation, card.state)
        if any((operation.vendor_id, one) not in self.rewards for one in promised):
            raise _Deferred

    def _past(self, card: HeldCard) -> Connection:
        """Return where the card's past can be asked for, unless this batch has moved it already."""
        if card.is_touched:
            raise _Deferred
        return self.connection

    def _claims(self, operation: Operation) -> list[Claim]:
        """Return which receipt numbers an operation on a card of this batch claims."""
        card = self._held(operation) if claims_any(operation) else None
        return [] if card is None else claims_of(operation, card.program.id)

    def _check_claims(self, operation: Operation, card: HeldCard) -> None:
        claims = claims_of(operation, card.program.id)
        if self.claims.must_wait(claims, self.waiting.claims):
            raise _Deferred

    def _check_location(self, operation: Operation) -> None:
        location_id = operation.location_id
        if location_id is not None and (operation.vendor_id, location_id) not in self.locations:
            raise LocationNotFound

    def _opened(self, operation: OpenCard) -> Receipt:
        if self.waiting.holds_up(operation):
            raise _Deferred
        program, keeps_origins = self.opening.of(operation)
        state = CardState(id=operation.card_id or CardId(self.dependencies.ids.new_id()))
        decision = decide(operation, program, state, self.now)
        self.writes.places.refuse_if_full(program.vendor_id, is_vouched=operation.is_vouched)
        contact = vouched_contact(operation)
        known = self.locks.customers[contact] if contact else ()
        new = prepare_card(
            self.connection, operation, state.id, self.dependencies, self.now, customers=known
        )
        held = fresh_card(new, program, state, keeps=keeps_origins)
        self.writes.new_cards[state.id] = new
        self.writes.places.move(program.vendor_id, 1)
        if operation.referrer_card_id is not None:
            referral_id = ReferralId(self.dependencies.ids.new_id())
            row = referral_row(self.connection, operation, state.id, referral_id, self.now)
            self.writes.promises.referrals += [row] if row else []
        receipt = self._accept(operation, held, decision)
        if operation.card_id is not None:
            self.locks.add_opened(held)
        return receipt

    def _accept(self, operation: Operation, card: HeldCard, decision: Decision) -> Receipt:
        """Number and chain the entries, move the card, note everything that is to be written."""
        main = 0 if isinstance(operation, OpenCard) else decision.main
        entries = self._appended(operation, card, decision, main)
        return self._receipt(operation, card, entries[main])

    def _appended(
        self, operation: Operation, card: HeldCard, decision: Decision, main: int | None
    ) -> list[EntryRow]:
        """Append the entries of a card; that at the place `main` is the operation's own."""
        before = card.state
        entries = []
        for index, (draft, after) in enumerate(decision.steps):
            card.sequence += 1
            entry = make_entry(
                draft,
                after,
                entry_id=EntryId(self.dependencies.ids.new_id()),
                operation=operation,
                program=card.program,
                sequence=card.sequence,
                previous_hash=card.head_hash,
                at=decision.at,
                now=self.now,
                is_main=index == main,
            )
            card.head_hash = entry["hash"]
            entries.append(entry)
            self.writes.add_entry(entry, draft, card.program)
            if draft.details is not None:
                self.writes.promises.note(operation, entry)
        card.state = decision.card
        card.is_touched = True
        self.writes.move_card(card, before)
        if card.program.keeps_events:
            self._tell(card, entries, before)
        if decision.reward_id is not None:
            self.writes.restock(self.rewards, card, decision.reward_id, decision.stock_change)
        for reward_id in decision.returned:
            self.writes.restock(self.rewards, card, reward_id, 1)
        return entries

    def _tell(self, card: HeldCard, entries: Sequence[EntryRow], before: CardState) -> None:
        """Write down what happened for the vendor's own software."""
        happened = happened_by(entries, card.program, before, card.state, self.now)
        ids, vendor_id = self.dependencies.ids, card.program.vendor_id
        self.writes.events += [event_row(ids.new_id(), vendor_id, o, self.now) for o in happened]

    def _shelf(self, card: HeldCard) -> Shelf:
        """Return what decides beside the rules which rewards a card can have.

        Asked of the database only where stock or a limit a card matters to this very card.
        """
        if not wants_shelf(card.program, card.state):
            return AS_OFFERED
        return self.shelves.of_card(card.program, card.all_ids, self.writes)

    def _receipt(self, operation: Operation, card: HeldCard, entry: EntryRow) -> Receipt:
        view = card.view(self.now, self._shelf(card))
        staff = operation.staff
        entry["staff_id"] = staff.staff_id if staff else None
        receipt = Receipt(entry=entry, staff_name=staff.name if staff else None, card=view)
        if operation.idempotency_key is not None:
            standing = None if view.standing is None else card.document(view.standing)
            entry["answer"] = response_facts(view, standing)
            self.receipts[(operation.vendor_id, operation.idempotency_key)] = receipt
        if self.claims.is_any:
            self.claims.make(claims_of(operation, card.program.id), entry["id"])
        if operation.origin is not None and card.keeps_origins:
            self.writes.add_origin(entry["id"], operation.origin, self.now)
        if isinstance(operation, AdjustPoints):
            event = adjustment_event(operation, entry, self.dependencies.ids.new_id())
            self.writes.audits.append(event)
        return receipt
