"""Refunds over HTTP: by receipt or by entry, in parts, once a number, up to what was paid."""

from typing import Any

import pytest

from tests.contract.conftest import Stage
from tests.contract.problems import check_problem
from tests.contract.world import LOYALTY
from tests.support.drivers.api import ApiDriver

REFUND = f"{LOYALTY}/points/refund"


@pytest.fixture
def driver(either_stage: Stage) -> ApiDriver:
    """Stand at Café Alice's counter, on both databases in turn."""
    return ApiDriver(either_stage)


def refund(driver: ApiDriver, amount_minor: int, number: str, **named: Any) -> Any:
    body = {"amount_minor": amount_minor, "refund_reference": number, **named}
    return driver.api.post(REFUND, body)


def test_a_part_of_a_purchase_comes_back_by_its_receipt_number(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program())
    bought = driver.earn(card, 1250, reference="bill 7").json()

    receipt = refund(driver, 500, "refund 1", reference="bill 7", reason="Cold coffee")

    assert receipt.status_code == 201
    entry = receipt.json()["transaction"]
    assert (entry["type"], entry["points_delta"], entry["amount_minor"]) == (
        "points_refunded",
        -5,
        500,
    )
    assert (entry["form"], entry["details"]["refunds"]) == (2, bought["transaction"]["id"])
    assert entry["note"] == "Cold coffee"
    assert receipt.json()["card"]["points"] == 7


def test_refunds_come_to_no_more_than_the_purchase(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program())
    bought = driver.earn(card, 1000).json()["transaction"]["id"]
    assert refund(driver, 600, "refund 1", transaction_id=bought).status_code == 201

    problem = check_problem(
        refund(driver, 500, "refund 2", transaction_id=bought), 409, code="refund_exceeds_purchase"
    )

    assert (problem["refundable_minor"], problem["currency"]) == (400, "EUR")
    rest = refund(driver, 400, "refund 3", transaction_id=bought)
    assert rest.json()["card"]["points"] == 0


def test_a_number_of_a_refund_is_taken_once(driver: ApiDriver) -> None:
    program = driver.points_program()
    card, other = driver.card(program), driver.card(program)
    bought = driver.earn(card, 1000).json()["transaction"]["id"]
    elsewhere = driver.earn(other, 1000).json()["transaction"]["id"]
    first = refund(driver, 100, "refund 1", transaction_id=bought).json()

    again = refund(driver, 100, "refund 1", transaction_id=elsewhere)

    problem = check_problem(again, 409, code="reference_already_used")
    assert problem["transaction_id"] == first["transaction"]["id"]
    assert problem["detail"] == "This refund has already been recorded."


def test_a_repeated_refund_is_answered_as_the_first_time(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program())
    bought = driver.earn(card, 1000).json()["transaction"]["id"]
    body = {"amount_minor": 100, "refund_reference": "refund 1", "transaction_id": bought}
    first = driver.api.post(REFUND, body, headers={"Idempotency-Key": "refund"})

    again = driver.api.post(REFUND, body, headers={"Idempotency-Key": "refund"})

    assert again.json() == first.json()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_list_of_an_offline_till_may_hold_refunds(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program())
    earn = {"op": "earn", "card": card["id"], "amount_minor": 1000, "reference": "bill 9"}
    back = {"op": "refund", "reference": "bill 9", "amount_minor": 400, "refund_reference": "r 9"}
    first = driver.api.post(
        f"{LOYALTY}/operations", {"operations": [{**earn, "idempotency_key": "a"}]}
    )
    assert first.json()["results"][0]["status"] == 201

    results = driver.api.post(
        f"{LOYALTY}/operations", {"operations": [{**back, "idempotency_key": "b"}]}
    ).json()["results"]

    assert results[0]["receipt"]["card"]["points"] == 6


@pytest.mark.parametrize(
    ("named", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"reference": "no such bill"}, 404, "transaction_not_found"),
        (
            {"transaction_id": "019cac1e-7b00-7000-8000-000000000009"},
            404,
            "transaction_not_found",
        ),
    ],
)
def test_a_refund_names_a_purchase_that_is_there(
    driver: ApiDriver, named: dict[str, str], status: int, code: str
) -> None:
    check_problem(refund(driver, 100, "refund 1", **named), status, code=code)


def test_a_number_that_two_programs_know_must_be_told_by_its_entry(driver: ApiDriver) -> None:
    for _ in range(2):
        driver.earn(driver.card(driver.points_program()), 1000, reference="bill 7")

    check_problem(
        refund(driver, 100, "refund 1", reference="bill 7"), 409, code="several_purchases"
    )


def test_what_came_back_in_part_cannot_be_voided(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program())
    bought = driver.earn(card, 1000).json()["transaction"]["id"]
    refund(driver, 400, "refund 1", transaction_id=bought)

    answer = driver.api.post(f"{LOYALTY}/transactions/{bought}/void", {"reason": "oops"})

    problem = check_problem(answer, 409, code="purchase_refunded")
    assert problem["refundable_minor"] == 600
