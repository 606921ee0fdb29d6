"""A vendor's programs: defaults, slugs, versions, what cards hold fast, and the audit trail."""

from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.kit.errors import InvalidInput
from punchcard.loyalty.errors.programs import ProgramHasCards, ProgramNotFound, ProgramSlugTaken
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.staff import pin_service
from punchcard.loyalty.vocabulary import ProgramStatus
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator


def change(shop: Shop, program: LoyaltyProgram, **fields: Any) -> LoyaltyProgram:
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        return program_service.update_program(session, act, shop.id, program.id, fields)


def faults(refusal: InvalidInput) -> list[str]:
    return [error["loc"][0] for error in refusal.errors]


def events(shop: Shop, action: str) -> list[AuditEvent]:
    with shop.context.database.read() as session:
        having = select(AuditEvent).where(AuditEvent.action == action)
        return list(session.scalars(having.order_by(AuditEvent.id)))


def test_a_new_program_is_a_draft_with_the_vendors_currency_and_time_zone(alice: Shop) -> None:
    program = shelf.program(alice, name="Carte Café")
    assert (program.status, program.currency, program.timezone) == (
        "draft",
        "EUR",
        "Europe/Luxembourg",
    )
    assert (program.slug, program.card_name, program.version) == ("carte-cafe", "Carte Café", 1)
    assert (program.stamps_target, program.cooldown_minutes, program.max_daily_stamps) == (
        10,
        15,
        5,
    )
    assert (program.pin_policy, program.pin_max_attempts, program.pin_lockout_minutes) == (
        "required",
        5,
        30,
    )
    assert (program.void_policy, program.self_enrollment) == ("allow_negative", True)


def test_a_slug_from_the_name_gets_a_number_when_it_is_taken(alice: Shop, bob: Shop) -> None:
    slugs = [shelf.program(shop).slug for shop in (alice, bob, alice)]
    assert slugs == ["coffee-card", "coffee-card-2", "coffee-card-3"]


def test_a_name_without_latin_letters_still_gets_a_slug(alice: Shop) -> None:
    assert shelf.program(alice, name="コーヒー").slug == "program"


def test_a_slug_that_was_asked_for_is_refused_when_it_is_taken(alice: Shop, bob: Shop) -> None:
    shelf.program(alice, slug="coffee")
    with pytest.raises(ProgramSlugTaken):
        shelf.program(bob, slug="coffee")
    other = shelf.program(bob, slug="bread")
    with pytest.raises(ProgramSlugTaken):
        change(bob, other, slug="coffee")


@pytest.mark.both_databases
def test_programs_of_one_name_made_at_once_all_get_a_slug(alice: Shop) -> None:
    barrier = Barrier(4)
    slugs: list[str] = []

    def make() -> None:
        barrier.wait()
        slugs.append(shelf.program(alice).slug)

    threads = [Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(slugs)) == 4


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stamps_target", 0),
        ("stamps_target", 51),
        ("points_per_currency_unit", 1001),
        ("cooldown_minutes", 10_081),
        ("max_daily_stamps", 0),
        ("pin_max_attempts", 0),
        ("type", "coupons"),
        ("pin_policy", "never"),
        ("void_policy", "steal"),
        ("currency", "XXQ"),
        ("slug", "Not a slug"),
        ("timezone", "Europe/Atlantis"),
    ],
)
def test_a_value_out_of_bounds_is_refused_and_named(alice: Shop, field: str, value: Any) -> None:
    with pytest.raises(InvalidInput) as refusal:
        shelf.program(alice, **{field: value})
    assert faults(refusal.value) == [field]
    program = shelf.program(alice)
    with pytest.raises(InvalidInput) as refusal:
        change(alice, program, **{field: value})
    assert faults(refusal.value) == [field]


def test_every_change_raises_the_version_and_no_change_does_not(alice: Shop) -> None:
    program = shelf.program(alice)
    assert change(alice, program, name="Tea card").version == 2
    assert change(alice, program, name="Tea card").version == 2
    assert change(alice, program, texts={"fr": {"name": "Carte thé"}}).version == 3


def test_a_change_is_audited_with_old_and_new(alice: Shop) -> None:
    program = shelf.program(alice)
    change(alice, program, cooldown_minutes=0, name="Coffee card")
    [event] = events(alice, "program.updated")
    assert (event.old, event.new) == ({"cooldown_minutes": 15}, {"cooldown_minutes": 0})
    assert (event.vendor_id, event.subject_id) == (alice.id, program.id)


