"""The promises of the HTTP contract about stamps, points, voids and repeated requests."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.contract.conftest import Stage
from tests.contract.problems import check_problem, nothing_written
from tests.contract.world import LOYALTY
from tests.support.books import audited
from tests.support.drivers.api import ApiDriver


@pytest.fixture
def driver(either_stage: Stage) -> ApiDriver:
    """Stand at Café Alice's counter, on both databases in turn."""
    return ApiDriver(either_stage)


def test_several_stamps_at_once_and_what_is_left_of_the_day(driver: ApiDriver) -> None:
    card = driver.card(driver.program())
    receipt = driver.stamp(card, quantity=3).json()

    assert (receipt["card"]["stamps"], receipt["stamps_left_today"]) == (3, 2)
    assert receipt["next_stamp_at"] > receipt["transaction"]["occurred_at"]


def test_a_stamp_within_the_cooldown_is_refused_and_tells_when(driver: ApiDriver) -> None:
    with driver.at("2026-03-02T08:50:00Z"):
        card = driver.card(driver.program())
        driver.stamp(card)

    refused = driver.stamp(card, occurred_at="2026-03-02T08:51:00Z")

    problem = check_problem(refused, 409, code="stamp_too_soon")
    assert problem["next_stamp_at"] == "2026-03-02T09:05:00.000000Z"


def test_the_days_limit_is_that_of_the_programs_time_zone(driver: ApiDriver) -> None:
    program = driver.program(cooldown_minutes=0, max_daily_stamps=2, timezone="Asia/Tokyo")
    with driver.at("2026-02-28T00:00:00Z"):
        card = driver.card(program)
    # 14:30 UTC is half past eleven at night in Tokyo, 15:00 the next day there.
    assert driver.stamp(card, quantity=2, occurred_at="2026-02-28T14:30:00Z").status_code == 201
    refused = driver.stamp(card, occurred_at="2026-02-28T14:59:00Z")

    problem = check_problem(refused, 409, code="daily_stamp_limit_reached")
    assert problem["next_stamp_at"] == "2026-02-28T15:00:00.000000Z"
    assert driver.stamp(card, occurred_at="2026-02-28T15:00:00Z").status_code == 201


def test_a_full_card_earns_its_reward_and_keeps_the_rest(driver: ApiDriver) -> None:
    card = driver.card(driver.program(stamps_target=4, max_daily_stamps=50))
    missing = check_problem(driver.redeem_stamps(card), 409, code="not_enough_stamps")
    assert missing["stamps_missing"] == 4
    full = driver.stamp(card, quantity=10).json()
    assert (full["reward_ready"], full["card"]["rewards_ready"]) == (True, 2)

    receipt = driver.redeem_stamps(card).json()

    assert (receipt["card"]["stamps"], receipt["card"]["rewards_ready"]) == (6, 1)
    entry = receipt["transaction"]
    assert (entry["type"], entry["stamps_delta"]) == ("stamps_redeemed", -4)
    assert entry["reward"] == {"id": None, "name": "A coffee", "value_minor": 350}
    assert receipt["card"]["lifetime"] == {"stamps": 10, "points": 0, "rewards": 1}


def test_points_are_whole_and_the_rest_is_carried(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program(points_per_currency_unit=3))
    earned = [driver.earn(card, 150).json()["transaction"]["points_delta"] for _ in range(4)]

    assert earned == [4, 5, 4, 5]
    assert driver.now(card)["points"] == 18


def test_a_purchase_below_the_minimum_earns_nothing(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program(minimum_purchase_minor=500))

    problem = check_problem(driver.earn(card, 499), 409, code="purchase_below_minimum")
    assert problem["minimum_purchase_minor"] == 500
    assert driver.earn(card, 500).status_code == 201


def test_a_purchase_is_credited_once_by_its_reference(driver: ApiDriver) -> None:
    program = driver.points_program()
    card, other = driver.card(program), driver.card(program)
    first = driver.earn(card, 1000, reference="bill 7").json()

    again = driver.earn(other, 1000, reference="bill 7")

    problem = check_problem(again, 409, code="reference_already_used")
    assert problem["transaction_id"] == first["transaction"]["id"]
    elsewhere = driver.card(driver.points_program())
    assert driver.earn(elsewhere, 1000, reference="bill 7").status_code == 201


