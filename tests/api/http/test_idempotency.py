"""The same key twice, at once, with another body, and after a refusal."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from punchcard.accounts.vocabulary import Role
from tests.support.cast import Shop
from tests.support.http import Api

TERRACE = {"name": "Terrace"}


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
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: owner.post("/vendor/users", eloise, key="k1"), range(6)))

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


def test_an_answer_that_holds_a_secret_is_given_again_to_who_may_see_it(
    api: Api, owner: Api, alice: Shop
) -> None:
    wanted = {"name": "Website", "scopes": ["loyalty:read"]}
    first = owner.post("/vendor/api-keys", wanted, key="k1")

    assert owner.post("/vendor/api-keys", wanted, key="k1").json() == first.json()
    alice.hire(Role.MANAGER)
    manager = api.with_token(alice.token("manager"))
    assert manager.post("/vendor/api-keys", wanted, key="k1").status_code == 403


@pytest.mark.parametrize("key", ["", "with space", "x" * 129, "é"])
def test_a_key_that_is_none_is_refused(owner: Api, key: str) -> None:
    answer = owner.call(
        "POST", "/vendor/locations", TERRACE, headers={"Idempotency-Key": key.encode()}
    )

    assert answer.status_code == 422
