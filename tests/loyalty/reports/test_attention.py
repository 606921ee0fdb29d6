"""What a shop should look at: its own, and only while it is so."""

from datetime import timedelta
from typing import Any

from punchcard.loyalty.models import StaffPin
from punchcard.loyalty.programs import reward_service
from punchcard.loyalty.reports.attention_service import LOW_STOCK, Attention, what_needs_attention
from punchcard.loyalty.staff import pin_service
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

POINTS: dict[str, Any] = {"type": "points", "status": "active", "stamp_reward": None}


def seen(shop: Shop, **later: float) -> Attention:
    now = shop.context.clock.now() + timedelta(**later)
    with shop.context.database.read() as session:
        return what_needs_attention(session, shop.id, now=now)


def test_a_shop_in_order_has_nothing_to_look_at(alice: Shop, bob: Shop) -> None:
    shelf.program(alice, **POINTS)
    shelf.program(bob, status="draft")
    found = seen(alice)
    assert (found.locked_pins, found.rewards, found.drafts) == ([], [], [])


def test_a_locked_person_is_shown_until_the_lock_ends(alice: Shop) -> None:
    context = alice.context
    prepared = context.loyalty.pin_verifier.prepare(alice.id, "2968")
    with context.database.write() as session:
        pin = pin_service.create_pin(
            session, by_operator(context), alice.id, {"name": "Léa"}, prepared
        )
        pin.locked_until = context.clock.now() + timedelta(minutes=30)
    assert [row.name for row in seen(alice).locked_pins] == ["Léa"]
    assert seen(alice, minutes=31).locked_pins == []
    with context.database.read() as session:
        assert session.get_one(StaffPin, pin.id).locked_until is not None


def test_rewards_with_few_left_or_an_end_in_sight_run_out(alice: Shop) -> None:
    program = shelf.program(alice, **POINTS)
    now = alice.context.clock.now()
    shown: list[dict[str, Any]] = [
        {"name": "few", "stock_left": LOW_STOCK},
        {"name": "many", "stock_left": LOW_STOCK + 1},
        {"name": "soon", "valid_until": now + timedelta(days=3)},
        {"name": "later", "valid_until": now + timedelta(days=30)},
        {"name": "over", "valid_until": now - timedelta(days=1), "stock_left": 0},
    ]
    with alice.context.database.write() as session:
        for fields in shown:
            reward_service.create_reward(
                session,
                by_operator(alice.context),
                alice.id,
                program.id,
                {"points_required": 10, **fields},
            )
    assert [row.name for row in seen(alice).rewards] == ["few", "soon"]


def test_a_draft_is_not_forgotten(alice: Shop) -> None:
    draft = shelf.program(alice, status="draft")
    assert [row.id for row in seen(alice).drafts] == [draft.id]