def test_bob_can_not_touch_alices_program(alice: Shop, bob: Shop) -> None:
    program = shelf.program(alice)
    with pytest.raises(ProgramNotFound):
        change(bob, program, name="Bob was here")
    with bob.context.database.read() as session, pytest.raises(ProgramNotFound):
        program_service.get_program(session, bob.id, program.id)


def test_a_stamp_program_needs_its_reward_before_it_opens(alice: Shop) -> None:
    with pytest.raises(InvalidInput) as refusal:
        shelf.program(alice, stamp_reward=None, status="active")
    assert faults(refusal.value) == ["stamp_reward"]
    program = shelf.program(alice, stamp_reward=None)
    act = by_operator(alice.context)
    with alice.context.database.write() as session, pytest.raises(InvalidInput):
        program_service.activate_program(session, act, alice.id, program.id)
    change(alice, program, stamp_reward={"name": "A coffee"})
    assert change(alice, program, status="active").status == "active"
    with pytest.raises(InvalidInput):
        change(alice, program, stamp_reward=None)


def test_a_points_program_opens_without_a_reward(alice: Shop) -> None:
    assert shelf.program(alice, type="points", stamp_reward=None, status="active").version == 1


def test_opening_and_closing_are_told_in_the_audit_trail(alice: Shop) -> None:
    program = shelf.program(alice)
    act = by_operator(alice.context)
    with alice.context.database.write() as session:
        program_service.activate_program(session, act, alice.id, program.id)
        closed = program_service.deactivate_program(session, act, alice.id, program.id)
    assert (closed.status, closed.version) == ("inactive", 3)
    assert [event.old for event in events(alice, "program.activated")] == [{"status": "draft"}]
    assert [event.new for event in events(alice, "program.deactivated")] == [{"status": "inactive"}]


def test_an_open_program_does_not_become_a_draft_again(alice: Shop) -> None:
    program = shelf.program(alice, status="active")
    with pytest.raises(InvalidInput):
        change(alice, program, status="draft")


@pytest.mark.parametrize(
    "fields", [{"currency": "CHF"}, {"type": "hybrid"}, {"timezone": "Europe/Lisbon"}]
)
def test_what_cards_rest_on_can_not_change(alice: Shop, fields: dict[str, str]) -> None:
    program = shelf.program(alice)
    change(alice, program, **fields)
    change(alice, program, currency="EUR", type="stamps", timezone="Europe/Luxembourg")
    shelf.card(alice, program)
    with pytest.raises(ProgramHasCards):
        change(alice, program, **fields)
    assert change(alice, program, currency="EUR", stamps_target=8).stamps_target == 8


def test_a_program_with_cards_can_not_be_deleted(alice: Shop) -> None:
    program = shelf.program(alice)
    shelf.card(alice, program)
    with alice.context.database.write() as session, pytest.raises(ProgramHasCards):
        program_service.delete_program(session, by_operator(alice.context), alice.id, program.id)


def test_a_program_without_cards_goes_with_its_rewards_and_retires_its_pins(alice: Shop) -> None:
    program = shelf.program(alice, type="hybrid")
    reward = shelf.reward(alice, program.id)
    pin = shelf.pin(alice, program_id=program.id)
    with alice.context.database.write() as session:
        program_service.delete_program(session, by_operator(alice.context), alice.id, program.id)
    with alice.context.database.read() as session:
        assert session.get(LoyaltyProgram, program.id) is None
        assert session.get(Reward, reward.id) is None
        assert pin_service.get_pin(session, alice.id, pin.id).retired_at is not None
    assert events(alice, "program.deleted")[0].old["name"] == "Coffee card"  # type: ignore[index]


def test_programs_are_listed_page_by_page_and_found_by_a_part_of_the_name(
    alice: Shop, bob: Shop
) -> None:
    made = [shelf.program(alice, name=f"Card {number}") for number in range(3)]
    shelf.program(bob, name="Bread 100%")
    with alice.context.database.read() as session:
        first = program_service.list_programs(session, alice.id, limit=2)
        rest = program_service.list_programs(session, alice.id, limit=2, after_id=first[-1].id)
        assert [program.id for program in (*first, *rest)] == [program.id for program in made]
        found = program_service.list_programs(session, None, limit=9, query="100%")
        assert [program.name for program in found] == ["Bread 100%"]
        assert (
            program_service.list_programs(session, alice.id, limit=9, status=ProgramStatus.ACTIVE)
            == []
        )
