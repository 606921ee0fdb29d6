"""A shop in memory: `decide()` over a list for a ledger, and the wishes of a busy day.

The model looks its history up by walking the whole list, so it shares no query with the till.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import CardId, EntryId, ProgramId, RewardId, VendorId
from punchcard.loyalty.errors.till import ReferenceAlreadyUsed
from punchcard.loyalty.ledger.entry import FIRST_HASH, make_entry
from punchcard.loyalty.operations import (
    AddStamp,
    AdjustPoints,
    CardKey,
    CardRef,
    EarnPoints,
    OpenCard,
    Operation,
    RecordVisit,
    RedeemPoints,
    RedeemReward,
    RedeemStamps,
    VoidEntry,
)
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.dated.dates import Expiry
from punchcard.loyalty.rules.dated.ended import Ended, LotMove
from punchcard.loyalty.rules.stamps.stamp_rewards import milestones_of
from punchcard.loyalty.rules.standing import NO_STANDING, followed
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    Forgiven,
    History,
    PastEntry,
    PastStamp,
    ProgramRules,
    RewardState,
)
from punchcard.loyalty.tables import EntryRow
from punchcard.loyalty.vocabulary import PinPolicy, ProgramStatus
from tests.support.books import PURCHASES, check_chain, standing


@dataclass(frozen=True)
class Wish:
    """What someone asks for: `size` says how much, `back` how many minutes ago it happened,
    `pick` which answered entry a void means.
    """

    kind: str
    size: int
    back: int
    pick: int


@dataclass(frozen=True)
class Rush:
    """Wishes that come in at the same moment, some minutes after the rush before."""

    minutes_later: int
    wishes: list[Wish]


RECEIPTS = (None, None, "R-1", "R-2")
STAMPINGS = ("stamp_earned", "visit_recorded")
WISHES = st.builds(
    Wish,
    kind=st.sampled_from(
        "stamp stamp visit redeem_stamps redeem_stamps claim claim"
        " earn earn reward points adjust void void".split()
    ),
    size=st.integers(0, 60),
    back=st.sampled_from([0, 0, 0, 7, 20, 100, 1000, 1500, 4000]),
    pick=st.integers(0, 40),
)
RUSHES = st.lists(
    st.builds(
        Rush,
        minutes_later=st.sampled_from([0, 1, 14, 15, 60, 119, 700, 1440, 3000, 50_000]),
        wishes=st.lists(WISHES, min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=8,
)
# Nights in which the clocks change, and an ordinary Monday.
STARTS = st.sampled_from(
    [datetime(2026, *day, tzinfo=UTC) for day in [(3, 28, 22), (10, 24, 21), (3, 2, 9)]]
)
ENDS = st.sampled_from(
    [None, None, {"kind": "fixed", "months": 1}, {"kind": "inactivity", "months": 1}]
)


def with_ladder(program: dict[str, Any]) -> dict[str, Any]:
    """Return a program whose `ladder` are the rewards before the full card's, as it keeps them."""
    target = program["stamps_target"]
    ladder = [at for at in program.pop("ladder") if at < target]
    rewards = [{"at": at, "name": f"At {at}"} for at in (*ladder, target)]
    return {**program, "stamp_rewards": rewards if ladder else None}


PROGRAMS = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["stamps", "points", "hybrid", "hybrid"]),
        "void_policy": st.sampled_from(["clamp", "clamp", "allow_negative", "refuse"]),
        "cooldown_minutes": st.sampled_from([0, 15, 60, 1500]),
        "max_daily_stamps": st.integers(1, 5),
        "stamps_target": st.integers(1, 5),
        "points_per_currency_unit": st.integers(1, 7),
        "points_per_amount_minor": st.sampled_from([1, 7, 100, 1000]),
        "minimum_purchase_minor": st.sampled_from([0, 60]),
        "minimum_redemption_points": st.sampled_from([0, 2]),
        "welcome_stamps": st.sampled_from([0, 2]),
        "welcome_points": st.sampled_from([0, 4]),
        "currency": st.sampled_from(["EUR", "JPY", "KWD"]),
        "timezone": st.sampled_from(["Europe/Luxembourg", "Africa/Cairo"]),
        "ladder": st.sampled_from([(), (1,), (2, 3), (1, 2, 4)]),
        "unclaimed_milestones": st.sampled_from(["keep", "keep", "lapse"]),
        "stamps_expiry": ENDS,
    }
).map(with_ladder)
REWARDS = st.fixed_dictionaries(
    {
        "points_required": st.integers(1, 6),
        "stock_left": st.sampled_from([None, 1, 3]),
        "per_card_limit": st.sampled_from([None, 1, 2]),
    }
)
_UNITS = {"EUR": 100, "JPY": 1, "KWD": 1000}


