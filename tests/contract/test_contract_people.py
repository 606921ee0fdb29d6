"""The promises of the HTTP contract about staff, terminals and customers, one by one."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from punchcard.loyalty.cards import erasures
from tests.contract.conftest import Stage
from tests.contract.problems import check_problem, nothing_written
from tests.contract.world import LOYALTY
from tests.support.books import audited
from tests.support.cast import by_operator
from tests.support.drivers.api import ApiDriver

PUBLIC = "/loyalty"


@pytest.fixture
def driver(either_stage: Stage) -> ApiDriver:
    """Stand at Café Alice's counter, on both databases in turn."""
    return ApiDriver(either_stage)


def test_a_program_may_require_a_pin_take_one_or_do_without(driver: ApiDriver) -> None:
    pin = driver.pin("70315", name="Policy")
    for policy, status in (("required", 403), ("optional", 201), ("off", 201)):
        card = driver.card(driver.program(pin_policy=policy, cooldown_minutes=0))
        without = driver.stamp(card)
        assert without.status_code == status
        if status == 403:
            check_problem(without, 403, code="staff_pin_required")
        stamped = driver.stamp(card, staff_pin="70315").json()["transaction"]
        assert stamped["staff"] == {"id": pin["id"], "name": "Policy"}


def test_a_pin_is_never_told_again(driver: ApiDriver) -> None:
    pin = driver.pin("83920164", name="Secret")
    listed = driver.api.get(f"{LOYALTY}/pins", params={"limit": 200})

    assert "83920164" not in listed.text + str(pin)
    assert "pin" not in pin
    assert pin["id"] in listed.text


@pytest.mark.parametrize("digits", ["1234", "0000", "4321", "12345678", "1111"])
def test_a_pin_that_is_guessed_first_is_refused(driver: ApiDriver, digits: str) -> None:
    answer = driver.api.post(f"{LOYALTY}/pins", {"name": "Easy", "pin": digits})
    check_problem(answer, 422)


@pytest.mark.parametrize("digits", ["123", "123456789", "12a4", "", "١٢٣٤"])
def test_a_pin_is_four_to_eight_digits(driver: ApiDriver, digits: str) -> None:
    check_problem(driver.api.post(f"{LOYALTY}/pins", {"name": "Odd", "pin": digits}), 422)


def test_a_pin_belongs_to_one_person_of_the_vendor(driver: ApiDriver) -> None:
    driver.pin("59164", name="First")
    again = driver.api.post(f"{LOYALTY}/pins", {"name": "Second", "pin": "59164"})
    check_problem(again, 409, code="pin_already_used")


def test_wrong_pins_lock_the_person_named_and_nobody_else(driver: ApiDriver) -> None:
    program = driver.program(pin_policy="required", pin_max_attempts=3, cooldown_minutes=0)
    anna = driver.pin("60718", name="Anna", program_id=program["id"])
    ben = driver.pin("81607", name="Ben", staff_id=f"ben-{program['id']}"[:60])
    card = driver.card(program)

    left = []
    for _ in range(3):
        refused = driver.stamp(card, staff_id=anna["id"], staff_pin="5555")
        left.append(check_problem(refused, 403, code="staff_pin_invalid")["remaining_attempts"])
    locked = driver.stamp(card, staff_id=anna["id"], staff_pin="60718")

    assert left == [2, 1, 0]
    problem = check_problem(locked, 423, code="staff_pin_locked")
    assert problem["locked_until"].endswith("Z")
    assert int(locked.headers["Retry-After"]) <= 30 * 60
    assert driver.stamp(card, staff_id=ben["staff_id"], staff_pin="81607").status_code == 201
    assert driver.stamp(card, staff_pin="81607").status_code == 201
    shown = driver.api.get(f"{LOYALTY}/pins/{anna['id']}").json()
    assert shown["status"] == "locked"

    assert driver.api.post(f"{LOYALTY}/pins/{anna['id']}/unlock").json()["status"] == "active"
    assert driver.stamp(card, staff_id=anna["id"], staff_pin="60718").status_code == 201


