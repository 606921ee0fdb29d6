"""What a batch of the till locks, what of it others hold, and what waits for the next batch."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Row

from punchcard.accounts.plans.card_places import CardPlaces, lock_places
from punchcard.db import outbox
from punchcard.kit.ids import CardId, EntryId, PromotionId, RewardId, VendorId
from punchcard.loyalty.cards.external_codes import cards_by_code
from punchcard.loyalty.cards.merges.merged_cards import leads_to
from punchcard.loyalty.events import CARD_CHANGED
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import (
    CardKey,
    CardOperation,
    CardRef,
    EntryOperation,
    OpenCard,
    Operation,
    VoidEntry,
)
from punchcard.loyalty.rules.values import ProgramRules, RewardState
from punchcard.loyalty.till import till_locks
from punchcard.loyalty.till.batch_budgets import budgets_of, lock_budgets
from punchcard.loyalty.till.enrolment import TillDependencies, vouched_contact
from punchcard.loyalty.till.held_card import HeldCard, held_card
from punchcard.loyalty.till.looks import till_queries
from punchcard.loyalty.till.looks.till_queries import EntryTarget
from punchcard.loyalty.till.promises.grant_history import OF_REWARDS, promised_rewards
from punchcard.loyalty.till.reference_claims import Claim
from punchcard.loyalty.till.rollup import locked_programs
from punchcard.loyalty.till.till_locks import Contact
from punchcard.loyalty.vocabulary import CardStatus

# Looked up once: before Python 3.12 an enum gives its words slowly, and this is asked always.
_REPLACED: Final = CardStatus.REPLACED

_MAY_MOVE_TWO: Final = (MergeCards, EntryOperation)
_HAD_STANDING: Final = attrgetter("had_standing")


@dataclass(slots=True)
class BatchLocks:
    """The rows that operations need: cards, rewards, promotions, vendors' plans, then customers.

    What another transaction holds is passed over, so that no batch waits behind one row: `held`
    are the ids of those rows, of any kind. Cards are named as operations name them.
    """

    connection: Connection
    dependencies: TillDependencies
    now: datetime = field(init=False)
    cards: dict[CardRef, HeldCard] = field(init=False, default_factory=dict)
    card_ids: dict[CardRef, CardId] = field(init=False, default_factory=dict)
    targets: dict[tuple[VendorId, EntryId], EntryTarget] = field(init=False, default_factory=dict)
    rewards: dict[tuple[VendorId, RewardId], RewardState] = field(init=False, default_factory=dict)
    budgets: dict[PromotionId, int] = field(init=False, default_factory=dict)
    places: CardPlaces = field(init=False, default_factory=CardPlaces)
    customers: dict[Contact, Sequence[Row[Any]]] = field(init=False, default_factory=dict)
    by_code: dict[tuple[VendorId, str], list[CardId]] = field(init=False, default_factory=dict)
    held: set[str] = field(init=False, default_factory=set)
    _held_customers: dict[Contact, set[str]] = field(init=False, default_factory=dict)
    _has_budgets: bool = field(init=False, default=False)
    _promotions: set[PromotionId] = field(init=False, default_factory=set)

    def lock(
        self, operations: Sequence[Operation], *, waits: bool = False, looks_closer: bool = False
    ) -> None:
        """Lock what `operations` need, as far as it is free, and note the time after that.

        With `waits` nothing is passed over: it is waited for, as long as the transaction may. With
        `looks_closer` the rows that are written last are looked at as well, which costs more: the
        statistics of the day, held as the id of their program, and the card's waiting work.
        """
        opening = [o for o in operations if isinstance(o, OpenCard)]
        self._lock_cards(operations, opening, waits=waits)
        self._lock_rewards(operations, waits=waits)
        self._lock_budgets(operations, waits=waits)
        if opening:
            self._lock_places(opening, waits=waits)
            self._lock_customers(opening, waits=waits)
        # After the locks: another server may have stamped a card while this one waited for it.
        self.now = self.dependencies.clock.now()
        if looks_closer:
            self._look_closer(operations)

    def add_opened(self, card: HeldCard) -> None:
        """Let later operations of the batch name a card by the id that its opening told."""
        ref = CardRef(CardKey.ID, card.state.id)
        self.cards[ref], self.card_ids[ref] = card, card.state.id

    @property
    def locked(self) -> set[str]:
        """Return the ids of the rows that this batch holds."""
        rows: set[str] = {card.state.id for card in self.cards.values()}
        if self.rewards:
            rows.update(reward.id for reward in self.rewards.values())
        rows.update(self._promotions)
        rows.update(self.places.maximum)
        if self.customers:
            rows.update(row.id for known in self.customers.values() for row in known)
        return rows

    def rows_of(self, operation: Operation) -> set[str]:
        """Return the names of the rows that an operation needs, held or not, and its program."""
        if isinstance(operation, OpenCard):
            contact = vouched_contact(operation)
            known = self.customers.get(contact, ()) if contact else ()
            held = self._held_customers.get(contact, set()) if contact else set()
            return {
                operation.program_id,
                *({operation.vendor_id} & self.places.limited),
                *held,
                *(row.id for row in known),
            }
        ref, reward_id = self._named_by(operation)
        rows: set[str] = {reward_id} if reward_id else set()
        if ref in self.cards:
            rows |= promised_rewards(operation, self.cards[ref].state)
        if ref in self.card_ids:
            rows |= {self.card_ids[ref], _work_of(self.card_ids[ref])}
        if (other := self.other_card(operation)) and other in self.card_ids:
            rows |= {self.card_ids[other], _work_of(self.card_ids[other])}
        if ref in self.cards:
            program = self.cards[ref].program
            rows.add(program.id)
            rows.update(budgets_of(operation, program))
        return rows

    def cards_of(self, operation: Operation) -> set[str]:
        """Return the ids of the cards that an operation moves, as far as they were locked."""
        refs = self._named_by(operation)[0], self.other_card(operation)
        return {self.cards[ref].state.id for ref in refs if ref in self.cards}

    def shared_by(self, operation: Operation) -> set[str]:
        """Return the ids of what an operation may take or free that others are counted by, too.

        Counted rewards, promotions with a budget, the cards of a vendor whose plan limits them.
        """
        limited = {operation.vendor_id} & self.places.limited
        if isinstance(operation, OpenCard):
            return {*limited}
        ref, reward_id = self._named_by(operation)
        shared: set[str] = {reward_id} if reward_id else set()
        if ref in self.cards:
            shared |= promised_rewards(operation, self.cards[ref].state)
            shared.update(budgets_of(operation, self.cards[ref].program))
        if self.other_card(operation) is not None:
            shared |= limited
        return shared - {one.id for one in self.rewards.values() if one.stock_left is None}

    def programs_of(self, operations: Sequence[Operation]) -> set[str]:
        """Return the ids of the programs of operations, as far as their cards were locked."""
        refs = {self._named_by(operation)[0] for operation in operations}
        programs = {self.cards[ref].program.id for ref in refs if ref in self.cards}
        return programs | {o.program_id for o in operations if isinstance(o, OpenCard)}

    def ref_of(self, operation: CardOperation) -> CardRef:
        """Return what the card is locked as that an operation names, maybe by an old code."""
        if not self.by_code:
            return operation.card
        coded = self.by_code.get((operation.vendor_id, operation.card.value), ())
        is_ours = operation.card in self.card_ids
        return operation.card if is_ours or len(coded) != 1 else CardRef(CardKey.ID, coded[0])

    def is_ambiguous(self, operation: CardOperation) -> bool:
        """Return whether an operation names several cards by one old code."""
        return len(self.by_code.get((operation.vendor_id, operation.card.value), ())) > 1

    def other_card(self, operation: Operation) -> CardRef | None:
        """Return how the second card of an operation is named, for the few that move two."""
        if isinstance(operation, MergeCards):
            return operation.from_card
        if isinstance(operation, EntryOperation):
            target = self.targets.get((operation.vendor_id, operation.transaction_id))
            if target is not None and target.other_card_id is not None:
                return CardRef(CardKey.ID, target.other_card_id)
        return None

    def _named_by(self, operation: Operation) -> tuple[CardRef | None, RewardId | None]:
        if isinstance(operation, EntryOperation):
            target = self.targets.get((operation.vendor_id, operation.transaction_id))
            return (CardRef(CardKey.ID, target[0]), target[1]) if target else (None, None)
        reward_id = operation.reward_id if isinstance(operation, OF_REWARDS) else None
        return self.ref_of(operation) if isinstance(operation, CardOperation) else None, reward_id

    def _lock_cards(
        self, operations: Sequence[Operation], opening: Sequence[OpenCard], *, waits: bool
    ) -> None:
        named = [
            (o.vendor_id, o.transaction_id) for o in operations if isinstance(o, EntryOperation)
        ]
        self.targets = till_queries.entry_targets(self.connection, named)
        opened = {CardRef(CardKey.ID, o.card_id) for o in opening if o.card_id}
        refs = [o.card for o in operations if isinstance(o, CardOperation) and o.card not in opened]
        refs += [CardRef(CardKey.ID, target.card_id) for target in self.targets.values()]
        moving_two = [o for o in operations if isinstance(o, _MAY_MOVE_TWO)]
        refs += [other for o in moving_two if (other := self.other_card(o))]
        wallets = self.dependencies.wallet_columns()
        found = till_locks.lock_cards(self.connection, refs, wallets, waits=waits)
        free, held = found.free, found.held
        if len(free) + len(held) < len(set(refs)):
            self._look_for_codes(operations, free.keys() | held.keys() | opened)
        if self.by_code:
            by_id = [CardRef(CardKey.ID, one) for ids in self.by_code.values() for one in ids]
            coded = till_locks.lock_cards(self.connection, by_id, wallets, waits=waits)
            free, held = free | coded.free, held | coded.held
        programs = programs_of(self.connection, self.dependencies, free.values())
        self._has_budgets = any(program.has_budgets for program in programs.values())
        cards = {
            row.id: held_card(row, programs[row.program_id], has_wallets=bool(wallets))
            for row in free.values()
        }
        self.cards = {ref: cards[row.id] for ref, row in free.items()}
        self.card_ids = {ref: row.id for ref, row in free.items()} | held
        self.held.update(held.values())
        if _REPLACED in {row.status for row in free.values()}:
            self._lead_on(cards, waits=waits)

    def _look_for_codes(self, operations: Sequence[Operation], ours: Set[CardRef]) -> None:
        """Find the cards that are named by a code from elsewhere: as none of ours."""
        wanted = {
            (o.vendor_id, o.card.value)
            for o in operations
            if isinstance(o, CardOperation) and o.card not in ours
        }
        if wanted:
            self.by_code = cards_by_code(self.connection, wanted)

    def _lead_on(self, by_id: dict[CardId, HeldCard], *, waits: bool) -> None:
        """Lock the cards that the codes of merged ones lead to, and let those name them.

        An id names the very card: what is merged is taken apart again by that.
        """
        coded = {
            ref: card.state.id
            for ref, card in self.cards.items()
            if card.state.status == _REPLACED and ref.key != CardKey.ID
        }
        leads = leads_to(self.connection, coded.values())
        refs = {CardRef(CardKey.ID, target) for target in leads.values() if target not in by_id}
        wallets = self.dependencies.wallet_columns()
        found = till_locks.lock_cards(self.connection, refs, wallets, waits=waits)
        programs = programs_of(self.connection, self.dependencies, found.free.values())
        for row in found.free.values():
            by_id[row.id] = held_card(row, programs[row.program_id], has_wallets=bool(wallets))
        self.held.update(found.held.values())
        for ref, card_id in coded.items():
            if card_id not in leads:
                continue
            self.card_ids[ref] = leads[card_id]
            if leads[card_id] in by_id:
                self.cards[ref] = by_id[leads[card_id]]
            else:
                del self.cards[ref]

    def _lock_rewards(self, operations: Sequence[Operation], *, waits: bool) -> None:
        wanted = {
            (o.vendor_id, o.reward_id)
            for o in operations
            if isinstance(o, OF_REWARDS) and o.reward_id
        }
        for (vendor_id, _), target in self.targets.items():
            if target.reward_id:
                wanted.add((vendor_id, target.reward_id))
        if any(map(_HAD_STANDING, self.cards.values())):
            wanted |= self._promised(operations)
        if not wanted:
            return
        found = till_locks.lock_rewards(self.connection, wanted, waits=waits)
        self.rewards = found.free
        self.held.update(found.held.values())

    def _promised(self, operations: Sequence[Operation]) -> set[tuple[VendorId, RewardId]]:
        """Return the rewards that cards were given or hold, where operations may move them."""
        promised: set[tuple[VendorId, RewardId]] = set()
        for operation in operations:
            for ref in (self._named_by(operation)[0], self.other_card(operation)):
                if ref not in self.cards:
                    continue
                card = self.cards[ref]
                rewards = promised_rewards(operation, card.state)
                promised |= {(card.program.vendor_id, reward_id) for reward_id in rewards}
        return promised

    def _lock_budgets(self, operations: Sequence[Operation], *, waits: bool) -> None:
        if not self._has_budgets:
            return
        wanted: set[PromotionId] = set()
        for operation in operations:
            ref, _ = self._named_by(operation)
            if ref in self.cards:
                wanted.update(budgets_of(operation, self.cards[ref].program))
        found = lock_budgets(self.connection, wanted, waits=waits)
        self.budgets, self._promotions = found.free, wanted.difference(found.held)
        self.held.update(found.held.values())

    def _lock_places(self, opening: Sequence[OpenCard], *, waits: bool) -> None:
        vendors = {operation.vendor_id for operation in opening}
        self.places = lock_places(self.connection, vendors, waits=waits)
        self.held.update(self.places.held)

    def _lock_customers(self, opening: Sequence[OpenCard], *, waits: bool) -> None:
        asked = map(vouched_contact, opening)
        contacts = {contact for contact in asked if contact is not None}
        if not contacts:
            return
        known = till_locks.lock_customers(self.connection, contacts, waits=waits)
        for contact, (rows, held) in known.items():
            self.customers[contact], self._held_customers[contact] = rows, held
            self.held |= held

    def _look_closer(self, operations: Sequence[Operation]) -> None:
        ids = {card.state.id for card in self.cards.values()}
        self.held.update(map(_work_of, outbox.locked_keys(self.connection, CARD_CHANGED, ids)))
        days = set()
        for operation in operations:
            if isinstance(operation, OpenCard):
                continue
            ref, _ = self._named_by(operation)
            if ref in self.cards:
                card = self.cards[ref]
                moments = {self.now, operation.occurred_at, card.state.last_activity_at} - {None}
                days |= {(card.program.id, card.program.day_of(at)) for at in moments if at}
        self.held |= locked_programs(self.connection, days)


@dataclass(slots=True)
class BatchWaiting:
    """What earlier operations of a batch wait on: later ones must not overtake them there.

    `rows` are the ids of cards, and of what cards share; `claims` the receipt numbers that will be
    claimed, and the entries whose void will free one.
    """

    locks: BatchLocks
    rows: set[str] = field(default_factory=set)
    claims: set[Claim | str] = field(default_factory=set)

    def holds_up(self, operation: Operation, *cards: HeldCard) -> bool:
        """Return whether an earlier operation waits, on one of these cards or for what they share.

        What that one frees or takes, this one must see: the last of a stock, or of a budget.
        """
        if not self.rows:
            return False
        if any(card.state.id in self.rows for card in cards):
            return True
        return not self.rows.isdisjoint(self.locks.shared_by(operation))

    def note(self, operation: Operation, claims: Iterable[Claim]) -> None:
        """Note that an operation waits: on its cards, and for what it will free or take."""
        self.rows |= self.locks.cards_of(operation) | self.locks.shared_by(operation)
        if isinstance(operation, VoidEntry):
            self.claims.add(operation.transaction_id)
        else:
            self.claims.update(claims)


def _work_of(key: str) -> str:
    """Return what a card's waiting work is named by: it may be held while its card is free."""
    return f"{CARD_CHANGED} {key}"


def programs_of(
    connection: Connection, dependencies: TillDependencies, rows: Iterable[Row[Any]]
) -> dict[str, ProgramRules]:
    """Return the rules of the programs of cards' rows, by id."""
    stamps = {row.program_id: (row.program_version, row.program_updated_at) for row in rows}
    kept = {i: dependencies.programs.get(i, stamp) for i, stamp in stamps.items()}
    missing = [program_id for program_id, rules in kept.items() if rules is None]
    fresh = dependencies.programs.load(connection, missing) if missing else {}
    return {i: rules or fresh[i] for i, rules in kept.items()}