def rules_of(fields: dict[str, Any], *, program_id: ProgramId, vendor_id: VendorId) -> ProgramRules:
    """Return a program's rules from the columns it is stored in."""
    told = ("cooldown_minutes", "timezone", "stamp_rewards", "unclaimed_milestones")
    rest = {k: v for k, v in fields.items() if k not in told}
    rest["stamps_expiry"] = Expiry.parse(fields["stamps_expiry"])
    return ProgramRules(
        id=program_id,
        vendor_id=vendor_id,
        status=ProgramStatus.ACTIVE,
        minor_units=_UNITS[fields["currency"]],
        zone=ZoneInfo(fields["timezone"]),
        stamp_reward={"name": "A coffee", "value_minor": 350},
        cooldown=timedelta(minutes=fields["cooldown_minutes"]),
        pin_policy=PinPolicy.OFF,
        version=1,
        milestones=milestones_of(fields["stamp_rewards"]),
        keeps_milestones=fields["unclaimed_milestones"] == "keep",
        **rest,
    )


def operation_of(
    wish: Wish,
    *,
    card_id: CardId,
    reward_id: RewardId,
    answered: list[EntryId],
    now: datetime,
    **common: Any,
) -> Operation:
    """Return the operation a wish asks for; `answered` are the entries that can be named."""
    # What is not collected is of now: that is tried now and then.
    if wish.back and (wish.kind in ("stamp", "earn", "visit") or wish.size % 5 == 0):
        common["occurred_at"] = now - timedelta(minutes=wish.back)
    if wish.kind == "void":
        return VoidEntry(transaction_id=answered[wish.pick % len(answered)], **common)
    common["card"] = CardRef(CardKey.ID, card_id)
    kinds: dict[str, tuple[Callable[..., Operation], dict[str, Any]]] = {
        "stamp": (AddStamp, {"quantity": 1 + wish.size % 3}),
        "redeem_stamps": (RedeemStamps, {}),
        "claim": (RedeemStamps, {"milestone": 1 + wish.size % 4}),
        "visit": (
            RecordVisit,
            {
                "amount_minor": wish.size * 37 if wish.size % 4 else None,
                "stamps": (None, 0, 1, 2)[wish.pick % 4],
                "reference": RECEIPTS[wish.pick % len(RECEIPTS)],
            },
        ),
        "earn": (
            EarnPoints,
            {"amount_minor": wish.size * 37, "reference": RECEIPTS[wish.pick % len(RECEIPTS)]},
        ),
        "reward": (RedeemReward, {"reward_id": reward_id}),
        "points": (RedeemPoints, {"points": 1 + wish.size % 20}),
        "adjust": (AdjustPoints, {"points_delta": wish.size - 30 or 1}),
    }
    kind, amounts = kinds[wish.kind]
    return kind(**common, **amounts)


def _comes_late(operation: Operation, now: datetime) -> bool:
    at = operation.occurred_at
    return at is not None and now - at > timedelta(minutes=10)


