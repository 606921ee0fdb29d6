"""Rewards on the way to a full card: reached, claimed once a lap, kept or lapsed, taken back."""

from collections.abc import Mapping
from typing import Any

import pytest

from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.errors.balances import MilestoneAlreadyClaimed, NotEnoughStamps
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.reward_rules import ready_rewards
from punchcard.loyalty.rules.stamps.milestone_rules import KEPT_LIMIT, kept_of, milestones_of
from punchcard.loyalty.rules.standing import Standing, followed
from punchcard.loyalty.rules.values import (
    CardState,
    Decision,
    EntryDraft,
    History,
    ProgramRules,
    StampMilestone,
)
from punchcard.loyalty.vocabulary import EntryType
from tests.support.drivers.rules import (
    MONDAY,
    card,
    past,
    points_program,
    program,
    redeem_stamps,
    stamp,
    void,
)

COOKIE = StampMilestone(3, {"name": "A cookie", "value_minor": 150})
CROISSANT = StampMilestone(6, {"name": "A croissant", "value_minor": 250})


def ladder(**rules: Any) -> ProgramRules:
    """Return a coffee card of ten with a cookie at three stamps and a croissant at six."""
    return program(milestones=(COOKIE, CROISSANT), void_policy="allow_negative", **rules)


def on_lap(stamps: int, **holds: Any) -> CardState:
    return card(stamps=stamps, standing=Standing(**holds))


def states(rules: ProgramRules, holder: CardState) -> dict[int, str]:
    return {one.at: str(one.state) for one in milestones_of(rules, holder)}


def voided(
    rules: ProgramRules, holder: CardState, entry: EntryDraft, *claims: tuple[int, int]
) -> Decision:
    """Void a redemption; `claims` are the milestones' claims that stand then."""
    facts: dict[str, Any] = {
        name: getattr(entry, name) for name in ("stamps_delta", "reward", "details")
    }
    entry_past = past(EntryType.STAMPS_REDEEMED, **facts)
    return decide(void(), rules, holder, MONDAY, History(entry=entry_past, claims=claims))


def test_a_card_shows_the_rewards_of_its_lap() -> None:
    assert states(ladder(), card(stamps=4)) == {3: "ready", 6: "ahead", 10: "ahead"}
    assert states(ladder(), on_lap(11, claimed=(3,))) == {3: "claimed", 6: "ready", 10: "ready"}
    assert states(program(), card(stamps=4)) == {10: "ahead"}
    assert milestones_of(points_program(), card()) == ()


def test_a_milestone_gives_its_reward_and_takes_no_stamps() -> None:
    [(entry, after)] = decide(redeem_stamps(milestone=3), ladder(), card(stamps=4), MONDAY).steps
    assert (entry.type, entry.stamps_delta) == ("stamps_redeemed", 0)
    assert entry.reward == {"name": "A cookie", "value_minor": 150}
    assert entry.details == {"at": 3, "lap": 1, "claimed_lap": 1, "claimed": [3]}
    assert (after.stamps, after.lifetime_rewards) == (4, 1)
    assert states(ladder(), after) == {3: "claimed", 6: "ahead", 10: "ahead"}


def test_a_milestone_is_given_once_a_lap() -> None:
    with pytest.raises(MilestoneAlreadyClaimed) as refusal:
        decide(redeem_stamps(milestone=3), ladder(), on_lap(4, lap=2, claimed=(3,)), MONDAY)
    assert refusal.value.facts == {"at": 3, "lap": 2}


def test_a_milestone_that_is_not_reached_tells_what_is_missing() -> None:
    with pytest.raises(NotEnoughStamps) as refusal:
        decide(redeem_stamps(milestone=6), ladder(), card(stamps=4), MONDAY)
    assert refusal.value.facts == {"stamps_missing": 2, "stamps_target": 6}


@pytest.mark.parametrize("rules", [ladder(), program()])
def test_there_is_no_reward_between_the_milestones(rules: ProgramRules) -> None:
    with pytest.raises(InvalidInput) as refusal:
        decide(redeem_stamps(milestone=4), rules, card(stamps=9), MONDAY)
    assert refusal.value.errors[0]["loc"] == ["at"]


