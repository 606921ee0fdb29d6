"""A plan's limit of cards: exact at two tills, told politely, and never in a stamp's way."""

from punchcard.accounts.plans.errors import NoNewCards, PlanLimitReached
from punchcard.accounts.plans.models import Plan, VendorPlan
from punchcard.kit.errors import DomainError
from punchcard.kit.ids import PlanId
from tests.loyalty.till.submissions import at_once, refusal_of
from tests.support.drivers.till import TillDriver, open_till_driver


def limit(counter: TillDriver, cards: int | None) -> PlanId:
    """Give the shop a plan with so many cards."""
    now, plan_id = counter.clock.now(), PlanId(counter.ids.new_id())
    counter.add(
        Plan(
            id=plan_id, name=plan_id, is_default=False, cards=cards, created_at=now, updated_at=now
        )
    )
    with counter.database.write() as session:
        row = session.get(VendorPlan, counter.vendor_id)
        if row is None:
            session.add(VendorPlan(vendor_id=counter.vendor_id, plan_id=plan_id, open_cards=0))
        else:
            row.plan_id = plan_id
    return plan_id


def open_cards(counter: TillDriver) -> int:
    with counter.database.read() as session:
        return session.get_one(VendorPlan, counter.vendor_id).open_cards


def test_as_many_cards_open_as_the_plan_allows_whoever_else_opens_some(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program()
    limit(alice, 10)
    became = at_once(counters, [alice.enrol(program) for _ in range(24)])
    assert became == {"done": 10, "plan_limit_reached": 14}
    assert open_cards(alice) == 10


def test_a_list_opens_what_fits_and_says_so_of_each_of_the_others(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program()
    limit(alice, 3)
    outcomes = alice.till.submit_all([alice.enrol(program) for _ in range(5)])
    assert [isinstance(one, PlanLimitReached) for one in outcomes] == [False] * 3 + [True] * 2
    refused = outcomes[-1]
    assert isinstance(refused, DomainError)
    assert refused.facts == {"limit": "cards", "maximum": 3}


def test_nobody_who_wants_a_card_is_told_of_the_shops_plan(counters: list[TillDriver]) -> None:
    alice = counters[0]
    program = alice.program()
    limit(alice, 0)
    refused = refusal_of(alice, alice.enrol(program, is_vouched=False))
    assert isinstance(refused, NoNewCards)
    assert (refused.code, refused.facts) == ("plan_limit_reached", {})


def test_what_was_answered_before_is_answered_again_above_the_limit(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program()
    limit(alice, 1)
    asked = alice.enrol(program, idempotency_key="card-1")
    first = alice.till.submit(asked)
    again = alice.till.submit(asked)
    assert (again.is_replay, again.card.id) == (True, first.card.id)


def test_a_smaller_plan_takes_nothing_away_and_no_stamp_is_refused(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program(stamps_target=2)
    cards = alice.cards(program, 3)
    limit(alice, 1)
    for card in cards:
        alice.till.submit(alice.stamp(card, quantity=2))
        alice.till.submit(alice.redeem_stamps(card))
    assert refusal_of(alice, alice.enrol(program)).code == "plan_limit_reached"
    assert open_cards(alice) == 3
    limit(alice, None)
    alice.till.submit(alice.enrol(program))


def test_a_merge_frees_a_place_and_its_undoing_is_never_refused(
    counters: list[TillDriver],
) -> None:
    alice = counters[0]
    program = alice.program()
    limit(alice, 2)
    stays, goes = alice.cards(program, 2)
    merged = alice.till.submit(alice.merge(stays, goes))
    assert open_cards(alice) == 1
    alice.till.submit(alice.enrol(program))
    assert refusal_of(alice, alice.enrol(program)).code == "plan_limit_reached"
    alice.till.submit(alice.void(merged.entry["id"]))
    assert open_cards(alice) == 3


def test_the_limits_of_two_shops_are_their_own(counters: list[TillDriver]) -> None:
    alice = counters[0]
    bob = open_till_driver(alice.database, alice.till, clock=alice.clock, ids=alice.ids, slug="bob")
    programs = [alice.program(), bob.program()]
    limit(alice, 4)
    limit(bob, 6)
    shops = (alice, bob)
    asked = [shops[n % 2].enrol(programs[n % 2]) for n in range(20)]
    became = at_once(counters, asked)
    assert became == {"done": 10, "plan_limit_reached": 10}
    assert [open_cards(shop) for shop in shops] == [4, 6]
