"""The step that asks once more who it is, and goes on with what was typed."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from punchcard.accounts import api_key_service
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.web.account.sign_in import KNOWN_COOKIE
from tests.support.cast import PASSWORD, Shop, by_operator
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of
from tests.web.account.test_second_factor import code_of, set_up

Visitors = Callable[..., Visitor]
STEP = "/console/account/confirm"
KEYS = "/console/api-keys"
KEY: dict[str, Any] = {
    "name": "Web “shop” & till",
    "scopes": ["loyalty:read", "loyalty:operate"],
    "days": "90",
}


@pytest.fixture
def owner(visitors: Visitors, context: Context, clock: ManualClock, alice: Shop) -> Visitor:
    """Sign in, and do something when that is too long ago."""
    visitor = visitors(alice)
    clock.advance(minutes=context.settings.confirm_minutes, seconds=1)
    visitor.get(KEYS)
    return visitor


def test_what_was_typed_goes_on_once_the_password_is_right(owner: Visitor) -> None:
    step = owner.post(KEYS, **KEY)
    assert "Is it you?" in text_of(step)
    wrong = owner.client.post(
        STEP, data={**form_on(step.text, STEP), "confirm_with_password": "wrong"}
    )
    assert "The current password is wrong." in text_of(wrong)

    sent = {**form_on(wrong.text, STEP), "confirm_with_password": PASSWORD}
    right = owner.client.post(STEP, data=sent)
    assert (right.status_code, right.headers["location"]) == (307, KEYS)
    made = owner.client.post(KEYS, data=sent)

    assert made.status_code == 201
    assert "Your new key" in text_of(made)
    assert "Web “shop” & till" in text_of(made)
    assert owner.post(KEYS, **{**KEY, "name": "At once"}).status_code == 201


def test_a_file_is_fetched_once_the_password_is_right(owner: Visitor) -> None:
    path = "/console/exports/cards.csv?dialect=comma"
    step = owner.get(path)
    sent = {**form_on(step.text, STEP), "confirm_with_password": PASSWORD}

    right = owner.client.post(STEP, data=sent)

    assert (right.status_code, right.headers["location"]) == (303, path)
    assert owner.follow(right).headers["content-type"].startswith("text/csv")


def test_a_second_factor_is_asked_for_too_and_what_was_typed_goes_on(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    owner = visitors(alice)
    page, _ = set_up(owner, clock)
    clock.advance(minutes=20)
    owner.get(KEYS)
    step = owner.post(KEYS, **KEY)
    asked = owner.client.post(
        STEP, data={**form_on(step.text, STEP), "confirm_with_password": PASSWORD}
    )
    assert asked.status_code == 200
    assert "Type the code that your app shows" in text_of(asked)
    wrong = owner.client.post(STEP, data={**form_on(asked.text, STEP), "confirm_code": "000000"})
    assert "This code is wrong" in text_of(wrong)
    assert owner.post(KEYS, **KEY).status_code == 200

    sent = {**form_on(wrong.text, STEP), "confirm_code": code_of(page, clock)}
    right = owner.client.post(STEP, data=sent)
    assert (right.status_code, right.headers["location"]) == (307, KEYS)
    assert owner.client.post(KEYS, data=sent).status_code == 201


def test_who_takes_too_long_over_the_second_factor_types_the_password_again(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    owner = visitors(alice)
    page, _ = set_up(owner, clock)
    clock.advance(minutes=20)
    step = owner.get("/console/exports/people.csv")
    sent = {**form_on(step.text, STEP), "confirm_with_password": PASSWORD}
    asked = owner.client.post(STEP, data=sent)
    clock.advance(minutes=6)
    late = owner.client.post(
        STEP, data={**form_on(asked.text, STEP), "confirm_code": code_of(page, clock)}
    )
    assert "Password" in text_of(late)
    sent = {**form_on(late.text, STEP), "confirm_with_password": PASSWORD}
    asked = owner.client.post(STEP, data=sent)
    sent = {**form_on(asked.text, STEP), "confirm_code": code_of(page, clock)}
    right = owner.client.post(STEP, data=sent)
    assert right.headers["location"] == "/console/exports/people.csv"
    assert owner.follow(right).headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "/\\evil.example", ""])
def test_the_step_leads_nowhere_else(owner: Visitor, method: str, to: str) -> None:
    sent = {"confirm_with_password": PASSWORD, "confirm_method": method, "confirm_to": to}

    assert owner.post(STEP, **sent).headers["location"] == "/console"


def test_a_stranger_is_asked_to_sign_in_instead(visitor: Visitor) -> None:
    assert visitor.get(STEP).headers["location"].startswith("/sign-in")


def test_the_shop_is_not_closed_nor_an_owner_made_before_it(owner: Visitor) -> None:
    new = {"name": "Lou", "email": "lou@x.example", "role": "owner", "password": PASSWORD}
    for path, fields in {
        "/console/settings/close": {"confirm": "Café Alice"},
        "/console/people": new,
    }.items():
        assert "Is it you?" in text_of(owner.post(path, **fields)), path
    assert "Lou" not in text_of(owner.get("/console/people"))


def test_a_browser_keeps_that_it_is_known_and_gets_in_beside_a_guesser(
    visitors: Visitors, context: Context, alice: Shop
) -> None:
    owner, guesser = visitors(alice), visitors()
    assert KNOWN_COOKIE in owner.client.cookies
    owner.get("/console")
    owner.post("/sign-out")
    for _ in range(context.settings.sign_in_attempts):
        guesser.sign_in(alice.email("owner"), "wrong")
    assert guesser.sign_in(alice.email("owner"), PASSWORD).status_code == 429

    assert owner.sign_in(alice.email("owner"), PASSWORD).status_code == 303


def test_the_overview_tells_of_a_key_that_ends_soon(
    visitors: Visitors, context: Context, clock: ManualClock, alice: Shop
) -> None:
    with context.database.write() as session:
        key, _ = api_key_service.create_api_key(
            session,
            by_operator(context),
            alice.id,
            name="Till software",
            scopes=["loyalty:read"],
            expires_at=clock.now() + timedelta(days=29),
        )
    told = "The API key Till software works until 31 Mar 2026."
    owner = visitors(alice)
    assert told not in text_of(owner.get("/console"))

    context.accounts.credentials.resolve(key)
    with context.database.write() as session:
        context.accounts.credentials.flush_last_used(session)

    assert told in text_of(owner.get("/console"))