def test_a_retired_pin_stops_and_history_keeps_the_name(driver: ApiDriver) -> None:
    pin = driver.pin("90461", name="Leaving")
    card = driver.card(driver.program(cooldown_minutes=0))
    driver.stamp(card, staff_pin="90461")
    token = driver.api.post(f"{LOYALTY}/pins/verify", {"pin": "90461"}).json()["staff_token"]

    assert driver.api.delete(f"{LOYALTY}/pins/{pin['id']}").status_code == 204

    check_problem(driver.stamp(card, staff_pin="90461"), 403, code="staff_pin_invalid")
    check_problem(driver.stamp(card, staff_token=token), 403, code="staff_token_invalid")
    assert driver.entries(card)[0]["staff"] == {"id": pin["id"], "name": "Leaving"}
    driver.pin("90461", name="Successor")


def test_a_right_pin_buys_a_token_for_the_shift(driver: ApiDriver) -> None:
    pin = driver.pin("27594", name="Shift")
    bought = driver.api.post(f"{LOYALTY}/pins/verify", {"pin": "27594"}).json()
    card = driver.card(driver.program(pin_policy="required", cooldown_minutes=0))

    assert set(bought) == {"staff_pin", "staff_token", "expires_at"}
    stamped = driver.stamp(card, staff_token=bought["staff_token"]).json()
    assert stamped["transaction"]["staff"]["id"] == pin["id"]
    broken = bought["staff_token"][:-2] + "xx"
    check_problem(driver.stamp(card, staff_token=broken), 403, code="staff_token_invalid")
    lent = driver.stage.as_alices("loyalty:operate")
    elsewhere = driver.stamp(card, staff_token=bought["staff_token"], by=lent)
    check_problem(elsewhere, 403, code="staff_token_invalid")


def test_a_token_counts_in_a_list_only_for_what_happened_while_it_ran(stage: Stage) -> None:
    driver = ApiDriver(stage)
    program = driver.program(pin_policy="required", cooldown_minutes=0)
    with driver.at("2026-03-01T09:00:00Z"):
        card = driver.card(program)
    driver.pin("27594", name="Shift")
    token = driver.api.post(f"{LOYALTY}/pins/verify", {"pin": "27594"}).json()["staff_token"]
    bought_at = stage.clock.now()
    stage.clock.advance(hours=20)

    def stamp(hours: int | None) -> dict[str, Any]:
        key, when = f"shift-{hours}", {}
        if hours is not None:
            when = {"occurred_at": (bought_at + timedelta(hours=hours)).isoformat()}
        proved = {"card": card["id"], "staff_token": token, **when}
        return {"op": "stamp", "idempotency_key": key, **proved}

    results = driver.operations(stamp(1), stamp(19), stamp(None), stamp(-1), stamp(2))

    assert [result["status"] for result in results] == [201, 403, 403, 403, 201]
    refused = [result["problem"]["code"] for result in results if "problem" in result]
    assert refused == ["staff_token_invalid"] * 3


def test_a_pin_for_one_program_opens_no_other(driver: ApiDriver) -> None:
    mine, other = (driver.program(pin_policy="required") for _ in range(2))
    driver.pin("36182", name="Only here", program_id=mine["id"])

    assert driver.stamp(driver.card(mine), staff_pin="36182").status_code == 201
    check_problem(
        driver.stamp(driver.card(other), staff_pin="36182"), 403, code="staff_pin_invalid"
    )


