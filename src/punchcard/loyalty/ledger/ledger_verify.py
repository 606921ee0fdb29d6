"""The ledger, verified: every hash, chain, sequence and balance is derived again.

Entries are read in the order of cards and sequence, beside the cards, in one snapshot and with
bounded memory. Values come from the database as plain texts and numbers (see `db/reading.py`), so
that an entry costs microseconds; what is hashed is the canonical form of `ledger.py`.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Select, Table, func, null, select

from punchcard.db.reading import ROWS_AT_ONCE, stream_plain
from punchcard.kit.ids import CardId, EntryId, ProgramId, VendorId
from punchcard.loyalty.ledger.card_ranges import ALL_CARDS, CardSpan
from punchcard.loyalty.ledger.entry import (
    CARRYING,
    FIRST_HASH,
    HASH_DOMAIN,
    HASH_DOMAIN_OF_DETAILS,
    HASHED_FIELDS,
)
from punchcard.loyalty.ledger.lifetime import LifetimeCounts, lifetime_counts
from punchcard.loyalty.ledger.merge_verify import MergeSeen, merge_faults
from punchcard.loyalty.ledger.promise_verify import KeptPromises, PromiseMove, Promises
from punchcard.loyalty.rules.standing import NO_STANDING, Details, Standing, followed
from punchcard.loyalty.tables import CARDS, ENTRIES
from punchcard.loyalty.vocabulary import EntryType

DAMAGES_TOLD: Final = 1000
"""How many damages a verdict names; it counts them all."""

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as the ledger's rules made it; `entry_id` None: the card's own row."""

    entry_id: EntryId | None
    card_id: CardId
    what: str


