"""Ready means that it can be had now: card, receipt, page and pass ask one question and name it."""

from datetime import timedelta
from typing import Any

import pytest

from punchcard.accounts.models import Vendor
from punchcard.accounts.vocabulary import VendorStatus
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import InvalidInput
from punchcard.kit.ids import CardId, RewardId
from punchcard.loyalty.cards import card_changes, card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.errors.programs import RewardNotAvailable
from punchcard.loyalty.models import LoyaltyProgram, Reward
from punchcard.loyalty.operations import Actor, OperationMetadata
from punchcard.loyalty.programs import program_service, reward_service
from punchcard.loyalty.programs.public_service import page_of
from punchcard.loyalty.till import points_service, stamp_service
from punchcard.loyalty.till.receipt import Receipt
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.wallets.card_facts import load_facts
from punchcard.wallets.pass_content import PassContent, pass_content
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator

POINTS: dict[str, Any] = {"type": "points", "status": "active", "pin_policy": "off"}


class Counter:
    """A card of one program, and all the places that say what it can have."""

    def __init__(self, shop: Shop, program: LoyaltyProgram) -> None:
        self.shop, self.program = shop, program
        self.till = shop.context.loyalty.till
        self.by: OperationMetadata = {
            "vendor_id": shop.id,
            "actor": Actor(ActorKind.SYSTEM, None),
        }
        self.card_id: CardId = shelf.opened_card(shop, program)

    def earn(self, points: int) -> Receipt:
        return points_service.earn_points(
            self.till, self.card_id, amount_minor=points * 100, **self.by
        )

    def redeem(self, reward: Reward, card_id: CardId | None = None) -> Receipt:
        return points_service.redeem_points(
            self.till, card_id or self.card_id, reward_id=reward.id, points=None, **self.by
        )

    def view(self) -> CardView:
        with self.shop.context.database.read() as session:
            return card_service.get_card(
                session, self.shop.id, self.card_id, now=self.shop.context.clock.now()
            )

    def content(self) -> PassContent:
        context = self.shop.context
        with context.database.read() as session:
            links, now = context.loyalty.card_links, context.clock.now()
            facts = load_facts(session, [self.card_id], links, now=now)[self.card_id]
        return pass_content(facts.program, facts.card, "en")

    def offered(self) -> list[str]:
        with self.shop.context.database.read() as session:
            page = page_of(session, self.program.id, now=self.shop.context.clock.now())
            return [reward.name for reward in page.rewards]

    def ready(self) -> list[str]:
        """Return what is ready, after every place said the same."""
        view, content = self.view(), self.content()
        names = [reward.name for reward in view.ready]
        assert view.rewards_ready == sum(reward.times for reward in view.ready)
        assert content.is_reward_ready == bool(names)
        assert content.ready_reward == (names[0] if names else None)
        if names:
            assert content.reward is not None
            assert content.reward.value == names[0]
        # The till's own answer, to an operation that changes nothing about it.
        receipt = points_service.adjust_points(
            self.till, self.card_id, points_delta=1, reason="test", limit_points=10, **self.by
        )
        assert [reward.name for reward in receipt.card.ready] == names
        points_service.adjust_points(
            self.till, self.card_id, points_delta=-1, reason="test", limit_points=10, **self.by
        )
        return names


@pytest.fixture
def counter(alice: Shop) -> Counter:
    """Open a points program and a card of it."""
    return Counter(alice, shelf.program(alice, **POINTS))


def change(shop: Shop, program: LoyaltyProgram, **fields: Any) -> None:
    with shop.context.database.write() as session:
        act = by_operator(shop.context)
        program_service.update_program(session, act, shop.id, program.id, fields)


def test_what_is_in_reach_is_ready_and_named(alice: Shop, counter: Counter) -> None:
    for name, price in (("Cookie", 20), ("Croissant", 50), ("Scarf", 600)):
        shelf.reward(alice, counter.program.id, name=name, points_required=price)
    counter.earn(10)
    assert counter.ready() == []
    counter.earn(10)
    assert counter.ready() == ["Cookie"]
    counter.earn(30)
    assert counter.ready() == ["Croissant", "Cookie"]
    assert counter.content().status.value == "Rewards to choose from: 2"


def test_a_reward_that_is_sold_out_is_ready_for_nobody(alice: Shop, counter: Counter) -> None:
    mug = shelf.reward(alice, counter.program.id, name="Mug", points_required=50, stock_left=1)
    counter.earn(200)
    other = Counter(alice, counter.program)
    other.earn(200)
    assert counter.ready() == other.ready() == ["Mug"]
    sold = counter.redeem(mug)
    assert sold.card.ready == ()
    assert counter.ready() == other.ready() == []
    with pytest.raises(RewardNotAvailable):
        other.redeem(mug)
    assert other.offered() == []
    back = points_service.void(counter.till, sold.entry["id"], reason="typo", **counter.by)
    assert [reward.name for reward in back.card.ready] == ["Mug"]
    assert counter.ready() == other.ready() == ["Mug"]


