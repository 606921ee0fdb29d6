"""Rewards: stock, dates, archive; every change raises the program's version."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts.models import AuditEvent
from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import ProgramId
from punchcard.loyalty.errors.programs import ProgramNotFound, RewardNotFound
from punchcard.loyalty.models import Reward
from punchcard.loyalty.programs import program_service, reward_service
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator


def change(shop: Shop, reward: Reward, **fields: Any) -> Reward:
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        return reward_service.update_reward(session, act, shop.id, reward.id, fields)


def archive(shop: Shop, reward: Reward) -> None:
    with shop.context.database.write() as session:
        reward_service.archive_reward(session, by_operator(shop.context), shop.id, reward.id)


def version(shop: Shop, program_id: ProgramId) -> int:
    with shop.context.database.read() as session:
        return program_service.get_program(session, shop.id, program_id).version


def test_adding_changing_and_archiving_each_raise_the_programs_version(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    reward = shelf.reward(bob, program.id)
    assert version(bob, program.id) == 2
    change(bob, reward, stock_left=5)
    assert version(bob, program.id) == 3
    change(bob, reward, stock_left=5)
    assert version(bob, program.id) == 3
    archive(bob, reward)
    assert version(bob, program.id) == 4


def test_a_reward_without_a_stock_never_runs_out(bob: Shop) -> None:
    reward = shelf.reward(bob, shelf.program(bob, **shelf.POINTS).id)
    assert reward.stock_left is None
    assert change(bob, reward, stock_left=3).stock_left == 3
    assert change(bob, reward, stock_left=None).stock_left is None


def test_an_archived_reward_can_no_longer_be_changed(bob: Shop) -> None:
    reward = shelf.reward(bob, shelf.program(bob, **shelf.POINTS).id)
    archive(bob, reward)
    with pytest.raises(RewardNotFound):
        change(bob, reward, name="Another cake")
    with pytest.raises(RewardNotFound):
        archive(bob, reward)


def test_the_list_shows_active_rewards_and_archived_ones_when_asked(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    kept, old = (shelf.reward(bob, program.id, name=name) for name in ("Cake", "Pie"))
    archive(bob, old)

    def listed(**wanted: Any) -> list[str]:
        with bob.context.database.read() as session:
            rows = reward_service.list_rewards(session, bob.id, program.id, **wanted)
            return [row.id for row in rows]

    assert listed(limit=9) == [kept.id]
    assert listed(limit=9, status="archived") == [old.id]
    assert listed(limit=9, status="all") == [kept.id, old.id]
    assert listed(limit=9, status="all", after_id=kept.id) == [old.id]


def test_the_end_of_the_validity_lies_after_its_beginning(bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    now = bob.context.clock.now()
    reward = shelf.reward(bob, program.id, valid_from=now)
    with pytest.raises(InvalidInput) as refusal:
        change(bob, reward, valid_until=now)
    assert refusal.value.errors[0]["loc"] == ["valid_until"]
    assert change(bob, reward, valid_until=now + timedelta(days=1)).valid_until


@pytest.mark.parametrize(
    "fields", [{"points_required": 0}, {"stock_left": -1}, {"per_card_limit": 0}]
)
def test_a_number_out_of_bounds_is_refused(bob: Shop, fields: dict[str, int]) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    with pytest.raises(InvalidInput):
        shelf.reward(bob, program.id, **fields)


def test_a_change_is_audited_with_old_and_new(bob: Shop) -> None:
    reward = shelf.reward(bob, shelf.program(bob, **shelf.POINTS).id)
    change(bob, reward, points_required=120)
    with bob.context.database.read() as session:
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "reward.updated")
        ).one()
    assert (event.old, event.new) == ({"points_required": 100}, {"points_required": 120})


def test_alice_can_not_touch_bobs_rewards(alice: Shop, bob: Shop) -> None:
    program = shelf.program(bob, **shelf.POINTS)
    reward = shelf.reward(bob, program.id)
    with pytest.raises(RewardNotFound):
        change(alice, reward, name="Alice was here")
    with pytest.raises(ProgramNotFound):
        shelf.reward(alice, program.id)
