"""The second factor on the pages, without a script."""

import base64
import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.kit.secrets import totp
from punchcard.kit.settings import Settings
from tests.support.authenticator import Authenticator
from tests.support.cast import PASSWORD, Shop
from tests.support.page_forms import form_on
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]
PAGE = "/console/account/second-factor"


def code_of(page: str, clock: ManualClock) -> str:
    found = re.search("<code>([A-Z2-7]{32})</code>", page)
    assert found, "the page shows no key"
    return totp(base64.b32decode(found[1]), int(clock.now().timestamp()) // 30, 6)


def set_up(owner: Visitor, clock: ManualClock) -> tuple[str, list[str]]:
    """Set it up; returns the page with the key, and the recovery codes."""
    page = owner.get(PAGE).text
    done = owner.client.post(PAGE, data={**form_on(page, PAGE), "code": code_of(page, clock)})
    codes = re.findall("<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", done.text)
    assert len(codes) == 10
    assert "%0A".join(codes) in done.text
    clock.advance(seconds=30)
    return page, codes


def test_it_is_set_up_and_asked_for_and_leads_on_to_what_was_wanted(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    owner, again = visitors(alice), visitors()
    page, codes = set_up(owner, clock)
    assert "10 of 10 recovery codes are left." in text_of(owner.get(PAGE))

    again.get("/sign-in")
    step = again.post(
        "/sign-in", email=alice.email("owner"), password=PASSWORD, next="/console/pins"
    )
    assert step.headers["location"].startswith("/sign-in/code?next=")
    again.follow(step)
    wrong = again.post("/sign-in/code", code="000000", next="/console/pins")
    assert "This code is wrong" in text_of(wrong)
    right = again.post("/sign-in/code", code=code_of(page, clock), next="/console/pins")
    assert right.headers["location"] == "/console/pins"
    assert "Staff PINs" in text_of(again.follow(right))

    lost = visitors()
    lost.sign_in(alice.email("owner"), PASSWORD)
    assert lost.post("/sign-in/code", code=codes[0]).headers["location"] == "/console"


def test_a_slip_of_the_finger_keeps_the_key(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    owner = visitors(alice)
    page = owner.get(PAGE).text
    again = owner.client.post(PAGE, data={**form_on(page, PAGE), "code": "123"})

    assert "This code is wrong" in text_of(again)
    assert code_of(again.text, clock) == code_of(page, clock)


def test_who_takes_too_long_signs_in_again(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    owner, again = visitors(alice), visitors()
    page, _ = set_up(owner, clock)
    again.sign_in(alice.email("owner"), PASSWORD)
    again.get("/sign-in/code")
    clock.advance(minutes=5)

    late = again.post("/sign-in/code", code=code_of(page, clock))
    assert late.headers["location"] == "/sign-in"
    assert "That took too long" in text_of(again.follow(late))


def test_nobody_types_a_code_before_a_password(visitor: Visitor) -> None:
    assert visitor.get("/sign-in/code").headers["location"] == "/sign-in"


def test_it_is_removed_again(visitors: Visitors, clock: ManualClock, alice: Shop) -> None:
    owner = visitors(alice)
    set_up(owner, clock)
    owner.get(PAGE)

    assert owner.post(f"{PAGE}/remove").headers["location"] == "/console/account"
    assert visitors().sign_in(alice.email("owner"), PASSWORD).headers["location"] == "/console"


def test_an_owner_lets_a_colleague_in_who_has_lost_theirs(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    user_id = alice.hire(Role.MANAGER)
    set_up(visitors(alice, "manager"), clock)
    owner = visitors(alice)
    assert "Remove the second factor" in text_of(owner.get(f"/console/people/{user_id}"))

    owner.post(f"/console/people/{user_id}/reset-second-factor")

    assert visitors().sign_in(alice.email("manager"), PASSWORD).headers["location"] == "/console"


class TestWhereTheOperatorWantsOne:
    @pytest.fixture
    def server_settings(self, settings: Settings) -> Settings:
        return replace(settings, second_factor_required="owners")

    def test_every_page_leads_to_setting_it_up(
        self, visitors: Visitors, context: Context, clock: ManualClock, alice: Shop
    ) -> None:
        owner = visitors(alice)
        assert owner.get("/console").headers["location"] == PAGE
        assert owner.get("/console/account").headers["location"] == PAGE
        assert "You must have a second factor here." in text_of(owner.get(PAGE))

        set_up(owner, clock)

        assert owner.get("/console").status_code == 200


def test_managers_of_a_shop_whose_owner_wants_it_are_led_to_set_one_up(
    visitors: Visitors, clock: ManualClock, alice: Shop
) -> None:
    alice.hire(Role.MANAGER)
    owner, settings = visitors(alice), "/console/settings"
    clock.advance(minutes=16)
    wanted = {**form_on(owner.get(settings).text, settings), "managers_need_second_factor": "on"}
    asked = owner.client.post(settings, data=wanted)
    step = "/console/account/confirm"
    shown = {**form_on(asked.text, step), "confirm_with_password": PASSWORD}
    on = owner.client.post(step, data=shown, follow_redirects=False)
    assert (on.status_code, on.headers["location"]) == (307, settings)
    assert owner.client.post(settings, data=wanted).status_code in (200, 303)

    manager = visitors(alice, "manager")
    assert manager.get("/console").headers["location"] == PAGE
    set_up(manager, clock)
    page = manager.get(settings).text
    assert "managers_need_second_factor" not in page
    kept = manager.client.post(settings, data={**form_on(page, settings), "name": "Chez Alice"})
    assert kept.status_code in (200, 303)
    assert (
        visitors()
        .sign_in(alice.email("manager"), PASSWORD)
        .headers["location"]
        .startswith("/sign-in/code")
    )
    page = owner.get(settings).text
    assert 'name="managers_need_second_factor" value="on" checked' in " ".join(page.split())
    assert "Managers need a second factor" in text_of(owner.get("/console/settings/changes"))


def options_on(page: str) -> dict[str, Any]:
    found = re.search('data-options="([^"]*)"', page)
    assert found, "the page asks no device"
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


class TestWithPasskeys:
    """What the script sends, where the server has a name."""

    @pytest.fixture
    def server_settings(self, settings: Settings) -> Settings:
        return replace(settings, base_url="http://localhost:8000")

    def test_one_is_added_signs_in_and_is_removed(
        self, visitors: Visitors, clock: ManualClock, alice: Shop
    ) -> None:
        owner, again, device = visitors(alice), visitors(), Authenticator()
        page, to = owner.get(PAGE).text, f"{PAGE}/passkeys"
        made = {"credential": json.dumps(device.create(options_on(page))), "name": "My phone"}
        done = owner.client.post(to, data={**form_on(page, to), **made})
        assert len(re.findall("<code>[a-z0-9]{5}-[a-z0-9]{5}</code>", done.text)) == 10
        told = owner.get(PAGE)
        assert "My phone" in text_of(told)
        assert "10 of 10 recovery codes are left." in text_of(told)

        again.sign_in(alice.email("owner"), PASSWORD)
        asked = again.get("/sign-in/code").text
        form = form_on(asked, "/sign-in/code")
        # Two forms send there: the device's comes first.
        token = re.search('name="passkey" value="([^"]+)"', asked)
        assert token
        assert "a code is needed" in text_of(again.get("/sign-in/code"))
        shown = {"passkey": token[1], "next": "/console/pins", "code": ""}
        wrong = again.client.post(
            "/sign-in/code", data={**form, **shown, "credential": "no credential"}
        )
        assert "This passkey was not accepted" in text_of(wrong)
        signed = json.dumps(device.get(options_on(asked)))
        right = again.client.post("/sign-in/code", data={**form, **shown, "credential": signed})
        assert right.headers["location"] == "/console/pins"

        way = re.search(f"{to}/[0-9a-f-]+/remove", owner.get(PAGE).text)
        assert way
        assert owner.post(way[0]).headers["location"] == PAGE
        assert visitors().sign_in(alice.email("owner"), PASSWORD).headers["location"] == "/console"

    def test_one_signs_in_alone_and_is_renamed(
        self, visitors: Visitors, clock: ManualClock, alice: Shop
    ) -> None:
        owner, again, device = visitors(alice), visitors(), Authenticator()
        page, to = owner.get(PAGE).text, f"{PAGE}/passkeys"
        made = {"credential": json.dumps(device.create(options_on(page))), "name": "My phone"}
        owner.client.post(to, data={**form_on(page, to), **made})
        way = re.search(f"{to}/[0-9a-f-]+/rename", owner.get(PAGE).text)
        assert way
        assert owner.post(way[0], name="").status_code == 422
        assert owner.post(way[0], name="Our phone").headers["location"] == PAGE
        assert "Our phone" in owner.get(PAGE).text

        clock.advance(seconds=1)
        asked = again.get("/sign-in?next=/console/pins").text
        form = form_on(asked, "/sign-in/passkey")
        wrong = again.client.post("/sign-in/passkey", data={**form, "credential": "none"})
        assert "This passkey was not accepted" in text_of(wrong)
        form = form_on(wrong.text, "/sign-in/passkey")
        signed = json.dumps(device.get(options_on(wrong.text)))
        right = again.client.post("/sign-in/passkey", data={**form, "credential": signed})
        assert right.headers["location"] == "/console/pins"
        assert again.get("/console/pins").status_code == 200

    def test_a_wrong_one_is_said_and_the_page_asks_anew(
        self, visitors: Visitors, clock: ManualClock, alice: Shop
    ) -> None:
        owner = visitors(alice)
        page, to = owner.get(PAGE).text, f"{PAGE}/passkeys"
        made = {"credential": "[" * 5000, "name": "My phone"}

        done = owner.client.post(to, data={**form_on(page, to), **made})

        assert "This passkey was not accepted" in text_of(done)
        assert options_on(done.text)["challenge"] != options_on(page)["challenge"]
        assert form_on(done.text, to)["name"] == "My phone"


def test_under_an_address_nobody_is_offered_a_passkey(visitors: Visitors, alice: Shop) -> None:
    assert "assk" not in text_of(visitors(alice).get(PAGE))
