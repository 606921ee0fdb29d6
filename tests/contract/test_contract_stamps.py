"""Stamp cards with several rewards, and visits, through the API."""

from typing import Any

import pytest

from tests.contract.conftest import Stage
from tests.contract.problems import check_problem
from tests.support.books import audited
from tests.support.drivers.api import ApiDriver

COOKIE = {"at": 3, "name": "A cookie", "value_minor": 150, "texts": {"fr": {"name": "Un biscuit"}}}
REWARDS = [COOKIE, {"at": 10, "name": "A coffee", "value_minor": 350}]


@pytest.fixture
def driver(either_stage: Stage) -> ApiDriver:
    """Stand at Café Alice's counter, on both databases in turn."""
    return ApiDriver(either_stage)


def ladder(driver: ApiDriver, **fields: Any) -> dict[str, Any]:
    return driver.program(
        **{"stamp_rewards": REWARDS, "cooldown_minutes": 0, "max_daily_stamps": 50, **fields}
    )


def test_a_program_tells_its_rewards_and_keeps_them_in_step(driver: ApiDriver) -> None:
    program = ladder(driver)
    assert [one["at"] for one in program["stamp_rewards"]] == [3, 10]
    assert (program["stamps_target"], program["stamp_reward"]["name"]) == (10, "A coffee")
    path = f"/vendor/loyalty/programs/{program['id']}"
    changed = driver.api.patch(path, {"stamps_target": 12}).json()
    assert [one["at"] for one in changed["stamp_rewards"]] == [3, 12]
    written = driver.api.patch(path, {"stamp_rewards": changed["stamp_rewards"]}).json()
    assert written["version"] == changed["version"]
    refused = driver.api.patch(path, {"stamps_target": 3})
    problem = check_problem(refused, 422, code="invalid_input")
    assert [one["loc"] for one in problem["errors"]] == [["body", "stamps_target"]]
    twice = {"stamps_per_item": [{"sku": "latte", "stamps": 1}] * 2}
    check_problem(driver.api.patch(path, twice), 422, code="invalid_input")


def test_a_card_climbs_and_begins_again(driver: ApiDriver) -> None:
    card = driver.card(ladder(driver))
    stamped = driver.stamp(card, quantity=4).json()["card"]
    assert stamped["milestones"] == [{"at": 3, "state": "ready"}, {"at": 10, "state": "ahead"}]
    assert [(one["name"], one["at"]) for one in stamped["ready_rewards"]] == [("A cookie", 3)]
    claim = driver.redeem_stamps(card, at=3, key="cookie").json()
    assert claim["transaction"]["reward"]["name"] == "A cookie"
    assert (claim["transaction"]["stamps_delta"], claim["card"]["stamps"]) == (0, 4)
    again = check_problem(driver.redeem_stamps(card, at=3), 409, code="milestone_already_claimed")
    assert (again["at"], again["lap"]) == (3, 1)
    check_problem(driver.redeem_stamps(card, at=10), 409, code="not_enough_stamps")
    check_problem(driver.redeem_stamps(card, at=4), 422, code="invalid_input")
    driver.stamp(card, quantity=9)
    full = driver.redeem_stamps(card).json()["card"]
    assert (full["stamps"], full["lap"], full["kept_milestones"]) == (3, 2, [])
    assert driver.redeem_stamps(card, at=3, key="cookie").json() == claim
    audited(driver.stage.context.database)


def test_a_visit_is_one_purchase_alone_and_in_a_list(driver: ApiDriver) -> None:
    program = driver.program(
        type="hybrid",
        cooldown_minutes=0,
        max_daily_stamps=50,
        stamps_per_item=[{"sku": "beans", "stamps": 2}],
        max_stamps_per_visit=3,
    )
    card = driver.card(program)
    bought = {"amount_minor": 1250, "items": [{"sku": "beans", "quantity": 5}], "reference": "R-1"}
    alone = driver.visit(card, **bought, key="visit-1").json()
    told = alone["transaction"]
    assert (told["type"], told["stamps_delta"], told["points_delta"]) == ("visit_recorded", 3, 12)
    item = {"op": "visit", "card": card["id"], **bought}
    results = driver.operations(
        {**item, "idempotency_key": "visit-1"}, {**item, "idempotency_key": "visit-2"}
    )
    assert results[0]["receipt"] == alone
    assert results[1]["problem"]["code"] == "reference_already_used"
    check_problem(driver.visit(card, stamps=4), 409, code="visit_stamp_limit_reached")
    check_problem(driver.visit(card, stamps=0), 422, code="invalid_input")
    both = {"quantity": 1, "items": bought["items"]}
    check_problem(driver.stamp(card, **both), 422, code="invalid_input")
    voided = driver.void(driver.visit(card, amount_minor=500)).json()["card"]
    assert (voided["stamps"], voided["points"]) == (3, 12)
    audited(driver.stage.context.database)
