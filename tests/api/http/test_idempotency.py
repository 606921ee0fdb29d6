"""The same key twice, at once, with another body, and after a refusal."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.kit.clock import ManualClock
from punchcard.main import create_worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api

TERRACE = {"name": "Terrace"}
AN_ID = "019cac1e-7b00-7000-8000-000000000001"


def test_same_key_twice_gives_the_same_answer_and_one_location(owner: Api) -> None:
    first = owner.post("/vendor/locations", TERRACE, key="k1")
    second = owner.post("/vendor/locations", TERRACE, key="k1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(owner.get("/vendor/locations").json()["items"]) == 2


def test_same_key_at_once_gives_one_location_and_one_answer(owner: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: owner.post("/vendor/locations", TERRACE, key="k1"), range(8))
        )

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    replayed = [answer for answer in answers if "Idempotency-Replayed" in answer.headers]
    assert len(replayed) == 7
    assert len(owner.get("/vendor/locations").json()["items"]) == 2


def test_a_twin_that_a_rule_refuses_gets_the_answer_of_the_first(owner: Api) -> None:
    eloise = {
        "email": "eloise@cafe-alice.example",
        "name": "Éloïse",
        "role": "staff",
        "password": "a password of hers",
    }
    # As many as one caller's passwords may be hashed and wait for it.
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: owner.post("/vendor/users", eloise, key="k1"), range(3)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1


def test_same_key_with_another_body_or_path_is_refused(owner: Api) -> None:
    owner.post("/vendor/locations", TERRACE, key="k1")

    for answer in (
        owner.post("/vendor/locations", {"name": "Garden"}, key="k1"),
        owner.post("/vendor/devices/pairing-codes", TERRACE, key="k1"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(owner.get("/vendor/locations").json()["items"]) == 2


def test_a_refusal_frees_the_key(owner: Api) -> None:
    assert owner.post("/vendor/locations", {"name": ""}, key="k1").status_code == 422

    assert owner.post("/vendor/locations", TERRACE, key="k1").status_code == 201


def test_keys_are_the_vendors_own(api: Api, owner: Api, bob: Shop) -> None:
    of_bob = api.with_token(bob.token())
    first = owner.post("/vendor/locations", TERRACE, key="k1")

    other = of_bob.post("/vendor/locations", {"name": "Terrace of Bob"}, key="k1")

    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("path", "wanted", "secrets"),
    [
        ("/vendor/api-keys", {"name": "Website", "scopes": ["loyalty:read"]}, {"key"}),
        ("/vendor/devices/pairing-codes", {}, {"code", "pairing_url", "qr_svg"}),
    ],
)
def test_a_secret_is_shown_once_whatever_the_key(
    owner: Api, path: str, wanted: dict[str, Any], secrets: set[str]
) -> None:
    first = owner.post(path, wanted, key="k1").json()
    again = owner.post(path, wanted, key="k1").json()

    assert all(first[name] for name in secrets)
    assert again == {**first, **dict.fromkeys(secrets)}


def test_a_replaced_cards_link_is_not_kept(owner: Api, alice: Shop) -> None:
    card_id = shelf.opened_card(alice, shelf.program(alice, status="active"))
    card = f"/vendor/loyalty/cards/{card_id}/replace"
    first = owner.post(card, key="k1").json()
    again = owner.post(card, key="k1").json()

    assert first["public_url"]
    assert (again["number"], again["public_url"]) == (first["number"], None)


def test_nobody_learns_by_anothers_key_what_they_were_answered(
    api: Api, owner: Api, alice: Shop
) -> None:
    owner.post("/vendor/locations", TERRACE, key="k1")
    alice.hire(Role.MANAGER)
    manager = api.with_token(alice.token("manager"))

    answer = manager.post("/vendor/locations", TERRACE, key="k1")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert len(owner.get("/vendor/locations").json()["items"]) == 2


def test_another_session_of_the_same_person_gets_the_same_answer(
    api: Api, owner: Api, alice: Shop
) -> None:
    first = owner.post("/vendor/locations", TERRACE, key="k1")

    again = api.with_token(alice.token()).post("/vendor/locations", TERRACE, key="k1")

    assert again.json() == first.json()


@pytest.mark.parametrize("key", ["", "with space", "x" * 129, "é", f"claim:{AN_ID}"])
def test_a_key_that_is_none_is_refused(owner: Api, key: str) -> None:
    answer = owner.call(
        "POST", "/vendor/locations", TERRACE, headers={"Idempotency-Key": key.encode()}
    )

    assert answer.status_code == 422


def test_a_response_is_forgotten_after_a_month(api: Api, alice: Shop, clock: ManualClock) -> None:
    tasks = create_worker(alice.context)

    def ask(name: str = "Terrace") -> int:
        owner = api.with_token(alice.token())
        return owner.post("/vendor/locations", {"name": name}, key="k1").status_code

    assert ask() == 201
    clock.advance(days=30)
    assert tasks.run_tasks()["expire_responses"] == 0
    assert (ask(), ask("Garden")) == (201, 422)
    clock.advance(days=1)
    assert tasks.run_tasks()["expire_responses"] == 1
    assert ask("Garden") == 201