def test_points_are_exchanged_for_a_reward_or_taken_off(driver: ApiDriver) -> None:
    program = driver.points_program()
    reward, card = driver.reward(program, value_minor=450), driver.card(program)
    driver.earn(card, 15_000)

    receipt = driver.redeem(card, reward_id=reward["id"]).json()
    assert receipt["transaction"]["reward"] == {
        "id": reward["id"],
        "name": "A cake",
        "value_minor": 450,
    }
    assert receipt["card"]["points"] == 50
    missing = check_problem(driver.redeem(card, reward_id=reward["id"]), 409)
    assert (missing["code"], missing["points_missing"]) == ("not_enough_points", 50)
    assert driver.redeem(card, points=20).json()["card"]["points"] == 30
    check_problem(driver.redeem(card), 422)
    check_problem(driver.redeem(card, points=1, reward_id=reward["id"]), 422)


def test_a_reward_runs_out_and_has_its_dates_and_its_limit_per_card(driver: ApiDriver) -> None:
    program = driver.points_program()
    one = driver.reward(program, points_required=1, stock_left=1)
    past = driver.reward(program, points_required=1, valid_until="2026-01-01T00:00:00Z")
    each = driver.reward(program, points_required=1, per_card_limit=1)
    card = driver.card(program)
    driver.earn(card, 1000)

    assert driver.redeem(card, reward_id=one["id"]).status_code == 201
    assert driver.redeem(card, reward_id=each["id"]).status_code == 201
    for reward in (one, past, each):
        refused = driver.redeem(card, reward_id=reward["id"])
        assert check_problem(refused, 409, code="reward_not_available")["reason"]


def test_the_least_points_to_redeem_hold(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program(minimum_redemption_points=50))
    driver.earn(card, 10_000)

    check_problem(driver.redeem(card, points=49), 409)
    assert driver.redeem(card, points=50).status_code == 201


def test_an_adjustment_needs_the_permission_a_reason_and_a_bound(driver: ApiDriver) -> None:
    card = driver.card(driver.points_program())
    operate = driver.stage.as_alices("loyalty:operate")

    check_problem(driver.adjust(card, 5, by=operate), 403, code="not_allowed")
    check_problem(driver.adjust(card, 5, reason=" "), 422)
    check_problem(driver.adjust(card, 10**9), 422)
    receipt = driver.adjust(card, 40, reason="Wrong bill").json()
    assert receipt["transaction"]["type"] == "points_adjusted"
    assert receipt["transaction"]["note"] == "Wrong bill"
    check_problem(driver.adjust(card, -41), 409, code="not_enough_points")


def test_stamps_are_not_for_points_programs_nor_points_for_stamps(driver: ApiDriver) -> None:
    points, stamps = driver.card(driver.points_program()), driver.card(driver.program())
    both = driver.card(driver.program(type="hybrid"))

    check_problem(driver.stamp(points), 409, code="program_type_mismatch")
    check_problem(driver.earn(stamps, 100), 409, code="program_type_mismatch")
    assert (driver.stamp(both).status_code, driver.earn(both, 100).status_code) == (201, 201)


def test_an_entry_is_voided_once_by_a_new_one_that_names_it(driver: ApiDriver) -> None:
    card = driver.card(driver.program())
    stamped = driver.stamp(card)

    voided = driver.void(stamped, reason="Wrong card").json()

    entry = voided["transaction"]
    assert (entry["type"], entry["stamps_delta"], entry["note"]) == ("voided", -1, "Wrong card")
    assert entry["voids"] == stamped.json()["transaction"]["id"]
    assert driver.entries(card)[1]["voided_by"] == entry["id"]
    again = check_problem(driver.void(stamped), 409, code="already_voided")
    assert again["voided_by"] == entry["id"]
    assert driver.stamp(card).status_code == 201, "the cooldown is as if it had never been"


@pytest.mark.parametrize(
    ("policy", "status", "points"),
    [("clamp", 201, 0), ("allow_negative", 201, -60), ("refuse", 409, 40)],
)
def test_a_void_of_spent_points_follows_the_programs_policy(
    driver: ApiDriver, policy: str, status: int, points: int
) -> None:
    card = driver.card(driver.points_program(void_policy=policy))
    earned = driver.earn(card, 10_000)
    driver.redeem(card, points=60)

    answer = driver.void(earned)

    assert answer.status_code == status
    assert driver.now(card)["points"] == points
    if status == 409:
        assert check_problem(answer, 409, code="not_enough_points")["points_missing"] == 60


