"""Stamps: cooldown, daily limit, redemption."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, NamedTuple, NoReturn

from punchcard.loyalty.errors.balances import (
    BalanceLimitReached,
    DailyStampLimitReached,
    LateStampLimitReached,
    NotEnoughStamps,
    StampTooSoon,
    TooManyStampsAtOnce,
)
from punchcard.loyalty.errors.programs import ProgramTypeMismatch
from punchcard.loyalty.operations import AddStamp, Operation, RedeemStamps
from punchcard.loyalty.rules.bonus_rules import bonuses_of
from punchcard.loyalty.rules.dated.dated_points import joined, with_details
from punchcard.loyalty.rules.purchase_rules import NOTHING, earned
from punchcard.loyalty.rules.stamps.dated_stamps import credit_stamps, dated, debit_stamps
from punchcard.loyalty.rules.stamps.milestone_rules import (
    claimed,
    counts_laps,
    milestone_at,
    next_lap,
)
from punchcard.loyalty.rules.stamps.purchase_items import base_stamps, items_told
from punchcard.loyalty.rules.standing import Details
from punchcard.loyalty.rules.time_rules import AWAY_FROM_COUNTER, LATE, LATE_DAYS
from punchcard.loyalty.rules.values import (
    BALANCE_LIMIT,
    CardState,
    Decision,
    EntryDraft,
    History,
    PastStamp,
    ProgramRules,
    Steps,
)
from punchcard.loyalty.vocabulary import EntryType

# Looked up once: before Python 3.12 an enum gives its words slowly, and these are asked always.
_STAMPS_REDEEMED: Final = EntryType.STAMPS_REDEEMED
_STAMP_EARNED: Final = EntryType.STAMP_EARNED

_StampClock = tuple[datetime | None, date | None, int]
"""When the last stamp was given, which day that was, and how many that day had."""


class NextStamp(NamedTuple):
    """When a card may be stamped again (None: now) and how many stamps its day has left."""

    at: datetime | None
    left_today: int


def add_stamp(
    operation: AddStamp, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Add the stamps, unless the cooldown or the day's limit forbids it."""
    if not program.has_stamps:
        raise ProgramTypeMismatch(program_type=program.type)
    card = steps.card
    quantity = base_stamps(operation, program)
    stamps, told = quantity, items_told(operation) if operation.items else None
    if program.promotions and (bonuses := bonuses_of(operation, program, card, at, history)):
        earning = earned(0, NOTHING, NOTHING, bonuses, base_stamps=quantity)
        stamps, told = earning.stamps, joined(told, {"parts": earning.parts})
    bonus = stamps - quantity
    stamped, details = put_stamps(
        operation, program, card, history, at, quantity=quantity, bonus=bonus
    )
    # In the order of the fields: naming them costs twice as much.
    entry = EntryDraft(_STAMP_EARNED, stamps, 0, None, operation.reference)
    if details or told:
        entry = entry.telling(joined(details, told))
    steps.take(entry, stamped)
    return steps.decision()


def put_stamps(
    operation: Operation,
    program: ProgramRules,
    card: CardState,
    history: History,
    at: datetime,
    *,
    quantity: int,
    bonus: int = 0,
) -> tuple[CardState, Details | None]:
    """Put stamps on the card, unless the cooldown or the day's limit forbids it.

    Both look at `quantity` alone; what promotions add comes on top as `bonus`. Stamps that no
    counter gave are held against neither.
    """
    if operation.actor.kind in AWAY_FROM_COUNTER:
        return _away_stamps(program, card, quantity, at, bonus=bonus)
    late = is_out_of_turn(card, at)
    if late:
        _check_late_stamp(quantity, program, history.stamps, at)
    else:
        _check_stamp(quantity, program, card, at)
    clock = (
        _clock_late(program, card, quantity, at) if late else _clock(program, card, quantity, at)
    )
    _check_balance(card, quantity + bonus)
    after = _stamped(card, quantity + bonus, clock)
    if program.stamps_expiry is None:
        return after, None
    return dated(program, card, after, program.day_of(at))


