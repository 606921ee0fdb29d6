"""Whatever two cards hold, one has it all once they are merged, and each its own afterwards."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from punchcard.kit.ids import CardId, EntryId, MergeId, VendorId
from punchcard.loyalty.merge_operation import MergeCards
from punchcard.loyalty.operations import CardKey, CardRef
from punchcard.loyalty.rules.carry import carried, held
from punchcard.loyalty.rules.dated.ended import LotMove
from punchcard.loyalty.rules.decide import decide_merge, decide_separation
from punchcard.loyalty.rules.merges.merge_rules import MergeDecision
from punchcard.loyalty.rules.merges.unmerge_rules import Had, PastMerge
from punchcard.loyalty.rules.standing import Lot, Standing, followed
from punchcard.loyalty.rules.values import CardState, Decision, History, PastEntry
from punchcard.loyalty.vocabulary import CardStatus, ProgramType, VoidPolicy
from tests.support.drivers.rules import ALICE, ENTRY, MONDAY, program, stamp, void

MINE, FOUND = "019cac1e-7b00-7000-8000-0000000000a1", "019cac1e-7b00-7000-8000-0000000000a2"
MERGE = MergeId("019cac1e-7b00-7000-8000-0000000000a3")
WENT = EntryId("019cac1e-7b00-7000-8000-0000000000a4")
PARTS = 300
HYBRID = program(
    type=ProgramType.HYBRID, points_per_amount_minor=PARTS, cooldown=timedelta(0), stamps_target=6
)
DAYS = ("2027-01-31", "2027-06-30", "2028-02-29")
COUNTED = ("points:2026-02", "points:2026-03", "points:before")
BEFORE = MONDAY - timedelta(days=1)


@st.composite
def dated(draw: st.DrawFn, most: int) -> tuple[Lot, ...]:
    """Draw points or stamps with dates, no more than there are."""
    amounts = []
    for day in draw(st.sets(st.sampled_from(DAYS))):
        if most > 0:
            amounts.append(Lot(day, draw(st.integers(1, most))))
            most -= amounts[-1].amount
    return tuple(sorted(amounts))


@st.composite
def standings(draw: st.DrawFn, name: str, stamps: int, points: int) -> Standing:
    """Draw what a card has beside its balances; `name` tells what it was given from others'."""
    lap = draw(st.integers(1, 4))
    former = st.tuples(st.integers(1, max(1, lap - 1)), st.sampled_from((3, 6)))
    pending = draw(st.dictionaries(st.sampled_from(DAYS), st.integers(1, 9), max_size=2))
    waiting = [Lot(day, amount, "2026-12-01") for day, amount in pending.items()]
    times = st.lists(st.tuples(st.sampled_from(("2026-02", "2026-03")), st.integers(1, 3)))
    given = draw(st.integers(0, 2))
    return Standing(
        lots=tuple(sorted([*draw(dated(points)), *waiting])),
        stamp_lots=draw(dated(stamps)),
        lap=lap,
        claimed=tuple(sorted(draw(st.sets(st.sampled_from((3, 5)))))),
        kept=tuple(sorted(draw(st.sets(former)))) if lap > 1 else (),
        qualifying=draw(st.dictionaries(st.sampled_from(COUNTED), st.integers(1, 500))),
        uses={
            promotion: sorted([period, used] for period, used in dict(draw(times)).items())
            for promotion in draw(st.sets(st.sampled_from(("spring", "summer"))))
        },
        grants={f"{name}-{number}": {"reward_id": "cake"} for number in range(given)},
    )