def test_a_voided_redemption_gives_back_points_and_stock(driver: ApiDriver) -> None:
    program = driver.points_program()
    reward, card = driver.reward(program, stock_left=1), driver.card(program)
    driver.earn(card, 10_000)
    redeemed = driver.redeem(card, reward_id=reward["id"])

    assert driver.void(redeemed).json()["card"]["points"] == 100
    assert driver.redeem(card, reward_id=reward["id"]).status_code == 201


def _changes(driver: ApiDriver) -> list[tuple[str, Any]]:
    """Return each kind of change, ready to be sent."""
    stamps = driver.program(cooldown_minutes=0, max_daily_stamps=50, stamps_target=1)
    points = driver.points_program()
    card, points_card = driver.card(stamps), driver.card(points)
    driver.stamp(card, quantity=5)
    earned = driver.earn(points_card, 10_000).json()["transaction"]["id"]
    ids = {"card": card["id"]}, {"card": points_card["id"]}
    return [
        ("/stamp", {**ids[0], "quantity": 2}),
        ("/stamp/redeem", ids[0]),
        ("/points/earn", {**ids[1], "amount_minor": 700}),
        ("/points/redeem", {**ids[1], "points": 10}),
        ("/points/adjust", {**ids[1], "points_delta": 3, "reason": "Goodwill"}),
        (f"/transactions/{earned}/void", {"reason": "Mistake"}),
        ("/cards", {"program_id": stamps["id"]}),
        ("/programs", {"name": "Repeated", "type": "stamps"}),
        (f"/programs/{points['id']}/rewards", {"name": "A tart", "points_required": 5}),
        (f"/cards/{driver.card(stamps)['id']}/replace", None),
        (f"/programs/{stamps['id']}/deactivate", None),
    ]


def test_the_same_key_answers_the_same_also_after_others_came_between(driver: ApiDriver) -> None:
    changes = _changes(driver)
    first = [
        _send(driver, path, body, f"again-{n}-{path}") for n, (path, body) in enumerate(changes)
    ]
    assert [answer.status_code for answer in first if answer.status_code not in (200, 201)] == []

    with nothing_written(driver.stage.context.database):
        second = [
            _send(driver, path, body, f"again-{n}-{path}") for n, (path, body) in enumerate(changes)
        ]

    for before, after in zip(first, second, strict=True):
        assert after.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in before.headers
        assert after.status_code == before.status_code
        assert _without_links(after) == _without_links(before)


def test_an_answer_given_again_shows_the_cards_present_link_and_customer(driver: ApiDriver) -> None:
    card = driver.card(driver.program())
    first = driver.stamp(card, key=f"link-{card['id']}").json()
    new = driver.api.post(f"{LOYALTY}/cards/{card['id']}/replace").json()
    told = {"customer": {"name": "Léo"}}
    customer = driver.api.patch(f"{LOYALTY}/cards/{card['id']}", told).json()["customer"]

    again = driver.stamp(card, key=f"link-{card['id']}").json()

    today = {name: new[name] for name in ("public_url", "token_digest")}
    today["customer"] = customer
    assert again == {**first, "card": {**first["card"], **today}}


def _without_links(answer: httpx.Response) -> Any:
    """Return what an answer says but for a card's link, which a kept response does not hold."""
    told = answer.json()
    return {name: value for name, value in told.items() if name != "public_url"}


def test_the_same_key_at_once_is_done_once(driver: ApiDriver) -> None:
    for path, body in _changes(driver):
        gate = threading.Barrier(4)

        def send(path: str = path, body: Any = body, gate: threading.Barrier = gate) -> Any:
            gate.wait(10)
            return _send(driver, path, body, f"at-once-{path}")

        with ThreadPoolExecutor(4) as pool:
            answers = [done.result() for done in [pool.submit(send) for _ in range(4)]]
        assert {answer.status_code for answer in answers} <= {200, 201}, path
        assert all(_without_links(each) == _without_links(answers[0]) for each in answers), path
        replayed = [a for a in answers if "Idempotency-Replayed" in a.headers]
        assert len(replayed) == 3, path
    audited(driver.stage.context.database)