def _away_stamps(
    program: ProgramRules, card: CardState, quantity: int, at: datetime, *, bonus: int
) -> tuple[CardState, Details | None]:
    """Put stamps on the card that no counter gave: as many as a day may have, whatever it had.

    Receipts have a limit of their own, and orders were paid for in another system. So they neither
    ask the card's stamp clock nor move it: who put one on their card at noon is stamped at the
    counter as if nothing had been.
    """
    _check_day(quantity, program, 0, at)
    _check_balance(card, quantity + bonus)
    return credit_stamps(program, card, quantity + bonus, program.day_of(at))


def _stamped(card: CardState, stamps: int, clock: _StampClock) -> CardState:
    """Return the card with so many stamps more and its stamp clock moved.

    In the order of the fields, as it is asked for with every stamp: naming them costs twice as
    much.
    """
    return CardState(
        card.id,
        card.status,
        card.stamps + stamps,
        card.points,
        card.points_carry,
        card.carry_parts,
        card.lifetime_stamps + stamps,
        card.lifetime_points,
        card.lifetime_rewards,
        *clock,
        card.is_welcome_due,
        card.last_activity_at,
        card.enrolled_at,
        card.standing,
        card.due_on,
    )


def _check_balance(card: CardState, stamps: int) -> None:
    if card.stamps + stamps > BALANCE_LIMIT:
        raise BalanceLimitReached


def redeem_stamps(
    operation: RedeemStamps, program: ProgramRules, steps: Steps, history: History, at: datetime
) -> Decision:
    """Take a full card's stamps for its reward; stamps beyond the target stay, on the next lap.

    With a milestone asked for, its reward is given and no stamps are taken.
    """
    check_stamps_type(program)
    card, target = steps.card, program.stamps_target
    rewarded = card._replace(lifetime_rewards=card.lifetime_rewards + 1)
    if operation.milestone is not None and operation.milestone != target:
        milestone = milestone_at(program, operation.milestone)
        claim = with_details(rewarded, claimed(card, milestone.at))
        entry = EntryDraft(_STAMPS_REDEEMED, reward=milestone.reward, details=claim.details)
        steps.take(entry, claim.card)
        return steps.decision()
    if card.stamps < target:
        raise NotEnoughStamps(stamps_missing=target - card.stamps, stamps_target=target)
    after, details = debit_stamps(rewarded, target)
    if counts_laps(program, card):
        after, lap = with_details(after, next_lap(program, card))
        details = joined(details, lap)
    entry = EntryDraft(
        _STAMPS_REDEEMED, stamps_delta=-target, reward=program.stamp_reward, details=details
    )
    steps.take(entry, after)
    return steps.decision()


def check_stamps_type(program: ProgramRules) -> None:
    """Refuse where cards collect no stamps. Raises ProgramTypeMismatch."""
    if not program.has_stamps:
        raise ProgramTypeMismatch(program_type=program.type)


def is_out_of_turn(card: CardState, at: datetime) -> bool:
    """Return whether a stamp given at `at` comes before one the card already has."""
    return card.last_stamp_at is not None and at < card.last_stamp_at


def without_jump(program: ProgramRules, card: CardState, now: datetime) -> CardState:
    """Return the card without a last stamp that lies further ahead of `now` than the cooldown.

    The server's clock was wrong when that was written. It holds nobody up for as long, neither at
    the till nor in what the card says; a day that is today's stays counted.
    """
    last = card.last_stamp_at
    if last is None or last <= now or last - now < program.cooldown:
        return card
    if card.stamps_day == program.day_of(now):
        return card._replace(last_stamp_at=None)
    return card._replace(last_stamp_at=None, stamps_day=None, stamps_on_day=0)


def as_stamped(
    program: ProgramRules, card: CardState, occurred_at: datetime | None, now: datetime
) -> CardState:
    """Return the card as a stamp finds it that was given at `occurred_at`, None for now.

    What is reported late is held against its neighbours in time, whatever the clock did since.
    """
    is_of_now = occurred_at is None or now - LATE <= occurred_at <= now
    return without_jump(program, card, now) if is_of_now else card


def is_late_report(occurred_at: datetime | None, now: datetime) -> bool:
    """Return whether a stamp that was given at `occurred_at`, None for now, comes late."""
    return occurred_at is not None and now - occurred_at > LATE