@dataclass(slots=True)
class Verdict:
    """What a verification found."""

    entries: int = 0
    cards: int = 0
    damage_count: int = 0
    damages: list[Damage] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Return whether nothing is damaged."""
        return self.damage_count == 0

    def add(self, entry_id: EntryId | None, card_id: CardId, what: str) -> None:
        """Note a damage."""
        self.damage_count += 1
        if len(self.damages) < DAMAGES_TOLD:
            self.damages.append(Damage(entry_id, card_id, what))


def count_entries(connection: Connection, *, vendor_id: VendorId | None = None) -> int:
    """Return how many entries there are to verify."""
    query = select(func.count()).select_from(ENTRIES)
    if vendor_id is not None:
        query = query.where(ENTRIES.c.vendor_id == vendor_id)
    return connection.execute(query).scalar_one()


def verify_ledger(
    connection: Connection,
    *,
    vendor_id: VendorId | None = None,
    span: CardSpan = ALL_CARDS,
    progress: Progress = lambda entries: None,
) -> Verdict:
    """Verify the ledger of all vendors or of one, and compare each card with its entries.

    `connection` is a snapshot (`Database.snapshot`); `span` bounds the cards that are looked at,
    and the entries that are asked whether their card exists: ids of both follow one another in
    time. What is read grows with the cards of the span, not with those beside it. `progress` is
    told how many entries have been verified, every ROWS_AT_ONCE entries and at the end.
    """
    verdict = Verdict()
    scope = _Scope(vendor_id, span)
    merges: list[MergeSeen] = []
    chains = _chains(connection, verdict, scope, progress, merges)
    promises = KeptPromises(connection, scope.narrow_table)
    chain = next(chains, None)
    for card in _cards(connection, scope):
        card_id = card[0]
        verdict.cards += 1
        while chain is not None and chain.card_id < card_id:
            chain = _without_card(chain, chains, verdict)
        if chain is None or chain.card_id != card_id:
            verdict.add(None, card_id, "the ledger holds no entry of this card")
            continue
        _compare(card, chain, verdict)
        for what in chain.promises.differences(promises.of(card_id)):
            verdict.add(None, card_id, what)
        chain = next(chains, None)
    while chain is not None:
        chain = _without_card(chain, chains, verdict)
    if scope.is_narrow:
        for orphan in _orphans(connection, scope):
            verdict.add(orphan[0], orphan[1], _NO_CARD)
    for merge, what in merge_faults(connection, merges):
        verdict.add(merge.entry_id, merge.card_id, what)
    progress(verdict.entries)
    return verdict


@dataclass(frozen=True, slots=True)
class _Scope:
    """Whose cards are looked at, and which of them."""

    vendor_id: VendorId | None
    span: CardSpan

    @property
    def is_narrow(self) -> bool:
        """Return whether entries are read by the cards they belong to."""
        return self.vendor_id is not None or self.span != ALL_CARDS

    def narrow(
        self, query: Select[Any], vendor: ColumnElement[str], card: ColumnElement[str]
    ) -> Select[Any]:
        of_vendor = [] if self.vendor_id is None else [vendor == self.vendor_id]
        return query.where(*of_vendor, *self.span.holds(card))

    def narrow_table(self, query: Select[Any], table: Table) -> Select[Any]:
        return self.narrow(query, table.c.vendor_id, table.c.card_id)


_HASHED: Final = len(HASHED_FIELDS)
_AT: Final = {name: place for place, name in enumerate(HASHED_FIELDS)}
_ID, _VENDOR, _PROGRAM, _CARD = _AT["id"], _AT["vendor_id"], _AT["program_id"], _AT["card_id"]
_SEQUENCE, _TYPE, _VOIDS, _PREVIOUS = (
    _AT["sequence"],
    _AT["type"],
    _AT["voids"],
    _AT["previous_hash"],
)
_STAMPS_DELTA, _POINTS_DELTA = _AT["stamps_delta"], _AT["points_delta"]
_STAMPS_AFTER, _POINTS_AFTER = _AT["stamps_after"], _AT["points_after"]
_CARRY_AFTER = _AT["points_carry_after"]
_REWARD_ID = _AT["reward_id"]
_REWARD_NAME, _REWARD_VALUE = _AT["reward_name"], _AT["reward_value_minor"]
_REWARD, _HASH, _FORM, _DETAILS = range(_HASHED, _HASHED + 4)


@dataclass(slots=True)
class _Chain:
    """One card's entries, as far as they have been read."""

    card_id: CardId
    vendor_id: VendorId
    program_id: ProgramId
    verdict: Verdict
    last_id: EntryId | None = None
    sequence: int = 0
    head: str = FIRST_HASH.hex()
    stamps: int = 0
    points: int = 0
    carry: int = 0
    lifetime: LifetimeCounts = (0, 0, 0)
    standing: Standing = NO_STANDING
    voidable: dict[str, LifetimeCounts] = field(default_factory=dict)
    promises: Promises = field(default_factory=Promises)
    merges: list[MergeSeen] = field(default_factory=list)

    def take(self, row: list[Any], canonical_hash: str) -> None:
        """Check the next entry and follow it."""
        if canonical_hash != row[_HASH]:
            self._damaged(row, "its hash does not match what it says")
        if row[_SEQUENCE] != self.sequence + 1:
            self._damaged(row, f"it is number {row[_SEQUENCE]}, after number {self.sequence}")
        elif row[_PREVIOUS] != self.head:
            self._damaged(row, "it does not follow the hash of the entry before it")
        if row[_VENDOR] != self.vendor_id or row[_PROGRAM] != self.program_id:
            self._damaged(row, "it names another shop or program than the entries before it")
        details = row[_DETAILS] or {}
        self._follow_balance(row)
        self._follow_lifetime(row, details)
        if details:
            self._follow_standing(row, details)
        self.last_id = row[_ID]
        self.sequence = row[_SEQUENCE]
        self.head = row[_HASH]

    def _follow_balance(self, row: list[Any]) -> None:
        """Derive the balance; go on from what the entry says, so that one fault is told once."""
        if self.stamps + row[_STAMPS_DELTA] != row[_STAMPS_AFTER]:
            self._damaged(row, "its stamps do not add up with the entry before it")
        if self.points + row[_POINTS_DELTA] != row[_POINTS_AFTER]:
            self._damaged(row, "its points do not add up with the entry before it")
        if self.carry != row[_CARRY_AFTER] and row[_TYPE] not in CARRYING:
            self._damaged(row, "it moves the carried fraction of a point")
        self.stamps = row[_STAMPS_AFTER]
        self.points = row[_POINTS_AFTER]
        self.carry = row[_CARRY_AFTER]

    def _follow_standing(self, row: list[Any], details: Details) -> None:
        """Derive the dated points, the lap, the tier, from what the entry tells of them."""
        try:
            self.standing = followed(self.standing, details)
        except ValueError:
            self._damaged(row, "it takes more out of a card's dated points than there was")
        if "merge_id" in details:
            told = (row[_STAMPS_DELTA], row[_POINTS_DELTA], details)
            self.merges.append(MergeSeen.of(row[_ID], self.card_id, row[_TYPE], told))
        if not _PROMISES.isdisjoint(details):
            moved = PromiseMove(row[_REWARD_ID], row[_POINTS_DELTA])
            self.promises.follow(row[_ID], row[_TYPE], details, moved)
        if self.standing.points_dated > max(self.points, 0):
            self._damaged(row, "its card has more dated points than points")
        if self.standing.stamps_dated > max(self.stamps, 0):
            self._damaged(row, "its card has more dated stamps than stamps")

    def _follow_lifetime(self, row: list[Any], details: Details) -> None:
        if row[_TYPE] == EntryType.VOIDED:
            counts = self.voidable.pop(row[_VOIDS], None)
            if counts is None:
                self._damaged(row, "it voids no earlier entry of its card, or one voided before")
                return
            counts = (-counts[0], -counts[1], -counts[2])
        else:
            counts = _counts_of(row, details)
            self.voidable[row[_ID]] = counts
        mine = self.lifetime
        self.lifetime = (mine[0] + counts[0], mine[1] + counts[1], mine[2] + counts[2])

    def _damaged(self, row: list[Any], what: str) -> None:
        self.verdict.add(row[_ID], self.card_id, what)