@pytest.mark.parametrize("milestone", [None, 10])
def test_a_full_card_begins_the_next_lap_and_surplus_stamps_go_along(milestone: int | None) -> None:
    full = on_lap(13, claimed=(3, 6))
    [(entry, after)] = decide(redeem_stamps(milestone=milestone), ladder(), full, MONDAY).steps
    assert entry.stamps_delta == -10
    assert entry.details == {"at": 10, "lap": 2, "claimed": []}
    assert (after.stamps, after.kept_standing.lap) == (3, 2)
    assert states(ladder(), after) == {3: "ready", 6: "ahead", 10: "ahead"}


def test_a_card_with_one_reward_tells_nothing_of_laps() -> None:
    [(entry, after)] = decide(redeem_stamps(), program(), card(stamps=12), MONDAY).steps
    assert (entry.details, after.standing) == (None, None)


def test_laps_go_on_when_a_program_gives_its_milestones_up() -> None:
    holder = on_lap(10, lap=4, claimed=(3,))
    [(entry, after)] = decide(redeem_stamps(), program(), holder, MONDAY).steps
    assert entry.details == {"at": 10, "lap": 5, "claimed": []}
    assert after.kept_standing.lap == 5


def test_what_nobody_claimed_is_kept_and_taken_first() -> None:
    after = decide(redeem_stamps(), ladder(), on_lap(13, claimed=(6,)), MONDAY).card
    assert kept_of(ladder(), after) == ((1, 3),)
    [(entry, had)] = decide(redeem_stamps(milestone=3), ladder(), after, MONDAY).steps
    assert entry.details == {"at": 3, "lap": 2, "claimed_lap": 1, "kept": []}
    assert states(ladder(), had)[3] == "ready"
    again = decide(redeem_stamps(milestone=3), ladder(), had, MONDAY).card
    with pytest.raises(MilestoneAlreadyClaimed):
        decide(redeem_stamps(milestone=3), ladder(), again, MONDAY)


def test_what_nobody_claimed_can_lapse() -> None:
    rules = ladder(keeps_milestones=False)
    after = decide(redeem_stamps(), rules, card(stamps=10), MONDAY).card
    assert kept_of(rules, after) == ()
    with pytest.raises(NotEnoughStamps):
        decide(redeem_stamps(milestone=3), rules, after, MONDAY)