@dataclass
class Shop:
    """One card of one program, one reward, and the ledger as a list."""

    program: ProgramRules
    reward: RewardState
    card: CardState
    entries: list[EntryRow] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))

    def do(self, operation: Operation, now: datetime) -> EntryRow | DomainError:
        """Do an operation; returns its main entry, or the refusal."""
        try:
            self._check_reference(operation)
            history = self._history(operation, now)
            decision = decide(operation, self.program, self.card, now, history)
        except DomainError as refusal:
            return refusal
        added = self._append(operation, decision, now)
        return added[0] if isinstance(operation, OpenCard) else added[-1]

    def _append(self, operation: Operation, decision: Decision, now: datetime) -> list[EntryRow]:
        for draft, after in decision.steps:
            entry = make_entry(
                draft,
                after,
                entry_id=EntryId(f"entry-{next(self.numbers)}"),
                operation=operation,
                program=self.program,
                sequence=len(self.entries) + 1,
                previous_hash=self.entries[-1]["hash"] if self.entries else FIRST_HASH,
                at=decision.at,
                now=now,
                is_main=True,
            )
            self.entries.append(entry)
        self.card = decision.card
        if decision.reward_id is not None:
            left = (self.reward.stock_left or 0) + decision.stock_change
            self.reward = replace(self.reward, stock_left=left)
        return self.entries[-len(decision.steps) :]

    def _check_reference(self, operation: Operation) -> None:
        if isinstance(operation, EarnPoints | RecordVisit) and operation.reference:
            for entry in standing(self.entries):
                if entry["reference"] == operation.reference:
                    raise ReferenceAlreadyUsed(transaction_id=entry["id"])

    def _history(self, operation: Operation, now: datetime) -> History:
        if isinstance(operation, VoidEntry):
            return self._void_history(operation.transaction_id)
        redeemed = [e for e in standing(self.entries) if e["reward_id"] == self.reward.id]
        return History(
            stamps=self._stamps(),
            reward=self.reward,
            times_redeemed=len(redeemed),
            recorded_stamps=self._recorded_stamps(operation, now),
            late_purchases=self._late_purchases(operation, now),
        )

    def _late_purchases(self, operation: Operation, now: datetime) -> int | None:
        if not isinstance(operation, EarnPoints | RecordVisit) or not _comes_late(operation, now):
            return None
        if operation.amount_minor is None:
            return None
        today = self.program.day_of(now)
        told = [e for e in standing(self.entries) if e["type"] in PURCHASES]
        purchases = [e for e in told if e["amount_minor"] is not None]
        told = [e for e in purchases if self.program.day_of(e["created_at"]) == today]
        return len([e for e in told if e["created_at"] - e["occurred_at"] > timedelta(minutes=10)])

    def _recorded_stamps(self, operation: Operation, now: datetime) -> int | None:
        is_stamping = isinstance(operation, AddStamp | RecordVisit)
        if not is_stamping or not self.program.has_stamps or not _comes_late(operation, now):
            return None
        today = self.program.day_of(now)
        return sum(
            int(entry["stamps_delta"])
            for entry in standing(self.entries)
            if entry["type"] in STAMPINGS and self.program.day_of(entry["created_at"]) == today
        )

    def _void_history(self, entry_id: EntryId) -> History:
        [index] = [i for i, entry in enumerate(self.entries) if entry["id"] == entry_id]
        entry = self.entries[index]
        voided_by = [e["id"] for e in self.entries if e["voids"] == entry_id]
        names = ["id", "type", "program_id", "stamps_delta", "points_delta", "amount_minor"]
        names.append("reference")
        past = PastEntry(
            **{name: entry[name] for name in names},
            reward_id=entry["reward_id"],
            reward=entry["reward"],
            carry_delta=self._carry_delta(index),
            details=entry["details"],
            voided_by=voided_by[0] if voided_by else None,
        )
        return History(
            stamps=self._stamps(without=entry_id),
            entry=past,
            forgiven=self._forgiven(),
            reward=self.reward if entry["reward_id"] else None,
            claims=self._claims(),
            moves=self._moves(),
        )

    def _moves(self) -> tuple[LotMove, ...]:
        told = [e for e in self.entries if e["details"]]
        return tuple(LotMove(e["id"], e["type"], e["details"]) for e in told)

    def _claims(self) -> tuple[tuple[int, int], ...]:
        told = [e["details"] or {} for e in standing(self.entries)]
        return tuple((one["claimed_lap"], one["at"]) for one in told if "claimed_lap" in one)

    def _forgiven(self) -> Forgiven:
        by_id = {entry["id"]: index for index, entry in enumerate(self.entries)}
        pairs = [(i, by_id[e["voids"]]) for i, e in enumerate(self.entries) if e["voids"]]
        both = [index for pair in pairs for index in pair]
        ended = [Ended.of(self.entries[void]["details"]) for void, _ in pairs]
        ended_points = sum((one.points for one in ended), Fraction(0))
        return Forgiven(
            stamps=sum(self.entries[i]["stamps_delta"] for i in both) - sum(e[0] for e in ended),
            points=sum(self.entries[i]["points_delta"] for i in both),
            points_carry=sum((self._carry_delta(i) for i in both), -ended_points),
        )

    def _carry_delta(self, index: int) -> Fraction:
        before = self.entries[index - 1]["points_carry_after"] if index else 0
        parts = self.program.points_per_amount_minor
        return Fraction(self.entries[index]["points_carry_after"] - before, parts)

    def _stamps(self, without: str | None = None) -> tuple[PastStamp, ...]:
        return tuple(
            PastStamp(entry["occurred_at"], entry["stamps_delta"])
            for entry in standing(self.entries)
            if entry["type"] in STAMPINGS and entry["stamps_delta"] > 0 and entry["id"] != without
        )

    def check(self) -> None:
        """Check everything that must hold after any operation."""
        check_chain(self.entries)
        self._check_balances()
        self._check_lifetime()
        self._check_stamps()
        self._check_laps()
        if self.reward.stock_left is not None:
            assert self.reward.stock_left >= 0

    def _check_balances(self) -> None:
        card = self.card
        assert card.stamps == sum(entry["stamps_delta"] for entry in self.entries)
        assert card.points == sum(entry["points_delta"] for entry in self.entries)
        assert 0 <= card.points_carry < self.program.points_per_amount_minor
        if self.program.void_policy != "allow_negative":
            assert card.stamps >= 0
            assert card.points >= 0

    def _check_lifetime(self) -> None:
        alive, card = standing(self.entries), self.card
        earned = [e for e in alive if e["type"].endswith(("_earned", "_bonus", "_recorded"))]
        assert card.lifetime_stamps == sum(entry["stamps_delta"] for entry in earned)
        assert card.lifetime_points == sum(entry["points_delta"] for entry in earned)
        rewards = [e for e in alive if e["type"] == "stamps_redeemed" or e["reward"]]
        assert card.lifetime_rewards == len(rewards)
        if self.reward.per_card_limit is not None:
            cakes = [entry for entry in alive if entry["reward_id"]]
            assert len(cakes) <= self.reward.per_card_limit

    def _check_stamps(self) -> None:
        stamps = sorted(self._stamps(), key=lambda stamp: stamp.occurred_at)
        for one, following in pairwise(stamps):
            assert following.occurred_at - one.occurred_at >= self.program.cooldown
        days: dict[Any, int] = {}
        for stamp in stamps:
            day = self.program.day_of(stamp.occurred_at)
            days[day] = days.get(day, 0) + stamp.quantity
        assert all(number <= self.program.max_daily_stamps for number in days.values())
        self._check_recorded()
        if stamps:
            last = self.program.day_of(stamps[-1].occurred_at)
            assert self.card.last_stamp_at == stamps[-1].occurred_at
            assert (self.card.stamps_day, self.card.stamps_on_day) == (last, days[last])
        else:
            assert (self.card.last_stamp_at, self.card.stamps_on_day) == (None, 0)

    def _check_laps(self) -> None:
        """Check that what the card has beside its balances is what the entries tell of it."""
        follows = NO_STANDING
        for entry in self.entries:
            follows = followed(follows, entry["details"] or {})
        assert self.card.kept_standing == follows
        assert follows.stamps_dated <= max(self.card.stamps, 0)
        full = [e for e in standing(self.entries) if e["type"] == "stamps_redeemed"]
        laps = [e for e in full if e["stamps_delta"]] if self.program.milestones else []
        assert follows.lap == 1 + len(laps)
        claims = self._claims()
        assert len(claims) == len(set(claims))
        assert {at for lap, at in claims if lap == follows.lap} == set(follows.claimed)
        assert not set(claims) & set(follows.kept)
        assert all(lap < follows.lap for lap, _ in follows.kept)

    def _check_recorded(self) -> None:
        """Check that no card was given more late stamps in a day than two days hold."""
        recorded: dict[Any, int] = {}
        for entry in standing(self.entries):
            if entry["type"] not in STAMPINGS:
                continue
            if entry["created_at"] - entry["occurred_at"] > timedelta(minutes=10):
                assert entry["occurred_at"] >= self.card.enrolled_at
                day = self.program.day_of(entry["created_at"])
                recorded[day] = recorded.get(day, 0) + entry["stamps_delta"]
        assert all(n <= 2 * self.program.max_daily_stamps for n in recorded.values())