def test_a_list_of_operations_does_each_on_its_own_and_answers_again(driver: ApiDriver) -> None:
    stamps, points = driver.card(driver.program()), driver.card(driver.points_program())
    key = stamps["id"]
    purchase = {"op": "earn", "card": points["number"], "amount_minor": 900}
    operations = [
        {"op": "stamp", "card": stamps["id"], "idempotency_key": f"{key}-1"},
        {"op": "stamp", "card": stamps["id"], "idempotency_key": f"{key}-2"},
        {**purchase, "idempotency_key": f"{key}-3"},
        {"op": "redeem_points", "card": points["id"], "points": 4, "idempotency_key": f"{key}-4"},
        {"op": "redeem_stamps", "card": stamps["id"], "idempotency_key": f"{key}-5"},
        {"op": "nothing", "card": stamps["id"], "idempotency_key": f"{key}-6"},
        {"op": "earn", "card": "nobody's", "amount_minor": 1, "idempotency_key": f"{key}-7"},
    ]

    first = driver.operations(*operations)
    second = driver.operations(*operations)

    codes = [one.get("problem", {}).get("code") for one in first]
    assert [one["status"] for one in first] == [201, 409, 201, 201, 409, 422, 404]
    assert codes[1::3] == ["stamp_too_soon", "not_enough_stamps"]
    assert [one.get("receipt") for one in second] == [one.get("receipt") for one in first]
    entry = first[2]["receipt"]["transaction"]["id"]
    void = {"op": "void", "transaction_id": entry, "reason": "x", "idempotency_key": f"{key}-8"}
    assert driver.operations(void)[0]["receipt"]["transaction"]["voids"] == entry


def test_a_key_is_one_whether_alone_or_in_a_list(driver: ApiDriver) -> None:
    card = driver.card(driver.program())
    alone = driver.stamp(card, key=f"both-{card['id']}").json()
    item = {"op": "stamp", "card": card["id"], "idempotency_key": f"both-{card['id']}"}

    assert driver.operations(item)[0]["receipt"] == alone
    assert (
        driver.operations({**item, "quantity": 2})[0]["problem"]["code"] == "idempotency_key_reused"
    )


def test_no_list_takes_a_key_by_which_punchcard_itself_asks(driver: ApiDriver) -> None:
    card = driver.card(driver.program())
    item = {"op": "stamp", "card": card["id"], "idempotency_key": f"claim:{card['id']}"}

    assert driver.operations(item)[0]["status"] == 422
    assert driver.now(card)["stamps"] == 0


def test_a_refusal_frees_the_key(driver: ApiDriver) -> None:
    card, key = driver.card(driver.points_program()), "freed"
    check_problem(driver.redeem(card, points=5, key=key), 409, code="not_enough_points")
    driver.earn(card, 10_000)

    assert driver.redeem(card, points=5, key=key).status_code == 201
    check_problem(driver.redeem(card, points=6, key=key), 422, code="idempotency_key_reused")


def test_a_card_is_named_by_id_number_token_or_address(driver: ApiDriver) -> None:
    card = driver.card(driver.program(cooldown_minutes=0))
    token = card["public_url"].rsplit("/", 1)[-1]

    for name in (card["id"], card["number"], token, card["public_url"]):
        answer = driver.api.post(f"{LOYALTY}/stamp", {"card": name})
        assert answer.status_code == 201, name


def test_a_blocked_card_is_refused_until_it_is_unblocked(driver: ApiDriver) -> None:
    card = driver.card(driver.program())
    path = f"{LOYALTY}/cards/{card['id']}"

    assert driver.api.post(f"{path}/block").json()["status"] == "blocked"
    check_problem(driver.stamp(card), 409, code="card_blocked")
    assert driver.api.post(f"{path}/unblock").json()["status"] == "active"
    assert driver.stamp(card).status_code == 201


def test_a_replaced_cards_old_codes_stop_and_its_balance_stays(driver: ApiDriver) -> None:
    card = driver.card(driver.program(cooldown_minutes=0))
    driver.stamp(card)

    new = driver.api.post(f"{LOYALTY}/cards/{card['id']}/replace").json()

    assert new["stamps"] == 1
    for old in (card["number"], card["public_url"]):
        answer = driver.api.post(f"{LOYALTY}/stamp", {"card": old})
        check_problem(answer, 409, code="card_replaced")
    token = card["public_url"].rsplit("/", 1)[-1]
    check_problem(driver.stage.api.get(f"/loyalty/cards/{token}"), 404, code="card_not_found")
    assert driver.api.post(f"{LOYALTY}/stamp", {"card": new["number"]}).status_code == 201


def test_a_welcome_bonus_is_an_entry_of_its_own(driver: ApiDriver) -> None:
    card = driver.card(driver.program(welcome_stamps=2))

    assert card["stamps"] == 2
    assert [entry["type"] for entry in driver.entries(card)] == ["welcome_bonus", "card_opened"]


def _send(driver: ApiDriver, path: str, body: Any, key: str) -> httpx.Response:
    return driver.api.post(f"{LOYALTY}{path}", body, key=key)