def test_the_oldest_unclaimed_rewards_lapse_beyond_the_limit() -> None:
    holder = card(stamps=10 * (KEPT_LIMIT + 3))
    for _ in range(KEPT_LIMIT):
        holder = decide(redeem_stamps(), ladder(), holder, MONDAY).card
    kept = kept_of(ladder(), holder)
    assert len(kept) == KEPT_LIMIT
    assert kept[0] == (KEPT_LIMIT // 2 + 1, 3)
    assert kept[-1] == (KEPT_LIMIT, 6)


def test_a_kept_reward_that_the_program_gave_up_cannot_be_had() -> None:
    holder = on_lap(2, lap=2, kept=((1, 3), (1, 6)))
    rules = program(milestones=(CROISSANT,))
    assert kept_of(rules, holder) == ((1, 6),)
    with pytest.raises(InvalidInput):
        decide(redeem_stamps(milestone=3), rules, holder, MONDAY)


def test_rewards_that_can_be_had_are_counted_with_their_stamps() -> None:
    holder = on_lap(24, lap=3, claimed=(3,), kept=((1, 6), (2, 6), (2, 3)))
    ready = [(one.name, one.times, one.at) for one in ready_rewards(ladder(), holder, MONDAY)]
    assert ready == [("A coffee", 2, None), ("A croissant", 3, 6), ("A cookie", 1, 3)]


def test_a_voided_claim_can_be_made_again() -> None:
    [(entry, after)] = decide(redeem_stamps(milestone=3), ladder(), card(stamps=4), MONDAY).steps
    [(reversal, restored)] = voided(ladder(), after, entry).steps
    assert (reversal.stamps_delta, reversal.details) == (0, {"claimed": []})
    assert (restored.lifetime_rewards, restored.standing) == (0, None)
    assert decide(redeem_stamps(milestone=3), ladder(), restored, MONDAY).card == after


def test_a_claim_voided_on_a_later_lap_is_kept_or_lapses() -> None:
    [(entry, claimed)] = decide(redeem_stamps(milestone=3), ladder(), card(stamps=10), MONDAY).steps
    later = decide(redeem_stamps(), ladder(), claimed, MONDAY).card
    assert kept_of(ladder(), later) == ((1, 6),)
    assert kept_of(ladder(), voided(ladder(), later, entry).card) == ((1, 3), (1, 6))
    lapsing = ladder(keeps_milestones=False)
    [(reversal, after)] = voided(lapsing, later, entry).steps
    assert reversal.details is None
    assert kept_of(lapsing, after) == ((1, 6),)


def test_a_voided_exchange_brings_the_lap_back_as_it_was() -> None:
    full = on_lap(11, claimed=(3,))._replace(lifetime_rewards=1, last_activity_at=MONDAY)
    [(entry, after)] = decide(redeem_stamps(), ladder(), full, MONDAY).steps
    restored = voided(ladder(), after, entry, (1, 3)).card
    assert restored == full


def test_a_claim_of_the_lap_that_is_undone_is_not_made_twice() -> None:
    full = on_lap(13, claimed=(3, 6))
    [(entry, second)] = decide(redeem_stamps(), ladder(), full, MONDAY).steps
    claimed = decide(redeem_stamps(milestone=3), ladder(), second, MONDAY).card
    claims = ((1, 3), (1, 6), (2, 3))
    back = voided(ladder(), claimed, entry, *claims).card
    assert (back.stamps, back.kept_standing.lap, back.kept_standing.claimed) == (13, 1, (3, 6))
    again = decide(redeem_stamps(), ladder(), back, MONDAY).card
    assert (again.kept_standing.lap, again.kept_standing.claimed) == (2, (3,))
    with pytest.raises(MilestoneAlreadyClaimed):
        decide(redeem_stamps(milestone=3), ladder(), again, MONDAY)


def test_a_claim_of_an_undone_lap_can_be_voided_too() -> None:
    second = decide(redeem_stamps(), ladder(), on_lap(13, claimed=(3, 6)), MONDAY)
    claim = decide(redeem_stamps(milestone=3), ladder(), second.card, MONDAY)
    entry = second.steps[-1][0]
    back = voided(ladder(), claim.card, entry, (1, 3), (1, 6), (2, 3)).card
    freed = voided(ladder(), back, claim.steps[-1][0]).card
    again = decide(redeem_stamps(), ladder(), freed, MONDAY).card
    assert again.kept_standing.claimed == ()


def test_an_exchange_of_before_the_milestones_leaves_laps_alone() -> None:
    [(entry, after)] = decide(redeem_stamps(), program(), card(stamps=10), MONDAY).steps
    restored = voided(ladder(), after, entry).card
    assert (restored.stamps, restored.standing) == (10, None)


def test_a_voided_stamp_below_a_claimed_milestone_leaves_the_claim() -> None:
    holder = on_lap(3, claimed=(3,))
    stamped = past(EntryType.STAMP_EARNED, stamps_delta=2)
    after = decide(void(), ladder(), holder, MONDAY, History(entry=stamped)).card
    assert after.stamps == 1
    assert states(ladder(), after)[3] == "claimed"
    again = decide(stamp(2), ladder(), after, MONDAY).card
    with pytest.raises(MilestoneAlreadyClaimed):
        decide(redeem_stamps(milestone=3), ladder(), again, MONDAY)


def test_a_cards_standing_follows_from_what_the_entries_tell() -> None:
    rules = ladder()
    standing, holder = Standing(), card(stamps=33)
    asked: list[Mapping[str, Any]] = [
        {"milestone": 3},
        {},
        {"milestone": 3},
        {"milestone": 6},
        {},
        {"milestone": 6},
        {},
    ]
    for wish in asked:
        [(entry, holder)] = decide(redeem_stamps(**wish), rules, holder, MONDAY).steps
        standing = followed(standing, entry.details or {})
        assert Standing.parse(standing.document()) == standing == holder.standing
    assert (holder.stamps, standing.lap) == (3, 4)