def _counts_of(row: list[Any], details: Details) -> LifetimeCounts:
    return lifetime_counts(
        row[_TYPE],
        row[_STAMPS_DELTA],
        row[_POINTS_DELTA],
        details,
        has_reward=row[_REWARD] is not None,
    )


_PROMISES: Final = frozenset({"grant_id", "reservation_id", "merge_id"})
_NO_CARD: Final = "the card of this entry does not exist"


def _without_card(chain: _Chain, chains: Iterator[_Chain], verdict: Verdict) -> _Chain | None:
    verdict.add(chain.last_id, chain.card_id, _NO_CARD)
    return next(chains, None)


def _chains(
    connection: Connection,
    verdict: Verdict,
    scope: _Scope,
    progress: Progress,
    merges: list[MergeSeen],
) -> Iterator[_Chain]:
    """Give each card's chain once its last entry has been taken, in the order of the cards."""
    chain: _Chain | None = None
    for row in _entries(connection, scope):
        if chain is None or chain.card_id != row[_CARD]:
            if chain is not None:
                yield chain
            chain = _Chain(row[_CARD], row[_VENDOR], row[_PROGRAM], verdict, merges=merges)
        try:
            chain.take(row, _hash_of(row))
        except (TypeError, ValueError, AttributeError, KeyError):
            # SQLite keeps a text where a number belongs, if someone writes one there.
            verdict.add(row[_ID], row[_CARD], "it holds a value of the wrong kind")
        verdict.entries += 1
        if verdict.entries % ROWS_AT_ONCE == 0:
            progress(verdict.entries)
    if chain is not None:
        yield chain


def _hash_of(row: list[Any]) -> str:
    if row[_REWARD] is not None:
        reward = orjson.loads(row[_REWARD])
        row[_REWARD_NAME] = reward.get("name")
        row[_REWARD_VALUE] = reward.get("value_minor")
    if row[_FORM] == 1:
        row[_DETAILS] = None
        return hashlib.sha256(HASH_DOMAIN + orjson.dumps(row[:_HASHED])).hexdigest()
    told = row[_DETAILS]
    row[_DETAILS] = orjson.loads(told)
    values = orjson.dumps(row[:_HASHED])[:-1] + b"," + told.encode() + b"]"
    return hashlib.sha256(HASH_DOMAIN_OF_DETAILS + values).hexdigest()