@st.composite
def cards(draw: st.DrawFn, card_id: str, least: int = 0) -> CardState:
    """Draw a card; one that owes something has nothing with a date."""
    stamps, points = draw(st.integers(least, 30)), draw(st.integers(least, 1000))
    standing = draw(standings(card_id, max(stamps, 0), max(points, 0)))
    return CardState(
        id=CardId(card_id),
        stamps=stamps,
        points=points,
        points_carry=draw(st.integers(0, PARTS - 1)),
        carry_parts=PARTS,
        lifetime_stamps=draw(st.integers(0, 99)),
        lifetime_points=draw(st.integers(0, 999)),
        lifetime_rewards=draw(st.integers(0, 9)),
        enrolled_at=BEFORE,
        last_activity_at=BEFORE,
        standing=None if standing == Standing() else standing,
    )


def merged(mine: CardState, found: CardState) -> MergeDecision:
    operation = MergeCards(
        vendor_id=VendorId(ALICE),
        actor=stamp().actor,
        card=CardRef(CardKey.ID, mine.id),
        from_card=CardRef(CardKey.ID, found.id),
        merge_id=MERGE,
    )
    return decide_merge(operation, HYBRID, (mine, found), MONDAY)


def past(entry_id: str, before: CardState, decision: Decision) -> PastEntry:
    draft, after = decision.steps[-1]
    return PastEntry(
        id=EntryId(entry_id),
        type=draft.type,
        program_id=HYBRID.id,
        stamps_delta=draft.stamps_delta,
        points_delta=draft.points_delta,
        amount_minor=None,
        reference=None,
        reward_id=None,
        reward=None,
        carry_delta=carried(HYBRID, after) - carried(HYBRID, before),
        voided_by=None,
        details=draft.details,
    )


def separated(
    mine: CardState, found: CardState, merge: MergeDecision, policy: VoidPolicy
) -> MergeDecision:
    came, went = past(ENTRY, mine, merge.target), past(WENT, found, merge.source)
    moves = (LotMove(came.id, came.type, came.details or {}),)
    states = (merge.target.card, merge.source.card)
    had = Had(mine.stamps, held(HYBRID, mine))
    told = PastMerge(came, went, MONDAY, History(moves=moves), had)
    rules = replace(HYBRID, void_policy=policy)
    return decide_separation(void(), rules, states, MONDAY + timedelta(days=1), told)


def amounts(lots: Iterable[Lot]) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for lot in lots:
        found[lot.expires_on, lot.activates_on] += lot.amount
    return found


def uses_of(standing: Standing) -> Counter[tuple[str, str]]:
    found: Counter[tuple[str, str]] = Counter()
    for promotion, uses in standing.uses.items():
        for period, times in uses:
            found[promotion, period] += times
    return found


def holdings(*held_cards: CardState) -> Mapping[str, Any]:
    """Return all that cards hold together."""
    found = [card.kept_standing for card in held_cards]
    return {
        "stamps": sum(card.stamps for card in held_cards),
        "points": sum(held(HYBRID, card) for card in held_cards),
        "lifetime_stamps": sum(card.lifetime_stamps for card in held_cards),
        "lifetime_points": sum(card.lifetime_points for card in held_cards),
        "lifetime_rewards": sum(card.lifetime_rewards for card in held_cards),
        "lots": sum((amounts(one.lots) for one in found), Counter()),
        "stamp_lots": sum((amounts(one.stamp_lots) for one in found), Counter()),
        "laps": sum(one.lap - 1 for one in found),
        "kept": sum((Counter(at for _, at in one.kept) for one in found), Counter()),
        "qualifying": sum((Counter(one.qualifying) for one in found), Counter()),
        "uses": sum((uses_of(one) for one in found), Counter()),
        "grants": sorted(name for one in found for name in one.grants),
    }


def owned(card: CardState) -> Mapping[str, Any]:
    """Return all that a card is, but for what limits look at."""
    standing = card.kept_standing
    return {
        **holdings(card),
        "status": card.status,
        "lap": standing.lap,
        "claimed": standing.claimed,
        "kept": standing.kept,
        "grants": dict(standing.grants),
        "merged": dict(standing.merged),
    }