def test_a_terminal_is_paired_once_and_works_at_its_location(driver: ApiDriver) -> None:
    owner, stock = driver.as_owner(), driver.stage.world.alices
    asked = owner.post("/vendor/devices/pairing-codes", {"location_id": stock["location_id"]})
    code = driver.made(asked)
    assert code["qr_svg"].startswith("<svg")
    assert code["code"] in code["pairing_url"]

    paired = driver.made(
        driver.stage.api.post("/devices/pair", {"code": code["code"], "name": "T"})
    )

    assert paired["token"].startswith("dt_")
    again = driver.stage.api.post("/devices/pair", {"code": code["code"], "name": "T"})
    check_problem(again, 404, code="pairing_code_invalid")
    device = driver.stage.api.with_token(paired["token"])
    stamped = driver.stamp(driver.card(driver.program()), by=device).json()["transaction"]
    assert stamped["location_id"] == stock["location_id"]
    assert stamped["actor"] == {"kind": "device", "id": paired["device"]["id"]}


def test_a_pairing_code_ends_after_its_time(stage: Stage) -> None:
    location = {"location_id": stage.world.alices["location_id"]}
    made = stage.as_alices("owner").post("/vendor/devices/pairing-codes", location).json()
    stage.clock.advance(minutes=10)

    answer = stage.api.post("/devices/pair", {"code": made["code"], "name": "T"})

    check_problem(answer, 404, code="pairing_code_invalid")


def test_a_key_is_shown_once(driver: ApiDriver) -> None:
    owner = driver.as_owner()
    key = driver.made(owner.post("/vendor/api-keys", {"name": "K", "scopes": ["loyalty:read"]}))

    assert key["key"].startswith("pk_")
    assert key["key"] not in owner.get("/vendor/api-keys", params={"limit": 200}).text
    me = driver.stage.api.with_token(key["key"]).get("/auth/me").json()
    assert (me["kind"], me["permissions"]) == ("api_key", ["loyalty:read"])


def test_signing_in_answers_a_token_and_who_it_is(driver: ApiDriver) -> None:
    attempt = {"email": driver.stage.world.alices["owner_email"].upper(), "password": "wrong"}
    check_problem(driver.stage.api.post("/auth/token", attempt), 401, code="credentials_invalid")

    me = driver.as_owner().get("/auth/me").json()

    assert (me["kind"], me["role"]) == ("member", "owner")
    assert me["vendor_id"] == driver.stage.world.alices["vendor_id"]


def test_a_visitor_sees_the_program_without_the_shops_own_business(driver: ApiDriver) -> None:
    program = driver.program(terms_text="Be kind.")
    page = driver.stage.api.get(f"{PUBLIC}/programs/{program['slug']}")

    seen = page.json()
    assert (seen["name"], seen["terms_text"]) == (program["name"], "Be kind.")
    assert (seen["stamp_reward"]["name"], seen["stamps_target"]) == ("A coffee", 10)
    for hidden in (program["id"], "max_daily_stamps", "cooldown", "pin", "vendor_id"):
        assert hidden not in page.text
    draft = driver.program(status="draft")
    check_problem(driver.stage.api.get(f"{PUBLIC}/programs/{draft['slug']}"), 404)


def test_enrolling_never_tells_whether_an_address_is_known(driver: ApiDriver) -> None:
    program = driver.program()
    known = {"name": "Zoé", "email": "zoe@zoe.example", "phone": "+352621987654"}
    driver.card(program, customer=known)
    path = f"{PUBLIC}/programs/{program['slug']}/enroll"

    def shape(answer: Any) -> Any:
        body = answer.json()
        return answer.status_code, sorted(body), sorted(body["card"]), body["wallet"]

    answers = [
        driver.stage.api.post(path, {"customer": customer, "accept_terms": True})
        for customer in (known, {**known, "email": "new@zoe.example", "phone": None}, None)
    ]

    assert {str(shape(answer)) for answer in answers} == {str(shape(answers[0]))}
    assert answers[0].status_code == 201
    cards = [answer.json()["card"] for answer in answers]
    assert len({card["number"] for card in cards}) == 3
    assert answers[0].json()["card_url"].endswith(cards[0]["token"])