def _compare(card: list[Any], chain: _Chain, verdict: Verdict) -> None:
    """Hold a card's columns against what its entries add up to."""
    derived = [
        chain.vendor_id,
        chain.program_id,
        chain.stamps,
        chain.points,
        chain.carry,
        *chain.lifetime,
        chain.sequence,
        chain.head,
        chain.standing.document(),
    ]
    kept_standing = card[-1]
    if kept_standing is not None:
        card[-1] = orjson.loads(kept_standing)
    if card[1:] == derived:
        return
    for name, kept, value in zip(_CARD_NAMES, card[1:], derived, strict=True):
        if kept != value:
            what = f"the card's {name} is {kept}, by the ledger it is {value}"
            verdict.add(None, card[0], what)


_CARD_NAMES: Final = (
    "vendor_id",
    "program_id",
    "stamps",
    "points",
    "points_carry",
    "lifetime_stamps",
    "lifetime_points",
    "lifetime_rewards",
    "sequence",
    "head_hash",
    "standing",
)


def _entries(connection: Connection, scope: _Scope) -> Iterator[list[Any]]:
    """Give all entries by card and sequence; a row begins with HASHED_FIELDS in their order.

    In a narrow scope they are found by their cards: an index by vendor and card would cost every
    stamp, and without one a database is free to read all that the vendor ever recorded.
    """
    of_reward = ("reward_name", "reward_value_minor")
    columns: list[ColumnElement[Any]] = [
        null() if name in of_reward else ENTRIES.c[name] for name in HASHED_FIELDS
    ]

    def narrow(query: Select[Any]) -> Select[Any]:
        if not scope.is_narrow:
            return query.order_by(ENTRIES.c.card_id, ENTRIES.c.sequence)
        query = query.join_from(CARDS, ENTRIES, ENTRIES.c.card_id == CARDS.c.id)
        query = query.order_by(CARDS.c.id, ENTRIES.c.sequence)
        return scope.narrow(query, CARDS.c.vendor_id, CARDS.c.id)

    beside = (ENTRIES.c.reward, ENTRIES.c.hash, ENTRIES.c.form, ENTRIES.c.details)
    return stream_plain(connection, [*columns, *beside], narrow)


def _orphans(connection: Connection, scope: _Scope) -> Sequence[Row[EntryId, CardId]]:
    """Return the last entry and the card of each chain whose card the vendor does not have.

    Each is told in the span that holds the id of the chain's first entry: every id lies in one.
    The card and the chain are looked up entry by entry: joined to them, a database is free to read
    all cards of the vendor for a narrow span.
    """
    chain = ENTRIES.alias("chain")
    of_chain = select(chain.c.id).where(chain.c.card_id == ENTRIES.c.card_id).limit(1)
    first = of_chain.order_by(chain.c.sequence).scalar_subquery()
    last = of_chain.order_by(chain.c.sequence.desc()).scalar_subquery()
    owner = select(CARDS.c.vendor_id).where(CARDS.c.id == ENTRIES.c.card_id).scalar_subquery()
    is_strange = (
        owner.is_(None) if scope.vendor_id is None else owner.is_distinct_from(scope.vendor_id)
    )
    query = select(last, ENTRIES.c.card_id).where(is_strange, ENTRIES.c.id == first)
    return connection.execute(scope.narrow(query, ENTRIES.c.vendor_id, ENTRIES.c.id)).all()


def _cards(connection: Connection, scope: _Scope) -> Iterator[list[Any]]:
    """Give all cards by id: the id, then the columns of _CARD_NAMES."""

    def narrow(query: Select[Any]) -> Select[Any]:
        return scope.narrow(query.order_by(CARDS.c.id), CARDS.c.vendor_id, CARDS.c.id)

    return stream_plain(connection, [CARDS.c[name] for name in ("id", *_CARD_NAMES)], narrow)
