"""A fake iPhone against Apple's web service, on both databases: what its passes show."""

from email.utils import parsedate_to_datetime

import pytest

from punchcard.context import Context
from punchcard.fakes.apple_chain import PASS_TYPE
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_worker
from tests.support.http import Api
from tests.wallets.apple.web_service.phone_and_counter import (
    CARDS,
    SERVICE,
    Phone,
    StampsAndPushes,
    enrol,
)


def test_phone_gets_a_card_and_sees_each_stamp(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    opened = phone.add(card)
    serial = card["number"]
    assert opened.fields("headerFields") == {"stamps": "0/10"}
    assert opened.fields("auxiliaryFields") == {"customer": "Zoë"}
    assert phone.ask() == [serial]
    assert phone.fetch(serial) is None
    assert counter.stamp(card) == [phone.token]
    assert phone.ask() == [serial]
    updated = phone.fetch(serial)
    assert updated is not None
    assert updated.fields("headerFields") == {"stamps": "1/10"}
    assert phone.ask() == []
    assert phone.fetch(serial) is None


def test_two_stamps_within_one_second_are_two_changes(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    phone.ask()
    for stamps in ("1/10", "2/10"):
        counter.stamp(card)
        assert phone.ask() == [card["number"]]
        updated = phone.fetch(card["number"])
        assert updated is not None
        assert updated.fields("headerFields") == {"stamps": stamps}


def test_a_burst_of_changes_is_never_told_ahead_of_the_clock(
    api: Api, owner: Api, counter: StampsAndPushes, clock: ManualClock, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    for _ in range(5):
        counter.stamp(card)
        assert phone.fetch(card["number"]) is not None
        told = parsedate_to_datetime(phone.modified[card["number"]])
        assert told <= clock.now()
        assert phone.fetch(card["number"]) is None


def test_replaced_card_lets_the_old_phone_know_only_that_it_is_over(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    phone.ask()
    replaced = owner.post(f"{CARDS}/{card['id']}/replace").json()
    assert counter.follow(card) == [phone.token]
    assert phone.ask() == [card["number"]]
    old = phone.fetch(card["number"])
    assert old is not None
    assert old.document["voided"] is True
    assert "barcodes" not in old.document
    assert replaced["number"].encode() not in b"".join(old.files.values())
    assert "Zoë".encode() not in old.files["pass.json"]
    new = phone.add(replaced)
    assert "voided" not in new.document
    assert new.document["authenticationToken"] != old.document["authenticationToken"]


def test_the_pass_of_a_merged_card_is_void_and_the_other_shows_what_both_had(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    old, new = Phone(api), Phone(api, name="0" * 32, token="f" * 32)
    found, mine = enrol(owner, coffee), enrol(owner, coffee, name="Zoé")
    old.add(found)
    new.add(mine)
    counter.stamp(found)
    merge = owner.post(f"{CARDS}/{mine['id']}/merge", json={"from_card_id": found["id"]})
    assert merge.status_code == 201
    assert counter.follow(found) == [old.token]
    assert counter.follow(mine) == [new.token]
    void = old.fetch(found["number"])
    assert void is not None
    assert void.document["voided"] is True
    kept = new.fetch(mine["number"])
    assert kept is not None
    assert "voided" not in kept.document
    assert kept.fields("headerFields") == {"stamps": "1/10"}


def test_blocked_card_is_void_until_it_is_unblocked(
    api: Api, owner: Api, counter: StampsAndPushes, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    for verb, is_void in (("block", True), ("unblock", False)):
        owner.post(f"{CARDS}/{card['id']}/{verb}")
        assert counter.follow(card)
        seen = phone.fetch(card["number"])
        assert seen is not None
        assert seen.document.get("voided", False) is is_void


def test_erased_customer_leaves_the_pass(
    api: Api,
    owner: Api,
    counter: StampsAndPushes,
    coffee: LoyaltyProgram,
    context: Context,
    clock: ManualClock,
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    mine = f"/loyalty/cards/{card['public_url'].rsplit('/', 1)[1]}"
    asked = api.post(f"{mine}/proof-of-person").json()
    owner.post(f"{CARDS}/{card['id']}/proof-of-person", {"code": asked["code"]})
    proof = {"Proof-Of-Person": asked["proof"]}
    assert api.delete(f"{mine}/customer", headers=proof).status_code == 202
    clock.advance(hours=context.settings.erasure_undo_hours)
    assert create_worker(context).run_tasks()["carry_out_erasures"] == 1
    assert counter.follow(card)
    seen = phone.fetch(card["number"])
    assert seen is not None
    assert "Zoë".encode() not in b"".join(seen.files.values())


@pytest.mark.parametrize("tag", ["", "x", "-1", "99999999999999999999", "999", "1.5", "١"])
def test_tag_that_was_never_given_lists_everything(
    api: Api, owner: Api, coffee: LoyaltyProgram, tag: str
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    phone.add(card)
    assert phone.ask(tag=tag) == [card["number"]]


def test_unknown_phone_has_no_passes(api: Api, coffee: LoyaltyProgram) -> None:
    assert Phone(api, name="unknown").ask() == []


def test_wrong_token_and_unknown_pass_have_the_same_answer(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    right = phone.secret(phone.add(card))
    answers = [
        api.get(f"{SERVICE}/passes/{kind}/{serial}", headers={"Authorization": shown})
        for kind, serial, shown in (
            (PASS_TYPE, card["number"], "ApplePass wrong"),
            (PASS_TYPE, card["number"], right.removeprefix("ApplePass ")),
            (PASS_TYPE, card["number"], right.replace("ApplePass", "applepass")),
            (PASS_TYPE, "000000000000", right),
            ("pass.other", card["number"], right),
        )
    ]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (401, "credentials_invalid")
    }


def test_pass_answers_head_and_a_date_nobody_can_read(
    api: Api, owner: Api, coffee: LoyaltyProgram
) -> None:
    phone, card = Phone(api), enrol(owner, coffee)
    headers = {"Authorization": phone.secret(phone.add(card))}
    path = f"{SERVICE}/passes/{PASS_TYPE}/{card['number']}"
    assert api.call("HEAD", path, headers=headers).status_code == 200
    assert phone.fetch_raw(card["number"], "the day before yesterday").status_code == 200


def test_card_tells_in_which_wallet_it_is(
    api: Api, owner: Api, context: Context, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)

    def state() -> str:
        with context.database.read() as session:
            return context.wallets.service.states(session, [card["id"]])[card["id"]]["apple"]

    assert state() == "none"
    phone = Phone(api)
    opened = phone.add(card)
    assert state() == "installed"
    phone.unregister(opened)
    assert state() == "issued"