def test_a_reward_that_this_card_had_is_ready_for_others_alone(
    alice: Shop, counter: Counter
) -> None:
    mug = shelf.reward(alice, counter.program.id, name="Mug", points_required=50, per_card_limit=1)
    shelf.reward(alice, counter.program.id, name="Scarf", points_required=600)
    counter.earn(200)
    other = Counter(alice, counter.program)
    other.earn(200)
    taken = counter.redeem(mug)
    assert taken.card.rewards_ready == 0
    assert counter.ready() == []
    assert other.ready() == ["Mug"]
    # What it had it saves for no more.
    assert counter.content().status.value == "450 points to go"
    points_service.void(counter.till, taken.entry["id"], reason="typo", **counter.by)
    assert counter.ready() == ["Mug"]


def test_a_reward_out_of_its_dates_is_not_ready(
    alice: Shop, counter: Counter, clock: ManualClock
) -> None:
    now = clock.now()
    shelf.reward(
        alice,
        counter.program.id,
        points_required=50,
        valid_from=now + timedelta(days=1),
        valid_until=now + timedelta(days=2),
    )
    counter.earn(200)
    seen = []
    for _ in range(3):
        seen.append(counter.ready())
        clock.advance(days=1)
    assert seen == [[], ["A cake"], []]


def test_a_reward_below_the_programs_minimum_is_refused(alice: Shop, counter: Counter) -> None:
    change(alice, counter.program, minimum_redemption_points=100)
    with pytest.raises(InvalidInput) as refusal:
        shelf.reward(alice, counter.program.id, points_required=50)
    assert refusal.value.errors[0]["loc"] == ["points_required"]
    reward = shelf.reward(alice, counter.program.id, points_required=100)
    act = by_operator(alice.context)
    with (
        pytest.raises(InvalidInput),
        alice.context.database.write() as session,
    ):
        reward_service.update_reward(session, act, alice.id, reward.id, {"points_required": 99})
    with pytest.raises(InvalidInput) as rising:
        change(alice, counter.program, minimum_redemption_points=101)
    assert rising.value.errors[0]["loc"] == ["minimum_redemption_points"]
    change(alice, counter.program, minimum_redemption_points=50)


def test_a_reward_that_was_below_the_minimum_before_is_not_ready(
    alice: Shop, counter: Counter
) -> None:
    reward = shelf.reward(alice, counter.program.id, points_required=50)
    with alice.context.database.write() as session:
        # As a version before this one let it be.
        session.get_one(LoyaltyProgram, counter.program.id).minimum_redemption_points = 100
        session.get_one(LoyaltyProgram, counter.program.id).version += 1
    counter.earn(200)
    assert counter.ready() == []
    assert counter.offered() == []
    act = by_operator(alice.context)
    with alice.context.database.write() as session:
        # Its name can still be changed.
        reward_service.update_reward(session, act, alice.id, reward.id, {"name": "Tart"})


def test_nothing_is_ready_on_a_blocked_card_in_a_closed_program_or_shop(
    alice: Shop, counter: Counter
) -> None:
    shelf.reward(alice, counter.program.id, points_required=50)
    counter.earn(200)
    act = by_operator(alice.context)
    with alice.context.database.write() as session:
        card_changes.block_card(session, act, alice.id, counter.card_id)
    assert counter.view().ready == ()
    with alice.context.database.write() as session:
        card_changes.unblock_card(session, act, alice.id, counter.card_id)
    assert len(counter.view().ready) == 1
    change(alice, counter.program, status="inactive")
    assert counter.view().ready == ()
    change(alice, counter.program, status="active")
    with alice.context.database.write() as session:
        session.get_one(Vendor, alice.id).status = VendorStatus.SUSPENDED
    assert counter.view().ready == ()


def test_of_a_card_with_both_the_reward_that_is_ready_is_named(alice: Shop) -> None:
    counter = Counter(alice, shelf.program(alice, **{**shelf.HYBRID, "stamps_target": 3}))
    shelf.reward(alice, counter.program.id, name="Croissant", points_required=20)
    counter.earn(26)
    assert counter.ready() == ["Croissant"]
    shown = counter.content()
    assert (shown.reward and shown.reward.value, shown.status.value) == (
        "Croissant",
        "Ready to collect",
    )
    assert [balance.change_message for balance in shown.balances] == [
        "Your stamps: %@",
        "A reward is ready. Points: %@",
    ]
    stamp_service.add_stamp(counter.till, counter.card_id, quantity=3, **counter.by)
    assert counter.ready() == ["A coffee", "Croissant"]
    redeemed = stamp_service.redeem_stamps(counter.till, counter.card_id, **counter.by)
    assert [reward.name for reward in redeemed.card.ready] == ["Croissant"]


def test_an_answer_given_again_names_what_was_ready_then(alice: Shop, counter: Counter) -> None:
    cake = shelf.reward(alice, counter.program.id, points_required=50, stock_left=1)
    key: Any = {"idempotency_key": "k-1", "fingerprint": b"f" * 32}
    first = points_service.earn_points(
        counter.till, counter.card_id, amount_minor=5_000, **counter.by, **key
    )
    counter.redeem(cake)
    again = points_service.earn_points(
        counter.till, counter.card_id, amount_minor=5_000, **counter.by, **key
    )
    assert again.is_replay
    assert again.card.ready == first.card.ready
    assert [reward.id for reward in again.card.ready] == [RewardId(cake.id)]
