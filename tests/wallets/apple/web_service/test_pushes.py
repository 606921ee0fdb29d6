"""Which phones are woken by a change, and what becomes of those that cannot be."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from punchcard.context import Context, build_context
from punchcard.fakes.apns import Apns
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_worker
from punchcard.wallets.apple.pass_pushes import AppleAway, AppleRefuses
from tests.support.http import Api
from tests.wallets.apple.web_service.phone_and_counter import Phone, StampsAndPushes, enrol


def test_kind_and_priority_of_a_push_are_the_operators(
    context: Context, api: Api, owner: Api, coffee: LoyaltyProgram, apns: Apns
) -> None:
    card = enrol(owner, coffee)
    Phone(api).add(card)
    kinds = replace(context.settings, apple_push_type="alert", apple_push_priority=10)
    with closing(build_context(kinds, clock=context.clock, ids=context.ids)) as other:
        owner.post("/vendor/loyalty/stamp", json={"card": card["id"]})
        other.wallets.service.refresh(card["id"])
    sent = apns.requests[-1]
    assert (sent["apns-push-type"], sent["apns-priority"]) == ("alert", "10")


def test_word_that_changed_nothing_wakes_nobody(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    phone.ask()
    assert counter.follow(card) == []
    assert phone.ask() == []


def test_every_device_of_a_card_is_woken_once(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    phone, watch = Phone(api), Phone(api, name="f" * 32, token="f" * 64)
    phone.add(card)
    watch.add(card)
    assert counter.stamp(card) == sorted([phone.token, watch.token])


def test_new_push_token_replaces_the_old_one_for_all_passes_of_the_device(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone = Phone(api)
    first, second = enrol(owner, coffee, "Zoë"), enrol(owner, coffee, "Ada")
    opened = phone.add(first)
    phone.add(second)
    phone.token = "e" * 64
    assert phone.register(opened) == 200
    assert counter.stamp(first) == ["e" * 64]
    assert counter.stamp(second) == ["e" * 64]


def test_unregistered_phone_is_left_alone_and_may_come_back(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    opened = phone.add(card)
    assert phone.unregister(opened) == 200
    assert phone.unregister(opened) == 200
    assert counter.stamp(card) == []
    assert phone.ask(tag="") == []
    assert phone.register(opened) == 201
    assert phone.ask() == [card["number"]]


def test_one_pass_keeps_a_bounded_number_of_phones(
    api: Api, owner: Api, counter: StampsAndPushes, clock: ManualClock, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    for number in range(5):
        Phone(api, name=f"phone-{number}", token=f"{number}" * 32).add(card)
        clock.advance(seconds=1)
    assert counter.stamp(card) == ["2" * 32, "3" * 32, "4" * 32]


@pytest.mark.parametrize("token", ["", "a/b", "a" * 201, None])
def test_push_token_of_another_form_is_refused(
    api: Api, owner: Api, coffee: LoyaltyProgram, token: Any
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    opened = phone.add(card)
    phone.token = token
    assert phone.register(opened) == 422


def test_worker_that_died_before_the_push_is_made_up_for(
    api: Api, owner: Api, context: Context, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    owner.post("/vendor/loyalty/stamp", json={"card": card["id"]})
    context.wallets.apple.record_changes([card["id"]])
    assert counter.follow(card) == [phone.token]
    assert counter.follow(card) == []


def test_phone_that_is_gone_is_forgotten_unless_it_came_back(
    api: Api, owner: Api, counter: StampsAndPushes, clock: ManualClock, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    opened = phone.add(card)
    gone_since = int(clock.now().timestamp() * 1000) - 1000
    gone = (410, "Unregistered", {"timestamp": gone_since})
    counter.apns.script.answers[phone.token] = [gone]
    counter.stamp(card)
    assert phone.register(opened) == 200, "it registered after Apple lost sight of it"
    clock.advance(seconds=5)
    gone_later = (410, "Unregistered", {"timestamp": int(clock.now().timestamp() * 1000)})
    counter.apns.script.answers[phone.token] = [gone_later]
    counter.stamp(card)
    assert phone.register(opened) == 201, "now it had been forgotten"


def test_bad_token_is_dropped_the_second_time(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    counter.apns.script.answers[phone.token] = [(400, "BadDeviceToken", {})]
    for _ in range(3):
        counter.stamp(card)
    assert len([one for one in counter.apns.requests if phone.token in one[":path"]]) == 2


def test_apple_away_is_tried_again_until_every_phone_is_woken(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    counter.apns.script.retry_after = "30"
    counter.apns.script.answers[phone.token] = [(503, "ServiceUnavailable", {}), (200, "", {})]
    with pytest.raises(AppleAway) as away:
        counter.stamp(card)
    assert away.value.retry_after == timedelta(seconds=30)
    assert counter.follow(card) == [phone.token]


def test_refused_certificate_stops_all_pushes_and_forgets_no_phone(
    api: Api, owner: Api, counter: StampsAndPushes, clock: ManualClock, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    counter.apns.script.answers[phone.token] = [(403, "BadCertificate", {}), (200, "", {})]
    for _ in range(2):
        with pytest.raises(AppleRefuses, match="BadCertificate"):
            counter.stamp(card)
    assert len(counter.apns.requests) == 1, "nothing is sent while the operator mends it"
    clock.advance(minutes=15)
    assert counter.follow(card) == [phone.token]


def test_redesign_reaches_every_pass(
    api: Api, owner: Api, context: Context, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone = Phone(api)
    cards = [enrol(owner, coffee, name) for name in ("Zoë", "Ada", "Bo")]
    for card in cards:
        phone.add(card)
    phone.ask()
    branding = {"background_color": "#aa3311"}
    owner.patch(f"/vendor/loyalty/programs/{coffee.id}", json={"branding": branding})
    context.wallets.service.refresh_program(coffee.id)
    assert sorted(phone.ask()) == sorted(card["number"] for card in cards)
    assert counter.apns.pushes == [phone.token], "one push wakes a phone for all its passes"
    seen = phone.fetch(cards[0]["number"])
    assert seen is not None
    assert seen.document["backgroundColor"] == "rgb(170, 51, 17)"


def test_phone_that_registers_after_a_change_is_woken_at_once(
    api: Api, owner: Api, context: Context, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, late, card = Phone(api), Phone(api, name="f" * 32, token="f" * 64), enrol(owner, coffee)
    phone.add(card)
    token = card["public_url"].rsplit("/", 1)[1]
    opened = late.keep(api.get(f"/loyalty/cards/{token}/apple.pkpass"))
    counter.stamp(card)
    counter.apns.pushes.clear()

    assert late.register(opened) == 201
    create_worker(context).do_work()

    assert late.token in counter.apns.pushes
    assert late.ask() == [card["number"]]
    updated = late.fetch(card["number"])
    assert updated is not None
    assert updated.fields("headerFields") == {"stamps": "1/10"}


def test_phone_that_registers_for_a_pass_that_never_changed_is_left_alone(
    api: Api, owner: Api, context: Context, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    Phone(api).add(enrol(owner, coffee))
    create_worker(context).do_work()
    assert counter.apns.pushes == []
