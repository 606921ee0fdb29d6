"""Simulations: a promotion on a ledger gives what a ledger gave that was recorded with it."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.errors import DomainError, InvalidInput
from punchcard.kit.ids import EntryId, ProgramId, PromotionId, SystemIds
from punchcard.loyalty.promotion_models import Promotion
from punchcard.loyalty.reports.simulation_service import Simulated, simulate
from tests.support.audited_till_driver import audited_till_driver
from tests.support.drivers.till import TillDriver

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAYS = (date(2026, 3, 1), date(2026, 6, 30))
RULES: dict[str, Any] = {
    "type": "hybrid",
    "cooldown_minutes": 0,
    "max_daily_stamps": 50,
    "void_policy": "allow_negative",
    "points_per_currency_unit": 3,
    "points_per_amount_minor": 700,
}
Step = tuple[str, int, int]

KINDS = ["earn", "earn", "earn", "visit", "stamp", "void", "refund", "spend", "wait"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["earn", "earn", "earn", "visit", "stamp", "void", "refund", "spend", "wait"]
        ),
        st.integers(0, 2),
        st.integers(1, 3000),
    ),
    min_size=1,
    max_size=25,
)
EFFECTS = st.one_of(
    st.integers(1, 10_000).map(
        lambda n: {"kind": "multiply", "factor": f"{n // 1000}.{n % 1000:03d}"}
    ),
    st.integers(1, 20).map(lambda n: {"kind": "add_points", "points": n}),
    st.integers(1, 3).map(lambda n: {"kind": "add_stamps", "stamps": n}),
)
LIMITS = st.none() | st.builds(
    lambda times, per: {"times": times, "per": per},
    st.integers(1, 3),
    st.sampled_from(["day", "week", "card"]),
)
BUDGETS = st.none() | st.integers(1, 60)


def promotion(effect: dict[str, Any], limit: Any, budget: int | None, least: int) -> dict[str, Any]:
    gives = "stamps" if effect["kind"] == "add_stamps" else "points"
    return {
        "effect": effect,
        "limit": limit,
        "budget": None if budget is None else {gives: budget},
        "minimum_purchase_minor": least,
    }


DOUBLE = promotion({"kind": "multiply", "factor": "2.000"}, None, None, 0)
ONCE = promotion({"kind": "add_points", "points": 9}, {"times": 1, "per": "card"}, None, 0)
PROMOTIONS = st.builds(promotion, EFFECTS, LIMITS, BUDGETS, st.sampled_from([0, 0, 900]))


@pytest.fixture
def counter(database: Database) -> Iterator[TillDriver]:
    """Open a counter on a Monday morning; afterwards the books must be right."""
    clock = ManualClock(MONDAY)
    with audited_till_driver(database, clock, SystemIds(clock)) as driver:
        yield driver


def live(counter: TillDriver, program: ProgramId, steps: Sequence[Step]) -> None:
    """Let a shop's days happen on three cards."""
    cards = counter.cards(program, 3)
    bought: list[tuple[EntryId, int]] = []
    for number, (kind, at, amount) in enumerate(steps):
        card = cards[at]
        try:
            if kind == "earn":
                entry = counter.till.submit(counter.earn(card, amount)).entry
                bought.append((entry["id"], amount))
            elif kind == "visit":
                entry = counter.till.submit(counter.visit(card, amount_minor=amount)).entry
                bought.append((entry["id"], amount))
            elif kind == "stamp":
                bought.append((counter.till.submit(counter.stamp(card)).entry["id"], 0))
            elif kind == "void" and bought:
                counter.till.submit(counter.void(bought[amount % len(bought)][0]))
            elif kind == "refund" and bought:
                entry_id, paid = bought[amount % len(bought)]
                part = max(1, paid * (amount % 3 + 1) // 4)
                counter.till.submit(
                    counter.refund(entry_id, part, refund_reference=f"refund {number}")
                )
            elif kind == "spend":
                counter.till.submit(counter.redeem_points(card, amount % 5 + 1))
            elif kind == "wait":
                assert isinstance(counter.clock, ManualClock)
                counter.clock.advance(hours=amount % 60)
        except DomainError:
            continue


def simulated(counter: TillDriver, promotion_id: PromotionId) -> Simulated:
    with counter.database.read() as session:
        row = session.get_one(Promotion, promotion_id)
        session.expunge(row)
    with counter.database.snapshot() as connection:
        return simulate(connection, row, first=DAYS[0], last=DAYS[1], limit_entries=1000)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(PROMOTIONS, STEPS)
@example(DOUBLE, [("earn", 0, 1400), ("refund", 0, 30), ("refund", 0, 31), ("earn", 0, 2000)])
@example(DOUBLE, [("earn", 0, 1400), ("void", 0, 0), ("stamp", 1, 1), ("void", 0, 1)])
@example(ONCE, [("visit", 2, 1400), ("void", 0, 0), ("visit", 2, 900), ("refund", 0, 2)])
def test_a_simulation_gives_what_the_ledger_gave(
    counter: TillDriver, fields: dict[str, Any], steps: list[Step]
) -> None:
    clock = counter.clock
    assert isinstance(clock, ManualClock)
    clock.set(MONDAY)
    plain, promoted = counter.program(**RULES), counter.program(**RULES)
    planned = counter.promotion(plain, status="draft", **fields)
    running = counter.promotion(promoted, **fields)
    live(counter, plain, steps)
    clock.set(MONDAY)
    live(counter, promoted, steps)
    on_plain, on_promoted = simulated(counter, planned), simulated(counter, running)
    with counter.database.read() as session:
        row = session.get_one(Promotion, running)
        recorded = (row.points_given, row.stamps_given, row.uses)
    for one in (on_plain, on_promoted):
        told = one.simulation
        assert (told.points, told.stamps, told.touched) == recorded
    assert on_plain.simulation.came_anyway == recorded[2]
    assert on_promoted.simulation.came_anyway == 0
    assert on_plain.simulation.purchases == on_promoted.simulation.purchases
    assert on_plain.simulation.cards == on_promoted.simulation.cards


@pytest.mark.parametrize("effect", ["add_points", "add_stamps"])
def test_what_gives_more_takes_the_place_of_what_gave_less(
    counter: TillDriver, effect: str
) -> None:
    gives = {"add_points": "points", "add_stamps": "stamps"}[effect]
    small, large = ({"kind": effect, gives: number} for number in (1, 3))
    program = counter.program(**RULES)
    counter.promotion(program, effect=small)
    better = counter.promotion(program, status="draft", effect=large)
    worse = counter.promotion(program, status="draft", effect=small)
    entry = counter.till.submit(counter.visit(counter.card(program), amount_minor=1400)).entry
    assert [part["kind"] for part in entry["details"]["parts"]] == ["base", "promotion"]

    told = simulated(counter, better).simulation
    assert (told.points, told.stamps) == {"points": (2, 0), "stamps": (0, 2)}[gives]
    assert simulated(counter, worse).simulation.touched == 0


def test_the_cost_is_by_the_reward_that_gives_least_for_a_point(counter: TillDriver) -> None:
    program = counter.program(type="points")
    counter.reward(program, name="A cake", points_required=100, value_minor=450)
    counter.reward(program, name="A tart", points_required=50, value_minor=200)
    counter.reward(program, name="A secret", points_required=10)
    planned = counter.promotion(program, status="draft")
    counter.till.submit(counter.earn(counter.card(program), 1100))
    told = simulated(counter, planned)
    assert (told.simulation.points, told.cost_minor) == (11, 44)
    assert told.point_value is not None
    assert told.point_value.reward == "A tart"


def test_what_nobody_says_the_value_of_costs_nobody_knows_what(counter: TillDriver) -> None:
    program = counter.program(type="points")
    planned = counter.promotion(program, status="draft")
    counter.till.submit(counter.earn(counter.card(program), 1100))
    assert simulated(counter, planned).cost_minor is None


def test_a_long_ledger_is_cut_off_and_says_so(counter: TillDriver) -> None:
    program = counter.program(type="points")
    planned = counter.promotion(program, status="draft")
    card = counter.card(program)
    for _ in range(3):
        counter.till.submit(counter.earn(card, 100))
    with counter.database.read() as session:
        row = session.get_one(Promotion, planned)
        session.expunge(row)
    with counter.database.snapshot() as connection:
        told = simulate(connection, row, first=DAYS[0], last=DAYS[1], limit_entries=2)
    assert (told.entries, told.is_truncated, told.simulation.points) == (2, True, 2)


@pytest.mark.parametrize(
    ("first", "last", "place"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "to"),
        (date(2026, 1, 1), date(2027, 2, 5), "from"),
    ],
)
def test_a_span_is_the_right_way_round_and_not_too_long(
    counter: TillDriver, first: date, last: date, place: str
) -> None:
    planned = counter.promotion(counter.program(type="points"), status="draft")
    with counter.database.read() as session:
        row = session.get_one(Promotion, planned)
        session.expunge(row)
    with counter.database.snapshot() as connection, pytest.raises(InvalidInput) as refused:
        simulate(connection, row, first=first, last=last, limit_entries=10)
    assert refused.value.errors[0]["loc"] == [place]