@settings(max_examples=60, deadline=None)
@given(mine=cards(MINE), found=cards(FOUND))
def test_nothing_is_lost_and_nothing_is_had_twice(mine: CardState, found: CardState) -> None:
    merge = merged(mine, found)
    joint, empty = merge.target.card, merge.source.card
    assert holdings(joint) == holdings(mine, found)
    assert holdings(empty) == holdings(CardState(id=empty.id, carry_parts=PARTS))
    assert set(joint.kept_standing.claimed) == {
        *mine.kept_standing.claimed,
        *found.kept_standing.claimed,
    }
    assert (joint.status, empty.status) == (CardStatus.ACTIVE, CardStatus.REPLACED)


@settings(max_examples=60, deadline=None)
@given(mine=cards(MINE), found=cards(FOUND), policy=st.sampled_from(VoidPolicy))
def test_each_has_its_own_again_once_they_are_separated(
    mine: CardState, found: CardState, policy: VoidPolicy
) -> None:
    merge = merged(mine, found)
    apart = separated(mine, found, merge, policy)
    assert owned(apart.target.card) == owned(mine)
    assert owned(apart.source.card) == owned(found)


@settings(max_examples=100, deadline=None)
@given(mine=cards(MINE, -20), found=cards(FOUND, -20), policy=st.sampled_from(VoidPolicy))
def test_each_owes_its_own_again_and_has_its_dates_again(
    mine: CardState, found: CardState, policy: VoidPolicy
) -> None:
    merge = merged(mine, found)
    apart = separated(mine, found, merge, policy)
    assert owned(apart.target.card) == owned(mine)
    assert owned(apart.source.card) == owned(found)


@settings(max_examples=40, deadline=None)
@given(mine=cards(MINE, -20), found=cards(FOUND, -20))
def test_what_one_card_owes_both_owe(mine: CardState, found: CardState) -> None:
    joint = merged(mine, found).target.card
    before, after = holdings(mine, found), holdings(joint)
    for name in ("stamps", "points", "grants", "qualifying", "laps"):
        assert after[name] == before[name]
    assert joint.kept_standing.points_dated <= max(joint.points, 0)
    assert joint.kept_standing.stamps_dated <= max(joint.stamps, 0)


@settings(max_examples=40, deadline=None)
@given(mine=cards(MINE), found=cards(FOUND), policy=st.sampled_from(VoidPolicy))
def test_what_the_entries_tell_says_the_same(
    mine: CardState, found: CardState, policy: VoidPolicy
) -> None:
    """A standing follows from the details of entries alone: so the ledger derives it again."""
    merge = merged(mine, found)
    apart = separated(mine, found, merge, policy)
    on_mine, on_found = (merge.target, apart.target), (merge.source, apart.source)
    for before, decisions in ((mine, on_mine), (found, on_found)):
        standing = before.kept_standing
        for decision in decisions:
            for draft, after in decision.steps:
                standing = followed(standing, draft.details or {})
                assert standing == after.kept_standing


def test_parts_of_a_point_that_a_program_does_not_count_in_go_and_come_back_whole() -> None:
    """As tiers and promotions leave them on a card."""
    common: dict[str, Any] = {"enrolled_at": BEFORE, "last_activity_at": BEFORE}
    mine = CardState(id=CardId(MINE), points=3, points_carry=700, carry_parts=900, **common)
    found = CardState(id=CardId(FOUND), points=4, points_carry=299, carry_parts=700, **common)
    merge = merged(mine, found)
    assert holdings(merge.target.card) == holdings(mine, found)
    assert (merge.target.card.points, merge.target.card.carry_parts) == (8, 6300)
    apart = separated(mine, found, merge, VoidPolicy.CLAMP)
    for was, now in ((mine, apart.target.card), (found, apart.source.card)):
        assert holdings(now) == holdings(was)
        assert (now.points, carried(HYBRID, now)) == (was.points, carried(HYBRID, was))