def check_recorded_day(recorded: int, program: ProgramRules, now: datetime) -> None:
    """Refuse a late stamp with which the day of `now` has `recorded` so many on this card.

    They count on the days they happened as well; this keeps days that nobody saw from being told.
    Raises LateStampLimitReached.
    """
    limit = LATE_DAYS * program.max_daily_stamps
    if recorded > limit:
        opens = program.start_of_next_day(now).astimezone(program.zone)
        raise LateStampLimitReached(
            next_stamp_at=opens, stamps_left_today=0, max_daily_stamps=limit
        )


def next_stamp(program: ProgramRules, card: CardState, now: datetime) -> NextStamp:
    """Return when `card` may be stamped next, seen from `now`."""
    if not program.has_stamps:
        return NextStamp(None, 0)
    last = card.last_stamp_at
    if last is not None and last > now:
        card = without_jump(program, card, now)
        last = card.last_stamp_at
    used = card.stamps_on_day if card.stamps_day == program.day_of(now) else 0
    left = max(0, program.max_daily_stamps - used)
    opens = now if last is None else last + program.cooldown
    if not left:
        opens = max(opens, program.start_of_next_day(now))
    return NextStamp(opens if opens > now else None, left)


def with_stamp_clock(
    program: ProgramRules, card: CardState, stamps: Iterable[PastStamp]
) -> CardState:
    """Return the card with its stamp clock (last stamp, that day's stamps) set from `stamps`."""
    ordered = sorted(stamps, key=lambda stamp: stamp.occurred_at)
    if not ordered:
        return card._replace(last_stamp_at=None, stamps_day=None, stamps_on_day=0)
    last = ordered[-1].occurred_at
    day = program.day_of(last)
    on_day = sum(s.quantity for s in ordered if program.day_of(s.occurred_at) == day)
    return card._replace(last_stamp_at=last, stamps_day=day, stamps_on_day=on_day)


def _check_stamp(quantity: int, program: ProgramRules, card: CardState, at: datetime) -> None:
    used = card.stamps_on_day if card.stamps_day == program.day_of(at) else 0
    if card.last_stamp_at is not None and at < card.last_stamp_at + program.cooldown:
        _refuse_as_too_soon(program, card.last_stamp_at + program.cooldown, used, at)
    _check_day(quantity, program, used, at)


def _check_late_stamp(
    quantity: int, program: ProgramRules, stamps: Iterable[PastStamp], at: datetime
) -> None:
    """Hold a stamp that was given before the latest one against its neighbours in time."""
    around = list(stamps)
    day = program.day_of(at)
    used = sum(s.quantity for s in around if program.day_of(s.occurred_at) == day)
    near = [s.occurred_at for s in around if abs(s.occurred_at - at) < program.cooldown]
    if near:
        _refuse_as_too_soon(program, max(near) + program.cooldown, used, at)
    _check_day(quantity, program, used, at)


def _refuse_as_too_soon(
    program: ProgramRules, cooled_at: datetime, used: int, at: datetime
) -> NoReturn:
    """Refuse, and tell a time that holds: a day whose stamps are used up opens tomorrow only."""
    is_used_up = used >= program.max_daily_stamps
    opens = max(cooled_at, program.start_of_next_day(at)) if is_used_up else cooled_at
    raise StampTooSoon(next_stamp_at=opens.astimezone(program.zone))


def _check_day(quantity: int, program: ProgramRules, used: int, at: datetime) -> None:
    left = max(0, program.max_daily_stamps - used)
    if quantity <= left:
        return
    limits = {"stamps_left_today": left, "max_daily_stamps": program.max_daily_stamps}
    if left:
        raise TooManyStampsAtOnce(next_stamp_at=None, **limits)
    # As the clock in the shop shows it: that is what the sentence is read beside.
    opens = program.start_of_next_day(at).astimezone(program.zone)
    raise DailyStampLimitReached(next_stamp_at=opens, **limits)


def _clock(program: ProgramRules, card: CardState, quantity: int, at: datetime) -> _StampClock:
    """Return the card's stamp clock moved on to `at`."""
    day = program.day_of(at)
    before = card.stamps_on_day if day == card.stamps_day else 0
    return at, day, before + quantity


def _clock_late(program: ProgramRules, card: CardState, quantity: int, at: datetime) -> _StampClock:
    """Return the card's stamp clock with a late stamp counted, if it fell on the latest's day."""
    is_same_day = program.day_of(at) == card.stamps_day
    on_day = card.stamps_on_day + (quantity if is_same_day else 0)
    return card.last_stamp_at, card.stamps_day, on_day
