"""What a batch writes: collected while deciding, then sent as one statement a table."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Connection, update

from punchcard.accounts.models import AuditEvent, Customer
from punchcard.accounts.plans.card_places import CardPlaces
from punchcard.db.base import table_of
from punchcard.db.dialects import Row, is_sqlite
from punchcard.db.events import announce
from punchcard.db.outbox import WorkEnqueued, insert_of_waiting, waiting_rows
from punchcard.db.sets.bulk import BulkInsert, BulkUpdate, write_together
from punchcard.kit.ids import (
    CardId,
    EntryId,
    ImportId,
    LocationId,
    ProgramId,
    RewardId,
    VendorId,
)
from punchcard.loyalty.events import (
    CARD_CHANGED,
    CARD_FOLLOWED,
    CUSTOMER_WELCOME,
    SHELF_CHANGED,
    CardsChanged,
    ProgramsChanged,
)
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.models import (
    NOWHERE,
    LoyaltyCard,
    LoyaltyTransaction,
    Reward,
    TransactionOrigin,
)
from punchcard.loyalty.operations import AdjustPoints, Origin, VoidEntry
from punchcard.loyalty.rules.rollup_rules import (
    DETAILS_COLUMNS,
    ROLLUP_COLUMNS,
    rollup_deltas,
)
from punchcard.loyalty.rules.values import CardState, EntryDraft, ProgramRules, RewardState
from punchcard.loyalty.tables import IMPORTS, EntryRow
from punchcard.loyalty.till.batch_budgets import BatchBudgets
from punchcard.loyalty.till.enrolment import NewCard, card_codes
from punchcard.loyalty.till.held_card import HeldCard, moved_columns, standing_row, state_row
from punchcard.loyalty.till.merges.batch_merges import BatchMerges, merge_event
from punchcard.loyalty.till.promises.batch_promises import BatchPromises
from punchcard.loyalty.till.reference_claims import (
    Claim,
    claim_row,
    delete_claims,
    in_order,
    insert_claims,
)
from punchcard.loyalty.till.rollup import add_all_to_rollup, add_to_rollup
from punchcard.loyalty.vendor_events import EVENT_WORK, insert_of_events
from punchcard.loyalty.vocabulary import ActorKind, EntryType

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_IMPORT: Final = ActorKind.IMPORT
_CARDS = table_of(LoyaltyCard)
_CUSTOMERS = table_of(Customer)
_REWARDS = table_of(Reward)

_CHAIN_COLUMNS: Final = ("sequence", "head_hash", "updated_at")
_STATE_COLUMNS = (
    "stamps",
    "points",
    "points_carry",
    "carry_parts",
    "lifetime_stamps",
    "lifetime_points",
    "lifetime_rewards",
    "last_stamp_at",
    "stamps_day",
    "stamps_on_day",
    "is_welcome_due",
    "last_activity_at",
    *_CHAIN_COLUMNS,
)
_PLAIN_COLUMNS: Final = frozenset(ROLLUP_COLUMNS)
_NO_DETAILS: Final = dict.fromkeys(DETAILS_COLUMNS, 0)
_IMPORT_COUNTS = ("entries", "cards", "stamps", "points")
_NEW_CARD_COLUMNS = tuple(column.key for column in _CARDS.columns)
_ENTRY_COLUMNS = tuple(
    c.key for c in table_of(LoyaltyTransaction).columns if c.key not in ("form", "details")
)
_CUSTOMER_COLUMNS = tuple(
    c.key for c in _CUSTOMERS.columns if c.key not in ("erased_at", "email_verified_at")
)

_insert_customers = BulkInsert(_CUSTOMERS, _CUSTOMER_COLUMNS)
_insert_cards = BulkInsert(_CARDS, _NEW_CARD_COLUMNS)
_update_cards = BulkUpdate(_CARDS, _STATE_COLUMNS)
# What has no dates and tells no details is written without a word of either.
_update_standings = BulkUpdate(_CARDS, (*_STATE_COLUMNS, "standing", "due_on"))
_insert_entries = BulkInsert(table_of(LoyaltyTransaction), _ENTRY_COLUMNS)
_insert_details = BulkInsert(table_of(LoyaltyTransaction), (*_ENTRY_COLUMNS, "form", "details"))
_insert_origins = BulkInsert(
    table_of(TransactionOrigin),
    ("transaction_id", "address", "user_agent", "device_id", "created_at"),
)
_insert_audits = BulkInsert(
    table_of(AuditEvent), tuple(column.key for column in table_of(AuditEvent).columns)
)

_CARD_WORK = WorkEnqueued(CARD_CHANGED)
_WELCOME_WORK = WorkEnqueued(CUSTOMER_WELCOME)
_SHELF_WORK = WorkEnqueued(SHELF_CHANGED)
_FOLLOW_WORK = WorkEnqueued(CARD_FOLLOWED)


@dataclass(slots=True)
class BatchWrites:
    """The rows of one batch, by table.

    `standing` are those of the cards that have or had one, `told` those of the `entries` that have
    details: both are written with columns that all others, such as `plain` entries, leave alone.
    """

    cards: dict[CardId, HeldCard] = field(default_factory=dict)
    new_cards: dict[CardId, NewCard] = field(default_factory=dict)
    entries: list[EntryRow] = field(default_factory=list)
    origins: list[dict[str, Any]] = field(default_factory=list)
    audits: list[dict[str, Any]] = field(default_factory=list)
    claims: list[Row] = field(default_factory=list)
    released: list[Row] = field(default_factory=list)
    events: list[Row] = field(default_factory=list)
    stocks: dict[RewardId, int] = field(default_factory=dict)
    shelves: set[ProgramId] = field(default_factory=set)
    followed: set[CardId] = field(default_factory=set)
    imports: dict[ImportId, dict[str, int]] = field(default_factory=dict)
    promises: BatchPromises = field(default_factory=BatchPromises)
    budgets: BatchBudgets = field(default_factory=BatchBudgets)
    places: CardPlaces = field(default_factory=CardPlaces)
    merges: BatchMerges = field(default_factory=BatchMerges)
    days: defaultdict[tuple[ProgramId, date, LocationId], dict[str, int]] = field(
        default_factory=lambda: defaultdict(lambda: dict.fromkeys(ROLLUP_COLUMNS, 0))
    )
    standing: set[CardId] = field(default_factory=set)
    plain: list[EntryRow] = field(default_factory=list)
    told: list[EntryRow] = field(default_factory=list)

    def add_entry(self, entry: EntryRow, draft: EntryDraft, program: ProgramRules) -> None:
        """Note an entry and what it adds to the statistics of its day, or to its import's."""
        self.entries.append(entry)
        if program.followed and draft.type in program.followed:
            self.followed.add(entry["card_id"])
        if draft.details is None and draft.voided_details is None:
            self.plain.append(entry)
        else:
            self._note_details(entry, draft)
        if entry["actor_kind"] == _IMPORT or draft.voided_import_id is not None:
            self._count_imported(entry, draft)
            return
        deltas = rollup_deltas(
            type=draft.type,
            stamps_delta=draft.stamps_delta,
            points_delta=draft.points_delta,
            amount_minor=draft.amount_minor,
            has_reward=draft.reward is not None,
            reward_value_minor=draft.reward.get("value_minor") if draft.reward else None,
            voided_type=draft.voided_type,
            details=draft.details,
            voided_details=draft.voided_details,
        )
        place = draft.voided_location_id if draft.voided_type else entry["location_id"]
        self._add_day(program, entry["occurred_at"], deltas, place)

    def _note_details(self, entry: EntryRow, draft: EntryDraft) -> None:
        (self.plain if draft.details is None else self.told).append(entry)
        self.budgets.note(draft)

    def _count_imported(self, entry: EntryRow, draft: EntryDraft) -> None:
        """Count what an import told, or the void of it, apart from what happened here."""
        import_id = draft.voided_import_id or ImportId(entry["actor_id"])
        counts = self.imports.setdefault(import_id, dict.fromkeys(_IMPORT_COUNTS, 0))
        counts["stamps"] += draft.stamps_delta
        counts["points"] += draft.points_delta
        counts["entries"] += draft.voided_import_id is None
        counts["cards"] += draft.type == EntryType.CARD_OPENED

    def move_card(self, card: HeldCard, before: CardState) -> None:
        """Note where a card stands now, and move it to the day it was last seen."""
        self.cards[card.state.id] = card
        if card.had_standing or card.state.standing is not None:
            self.standing.add(card.state.id)
        was, seen = before.last_activity_at, card.state.last_activity_at
        if was == seen or seen is None:
            return
        if was is not None:
            self._add_day(card.program, was, {"cards_last_seen": -1})
        self._add_day(card.program, seen, {"cards_last_seen": 1})

    def restock(
        self,
        rewards: dict[tuple[VendorId, RewardId], RewardState],
        card: HeldCard,
        reward_id: RewardId,
        change: int,
    ) -> None:
        """Count a reward that is handed out, or comes back, if it is counted."""
        pair = (card.program.vendor_id, reward_id)
        reward = rewards[pair]
        before = reward.stock_left
        if before is None:
            return
        left = before + change
        rewards[pair] = replace(reward, stock_left=left)
        self.stocks[reward.id] = left
        if (before > 0) != (left > 0):
            # It ran out, or is there again: for all cards of the program.
            self.shelves.add(reward.program_id)

    def add_merge(
        self, operation: MergeCards | VoidEntry, came: EntryRow, went: EntryRow, event_id: str
    ) -> None:
        """Note that two cards were put together or taken apart, by their entries."""
        is_made = isinstance(operation, MergeCards)
        self.merges.add(came, went, is_made=is_made)
        self.places.move(operation.vendor_id, -1 if is_made else 1)
        self.audits.append(merge_event(operation, came, went, event_id))

    def add_origin(self, entry_id: EntryId, origin: Origin, now: datetime) -> None:
        """Note where an operation came from."""
        self.origins.append(
            {
                "transaction_id": entry_id,
                "address": origin.address,
                "user_agent": origin.user_agent,
                "device_id": origin.device_id,
                "created_at": now,
            }
        )

    def claim_reference(self, claim: Claim, entry_id: EntryId) -> None:
        """Note that an entry holds its receipt number from now on."""
        self.claims.append(claim_row(claim, entry_id))

    def release_reference(self, claim: Claim, entry_id: EntryId) -> None:
        """Note that the receipt number of an entry, now voided, is free again."""
        self.released.append(claim_row(claim, entry_id))

    def flush(self, connection: Connection, now: datetime) -> None:
        """Send everything, sets that others refer to first, and announce which cards changed."""
        if not self.cards:
            return
        # First: whoever counts a vendor's cards anew must not miss any that is on its way.
        if self.places.moved:
            self.places.flush(connection)
        opened = [self.new_cards[i] for i in self.cards if i in self.new_cards]
        for new in opened:
            _complete_customer(connection, new, now)
        for reward_id, left in sorted(self.stocks.items()):
            connection.execute(
                update(_REWARDS).where(_REWARDS.c.id == reward_id).values(stock_left=left)
            )
        self.budgets.flush(connection)
        for import_id, counts in sorted(self.imports.items()):
            added = {name: IMPORTS.c[name] + count for name, count in counts.items()}
            connection.execute(update(IMPORTS).where(IMPORTS.c.id == import_id).values(added))
        # In a statement of its own: what it frees may be claimed by an entry of this very batch.
        delete_claims(connection, self.released)
        moved = [card for i, card in self.cards.items() if i not in self.new_cards]
        standing: list[HeldCard] = []
        if self.standing:
            standing = [card for card in moved if card.state.id in self.standing]
            moved = [card for card in moved if card.state.id not in self.standing]
        days, all_days = self._day_rows()
        write_together(
            connection,
            [
                (_insert_customers, [n.new_customer for n in opened if n.new_customer]),
                (_insert_cards, [_new_card_row(n, self.cards[n.card_id], now) for n in opened]),
                (_update_of(connection, moved), [state_row(card, now) for card in moved]),
                (_update_standings, [standing_row(card, now) for card in standing]),
                (_insert_entries, self.plain),
                (_insert_details, self.told),
                (insert_claims, in_order(self.claims)),
                (_insert_origins, self.origins),
                (_insert_audits, self.audits),
                (insert_of_waiting(), self._work(opened, now)),
                (insert_of_events(), self.events),
                (add_to_rollup, days),
                (add_all_to_rollup, all_days),
            ],
        )
        self.promises.flush(connection)
        self.merges.flush(connection, now)
        self._announce(connection, opened)

    def _announce(self, connection: Connection, opened: Sequence[NewCard]) -> None:
        """Say what changed, and what work is there for the worker."""
        work = (_CARD_WORK, _WELCOME_WORK) if opened else (_CARD_WORK,)
        announce(connection, CardsChanged(frozenset(self.cards)), *work)
        if self.followed:
            announce(connection, _FOLLOW_WORK)
        if self.events:
            announce(connection, EVENT_WORK)
        if self.shelves:
            announce(connection, ProgramsChanged(frozenset(self.shelves)), _SHELF_WORK)

    def _work(self, opened: Iterable[NewCard], now: datetime) -> list[dict[str, Any]]:
        """Return what is left to the worker: passes, welcomes, what waits for these entries."""
        welcome = [
            new.card_id
            for new in opened
            if new.is_mailed and new.customer_shown and new.customer_shown["email"]
        ]
        left: tuple[tuple[str, Iterable[str]], ...] = (
            (CARD_CHANGED, self.cards),
            (CUSTOMER_WELCOME, welcome),
            (SHELF_CHANGED, self.shelves),
            (CARD_FOLLOWED, self.followed),
        )
        return [row for topic, keys in left if keys for row in waiting_rows(topic, keys, now)]

    def _day_rows(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return what is added to days, and of those where details count, apart."""
        days: list[dict[str, Any]] = []
        all_days: list[dict[str, Any]] = []
        for (program_id, day, place), columns in sorted(self.days.items()):
            if any(columns.values()):
                row = {"program_id": program_id, "day": day, "location_id": place}
                if columns.keys() <= _PLAIN_COLUMNS:
                    days.append({**row, **columns})
                else:
                    all_days.append({**row, **_NO_DETAILS, **columns})
        return days, all_days

    def _add_day(
        self,
        program: ProgramRules,
        at: datetime,
        deltas: dict[str, int],
        place: LocationId | None = None,
    ) -> None:
        columns = self.days[(program.id, program.day_of(at), place or NOWHERE)]
        for name, delta in deltas.items():
            columns[name] = columns.get(name, 0) + delta


def _update_of(connection: Connection, cards: Sequence[HeldCard]) -> BulkUpdate:
    """Return the statement that moves `cards`; on SQLite it leaves out what none of them moved."""
    if not cards or not is_sqlite(connection):
        # There one text serves any batch: it is planned once a connection.
        return _update_cards
    return _update_some(moved_columns(cards))


@lru_cache(maxsize=64)
def _update_some(columns: tuple[str, ...]) -> BulkUpdate:
    return BulkUpdate(_CARDS, (*columns, *_CHAIN_COLUMNS))


def adjustment_event(operation: AdjustPoints, entry: EntryRow, event_id: str) -> dict[str, Any]:
    """Return the audit event of a correction by hand, with the balance before and after."""
    after = entry["points_after"]
    return {
        "id": event_id,
        "vendor_id": operation.vendor_id,
        "actor_kind": operation.actor.kind,
        "actor_id": operation.actor.id,
        "action": "card.points_adjusted",
        "subject_kind": "card",
        "subject_id": entry["card_id"],
        "old": {"points": after - operation.points_delta},
        "new": {"points": after, "reason": operation.note, "transaction_id": entry["id"]},
        "request_id": operation.request_id,
        "created_at": entry["created_at"],
    }


def _complete_customer(connection: Connection, new: NewCard, now: datetime) -> None:
    if new.customer_facts:
        facts = {**new.customer_facts, "updated_at": now}
        if "birthday" in facts:
            facts["birthday_set_at"] = now
        connection.execute(
            update(_CUSTOMERS).where(_CUSTOMERS.c.id == new.customer_id).values(**facts)
        )


def _new_card_row(new: NewCard, card: HeldCard, now: datetime) -> dict[str, Any]:
    return {
        **standing_row(card, now),
        **card_codes(new),
        "vendor_id": card.program.vendor_id,
        "program_id": card.program.id,
        "customer_id": new.customer_id,
        "status": card.state.status,
        "locale": new.locale,
        "location_id": new.location_id,
        "enrolled_at": card.state.enrolled_at,
    }
