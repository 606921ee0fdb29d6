"""Who may do what at the counter: staff, blocked cards, inactive programs, welcome bonuses."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from punchcard.kit.errors import DomainError
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.errors.cards import CardBlocked, CardWasReplaced, FreshCodeRequired
from punchcard.loyalty.errors.programs import ProgramInactive, ProgramTypeMismatch
from punchcard.loyalty.errors.staff import StaffPinNotForProgram, StaffPinRequired
from punchcard.loyalty.operations import Actor
from punchcard.loyalty.rules import decide
from punchcard.loyalty.rules.values import History
from punchcard.loyalty.vocabulary import ActorKind, CardStatus, EntryType, PinPolicy, ProgramStatus
from tests.support.drivers.rules import (
    ANNA,
    MONDAY,
    PROGRAM,
    adjust,
    cake,
    card,
    earn,
    enrol,
    past,
    points_program,
    program,
    redeem_cake,
    redeem_points,
    redeem_stamps,
    stamp,
    void,
)

VISITS = [stamp, redeem_stamps, lambda **m: earn(500, **m), lambda **m: redeem_points(1, **m)]
VISITS.append(redeem_cake)
RICH = card(stamps=20, points=500)
MANAGER = Actor(ActorKind.MEMBER, "manager-1")
HYBRID = program(type="hybrid")
STAMPED = History(entry=past(EntryType.STAMP_EARNED, stamps_delta=1))


@pytest.mark.parametrize("visit", VISITS)
@pytest.mark.parametrize(
    ("status", "refusal"),
    [("blocked", CardBlocked), ("closed", CardBlocked), ("replaced", CardWasReplaced)],
)
def test_a_card_that_is_not_active_can_not_be_used(
    visit: Any, status: CardStatus, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        decide(visit(), HYBRID, RICH._replace(status=status), MONDAY, cake())


@pytest.mark.parametrize("visit", VISITS)
@pytest.mark.parametrize("status", ["draft", "inactive"])
def test_a_program_that_is_not_active_takes_no_visits(visit: Any, status: ProgramStatus) -> None:
    with pytest.raises(ProgramInactive):
        decide(visit(), replace(HYBRID, status=status), RICH, MONDAY, cake())


@pytest.mark.parametrize("correction", [adjust(-5), void()])
def test_a_blocked_card_of_an_ended_program_can_still_be_corrected(correction: Any) -> None:
    ended = replace(HYBRID, status=ProgramStatus.INACTIVE)
    after = decide(
        correction, ended, RICH._replace(status=CardStatus.BLOCKED), MONDAY, STAMPED
    ).card
    assert (after.stamps, after.points) in [(20, 495), (19, 500)]


@pytest.mark.parametrize("correction", [adjust(-5), void()])
@pytest.mark.parametrize(
    ("status", "refusal"), [("closed", CardBlocked), ("replaced", CardWasReplaced)]
)
def test_a_closed_card_can_not_even_be_corrected(
    correction: Any, status: CardStatus, refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        decide(correction, HYBRID, RICH._replace(status=status), MONDAY, STAMPED)


@pytest.mark.parametrize("visit", [*VISITS, void])
def test_where_a_pin_is_required_nobody_stamps_without_one(visit: Any) -> None:
    rules = replace(HYBRID, pin_policy=PinPolicy.REQUIRED)
    history = replace(cake(), entry=STAMPED.entry)
    with pytest.raises(StaffPinRequired):
        decide(visit(), rules, RICH, MONDAY, history)
    decide(visit(staff=ANNA), rules, RICH, MONDAY, history)


@pytest.mark.parametrize("policy", ["optional", "off"])
def test_where_a_pin_is_not_required_stamps_go_without(policy: str) -> None:
    assert decide(stamp(), program(pin_policy=policy), card(), MONDAY).card.stamps == 1


@pytest.mark.parametrize("policy", ["required", "optional", "off"])
def test_a_pin_for_another_program_is_no_pin_here(policy: str) -> None:
    rules = program(pin_policy=policy)
    with pytest.raises(StaffPinNotForProgram):
        decide(stamp(staff=replace(ANNA, program_id=ProgramId("another"))), rules, card(), MONDAY)
    decide(stamp(staff=replace(ANNA, program_id=ProgramId(PROGRAM))), rules, card(), MONDAY)


def test_a_manager_corrects_points_without_a_pin() -> None:
    rules = points_program(pin_policy="required")
    assert decide(adjust(5), rules, card(), MONDAY).card.points == 5


def test_a_card_opened_at_the_counter_gets_its_welcome_bonus_at_once() -> None:
    rules = program(type="hybrid", welcome_stamps=2, welcome_points=30)
    opened, welcomed = decide(enrol(), rules, card(), MONDAY).steps
    assert (opened[0].type, opened[0].stamps_delta) == ("card_opened", 0)
    assert (welcomed[0].type, welcomed[0].stamps_delta) == ("welcome_bonus", 2)
    assert welcomed[0].points_delta == 30
    after = welcomed[1]
    assert (after.stamps, after.points, after.is_welcome_due) == (2, 30, False)
    assert (after.lifetime_stamps, after.lifetime_points) == (2, 30)
    assert after.last_activity_at == MONDAY


def test_a_card_somebody_opened_at_home_waits_for_its_welcome_bonus() -> None:
    decision = decide(enrol(is_vouched=False), program(welcome_stamps=2), card(), MONDAY)
    [(entry, after)] = decision.steps
    assert entry.type == "card_opened"
    assert (after.stamps, after.is_welcome_due) == (0, True)


def test_the_first_visit_credits_the_welcome_bonus_and_the_second_does_not() -> None:
    rules = program(welcome_stamps=2)
    first = decide(stamp(), rules, card(is_welcome_due=True), MONDAY)
    assert [entry.type for entry, _ in first.steps] == ["welcome_bonus", "stamp_earned"]
    assert (first.card.stamps, first.card.is_welcome_due) == (3, False)
    second = decide(stamp(), rules, first.card, MONDAY + timedelta(hours=1))
    assert [entry.type for entry, _ in second.steps] == ["stamp_earned"]


def test_a_welcome_bonus_can_be_spent_at_the_visit_that_credits_it() -> None:
    rules = program(welcome_stamps=10)
    decision = decide(redeem_stamps(), rules, card(is_welcome_due=True), MONDAY)
    assert decision.card.stamps == 0


def test_a_welcome_bonus_is_not_credited_by_a_refused_visit() -> None:
    waiting = card(is_welcome_due=True)
    with pytest.raises(ProgramTypeMismatch):
        decide(earn(100), program(welcome_stamps=2), waiting, MONDAY)
    assert waiting.is_welcome_due


def test_a_welcome_bonus_the_program_no_longer_gives_is_not_waited_for() -> None:
    decision = decide(stamp(), program(), card(is_welcome_due=True), MONDAY)
    assert [entry.type for entry, _ in decision.steps] == ["stamp_earned"]
    assert not decision.card.is_welcome_due


def test_a_program_gives_only_what_its_cards_hold() -> None:
    rules = program(welcome_points=50)
    after = decide(enrol(), rules, card(), MONDAY).card
    assert (after.points, after.is_welcome_due) == (0, False)
    rules = points_program(welcome_stamps=3, welcome_points=50)
    after = decide(enrol(), rules, card(), MONDAY).card
    assert (after.stamps, after.points) == (0, 50)


@pytest.mark.parametrize("status", ["draft", "inactive"])
def test_a_program_that_is_not_active_takes_no_new_cards(status: str) -> None:
    with pytest.raises(ProgramInactive):
        decide(enrol(), program(status=status), card(), MONDAY)


def test_welcome_stamps_use_up_neither_the_cooldown_nor_the_day() -> None:
    opened = decide(enrol(), program(welcome_stamps=5), card(), MONDAY).card
    assert decide(stamp(5), program(), opened, MONDAY).card.stamps == 10


@pytest.mark.parametrize("proof", [{"is_code_fresh": True}, {"staff": ANNA}, {"actor": MANAGER}])
def test_where_codes_move_a_reward_goes_to_a_fresh_code_or_through_a_person(
    proof: dict[str, Any],
) -> None:
    rules = program(has_rotating_code=True)
    decided = decide(replace(redeem_stamps(), **proof), rules, card(stamps=10), MONDAY)
    assert decided.card.stamps == 0


def test_where_codes_move_a_picture_alone_takes_nothing_off_a_card() -> None:
    stamps, points = program(has_rotating_code=True), points_program(has_rotating_code=True)
    with pytest.raises(FreshCodeRequired):
        decide(redeem_stamps(), stamps, card(stamps=10), MONDAY)
    with pytest.raises(FreshCodeRequired):
        decide(redeem_points(5), points, card(points=10), MONDAY)
    with pytest.raises(FreshCodeRequired):
        decide(redeem_cake(), points, card(points=500), MONDAY, cake())


def test_where_codes_move_a_still_code_goes_on_collecting() -> None:
    rules = program(has_rotating_code=True)
    assert decide(stamp(), rules, card(), MONDAY).card.stamps == 1