def test_a_visitors_welcome_bonus_comes_with_the_first_visit(driver: ApiDriver) -> None:
    program = driver.program(welcome_stamps=2)
    path = f"{PUBLIC}/programs/{program['slug']}/enroll"
    card = driver.stage.api.post(path, {"accept_terms": True}).json()["card"]
    assert card["stamps"] == 0

    stamped = driver.made(driver.api.post(f"{LOYALTY}/stamp", {"card": card["token"]}))

    assert stamped["card"]["stamps"] == 3
    types = [entry["type"] for entry in driver.entries(stamped["card"])]
    assert sorted(types) == ["card_opened", "stamp_earned", "welcome_bonus"]


def test_a_program_may_be_closed_to_visitors(driver: ApiDriver) -> None:
    program = driver.program(self_enrollment=False)
    path = f"{PUBLIC}/programs/{program['slug']}/enroll"
    with nothing_written(driver.stage.context.database):
        check_problem(driver.stage.api.post(path, {"accept_terms": True}), 403)


def test_the_token_in_the_link_opens_the_card_and_nothing_else(driver: ApiDriver) -> None:
    card = driver.card(driver.program(), customer={"name": "Mia", "email": "mia@mia.example"})
    token = card["public_url"].rsplit("/", 1)[-1]
    driver.stamp(card)

    own = driver.stage.api.get(f"{PUBLIC}/cards/{token}")
    assert (own.json()["stamps"], own.json()["number"]) == (1, card["number"])
    assert "mia@mia.example" not in own.text
    entries = driver.stage.api.get(f"{PUBLIC}/cards/{token}/transactions").json()["items"]
    assert [entry["type"] for entry in entries] == ["stamp_earned", "card_opened"]
    picture = driver.stage.api.get(f"{PUBLIC}/cards/{token}/qr.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    for wallet in ("apple.pkpass", "google"):
        answer = driver.stage.api.get(f"{PUBLIC}/cards/{token}/{wallet}")
        check_problem(answer, 404, code="wallet_not_configured")
    for name in (card["id"], card["number"], token[:-1] + "x"):
        check_problem(driver.stage.api.get(f"{PUBLIC}/cards/{name}"), 404, code="card_not_found")


def test_a_customer_takes_their_data_and_is_forgotten_and_the_ledger_holds(
    driver: ApiDriver,
) -> None:
    program, other = driver.program(), driver.points_program()
    told = {"name": "Nora", "email": "nora@nora.example", "phone": "+352621555777"}
    card, second = driver.card(program, customer=told), driver.card(other, customer=told)
    driver.stamp(card)
    driver.earn(second, 900)
    token = card["public_url"].rsplit("/", 1)[-1]

    public = driver.stage.api
    asked = public.post(f"{PUBLIC}/cards/{token}/proof-of-person").json()
    typed = {"code": asked["code"]}
    driver.api.post(f"{LOYALTY}/cards/{card['id']}/proof-of-person", typed).raise_for_status()
    proof = {"Proof-Of-Person": asked["proof"]}

    taken = public.get(f"{PUBLIC}/cards/{token}/export", headers=proof).json()
    assert taken["customer"]["email"] == "nora@nora.example"
    assert {one["number"] for one in taken["cards"]} == {card["number"], second["number"]}
    ended = public.delete(f"{PUBLIC}/cards/{token}/customer", headers=proof)
    assert ended.status_code == 202
    context = driver.stage.context
    # The sessions of the world's people are shorter than the time to undo it.
    later = datetime.fromisoformat(ended.json()["erased_at"])
    with context.database.write() as session:
        former = context.loyalty.former_contacts
        erasures.carry_out(session, replace(by_operator(context), now=later), former, limit=1)

    assert driver.now(card)["customer"] is None
    assert driver.now(second)["customer"] is None
    assert driver.now(card)["stamps"] == 1
    left = public.get(f"{PUBLIC}/cards/{token}/export", headers=proof).text
    assert "nora" not in left.lower()
    found = driver.api.get(f"{LOYALTY}/cards/lookup", params={"code": told["email"]}).json()
    assert found["items"] == []
    chains = audited(driver.stage.context.database)
    assert len(chains[card["id"]]) == 2
    assert driver.card(program, customer=told)["id"] != card["id"]
