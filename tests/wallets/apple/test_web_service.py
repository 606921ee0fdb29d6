"""A fake iPhone against Apple's web service, on both databases."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest

from punchcard.context import Context, build_context
from punchcard.fakes.apns import Apns, served_apns
from punchcard.fakes.apple_chain import PASS_TYPE, AppleChain, make_chain
from punchcard.kit.clock import ManualClock
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_app, create_worker
from punchcard.wallets.apple.pass_pushes import AppleAway, AppleRefuses
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop
from tests.support.http import Api, InProcess
from tests.wallets.apple.certified import with_certificates
from tests.wallets.apple.opened_pass import OpenedPass, check_document, check_pictures, open_pass

SERVICE = "/loyalty/apple/v1"
CARDS = "/vendor/loyalty/cards"


@pytest.fixture
def apns(chain: AppleChain) -> Iterator[Apns]:
    """Run Apple's push service."""
    with served_apns(chain) as running:
        yield running


@pytest.fixture
def server_settings(settings: Settings, chain: AppleChain, apns: Apns) -> Settings:
    """Give the operator certificates; three phones at most may hold a pass."""
    configured = with_certificates(settings, chain, apns.url)
    return replace(configured, apple_registrations_per_pass=3)


@pytest.fixture
def alice(context: Context) -> Shop:
    """Open Café Alice."""
    return cast.open_cafe_alice(context)


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open a stamp card that asks for no PIN."""
    return shelf.program(alice, status="active", pin_policy="off", cooldown_minutes=0)


@pytest.fixture
def owner(api: Api, alice: Shop) -> Api:
    """Call the server as the owner of Café Alice."""
    return api.with_token(alice.token())


@dataclass
class Phone:
    """An iPhone: holds passes, registers, asks, fetches."""

    api: Api
    name: str = "a1b2c3d4e5f6a7b8c9d0a1b2c3d4e5f6"
    token: str = "0123456789abcdef0123456789abcdef"
    tag: str = ""
    held: dict[str, OpenedPass] = field(default_factory=dict)
    modified: dict[str, str] = field(default_factory=dict)

    def add(self, card: dict[str, Any]) -> OpenedPass:
        """Open the link of a card, and register for what it gives."""
        token = card["public_url"].rsplit("/", 1)[1]
        answer = self.api.get(f"/loyalty/cards/{token}/apple.pkpass")
        assert answer.status_code == 200
        opened = self.keep(answer)
        assert self.register(opened) == 201
        return opened

    def register(self, opened: OpenedPass) -> int:
        """Register for a pass; returns the status."""
        path, headers = self._registration(opened)
        body = {"pushToken": self.token}
        return self.api.post(path, json=body, headers=headers).status_code

    def unregister(self, opened: OpenedPass) -> int:
        """Switch a pass's updates off; returns the status."""
        path, headers = self._registration(opened)
        return self.api.delete(path, headers=headers).status_code

    def ask(self, tag: str | None = None) -> list[str]:
        """Ask which passes changed, and remember the tag."""
        path = f"{SERVICE}/devices/{self.name}/registrations/{PASS_TYPE}"
        since = self.tag if tag is None else tag
        answer = self.api.get(path, params={"passesUpdatedSince": since} if since else {})
        if answer.status_code == 204:
            return []
        body = answer.json()
        assert isinstance(body["lastUpdated"], str)
        self.tag = body["lastUpdated"]
        serials: list[str] = body["serialNumbers"]
        return serials

    def fetch(self, serial: str) -> OpenedPass | None:
        """Fetch a pass unless it is the one held; None for 304."""
        answer = self.fetch_raw(serial, self.modified[serial])
        if answer.status_code == 304:
            return None
        assert answer.status_code == 200
        return self.keep(answer)

    def fetch_raw(self, serial: str, since: str = "") -> httpx.Response:
        """Fetch a pass; returns the answer."""
        headers = {"Authorization": self.secret(self.held[serial])}
        if since:
            headers["If-Modified-Since"] = since
        return self.api.get(f"{SERVICE}/passes/{PASS_TYPE}/{serial}", headers=headers)

    def secret(self, opened: OpenedPass) -> str:
        """Return what the phone shows for a pass."""
        return f"ApplePass {opened.document['authenticationToken']}"

    def _registration(self, opened: OpenedPass) -> tuple[str, dict[str, str]]:
        serial = opened.document["serialNumber"]
        path = f"{SERVICE}/devices/{self.name}/registrations/{PASS_TYPE}/{serial}"
        return path, {"Authorization": self.secret(opened)}

    def keep(self, answer: httpx.Response) -> OpenedPass:
        """Read a pass that was fetched, and hold it."""
        assert answer.headers["content-type"] == "application/vnd.apple.pkpass"
        opened = open_pass(answer.content)
        check_document(opened.document)
        check_pictures(opened.files)
        serial = opened.document["serialNumber"]
        self.held[serial] = opened
        self.modified[serial] = answer.headers["last-modified"]
        return opened


def enrol(owner: Api, coffee: LoyaltyProgram, name: str = "Zoë") -> dict[str, Any]:
    answer = owner.post(CARDS, json={"program_id": coffee.id, "customer": {"name": name}})
    assert answer.status_code == 201, answer.text
    card: dict[str, Any] = answer.json()
    return card


@dataclass
class StampsAndPushes:
    """The shop's counter, and the worker behind it."""

    owner: Api
    context: Context
    apns: Apns

    def stamp(self, card: dict[str, Any]) -> list[str]:
        """Stamp a card and let the worker follow; returns the push tokens that were woken."""
        answer = self.owner.post("/vendor/loyalty/stamp", json={"card": card["id"]})
        assert answer.status_code == 201, answer.text
        return self.follow(card)

    def follow(self, card: dict[str, Any]) -> list[str]:
        """Do what the worker does about a changed card; returns the tokens that were woken."""
        before = len(self.apns.pushes)
        self.context.wallets.service.refresh(card["id"])
        return sorted(self.apns.pushes[before:])


@pytest.fixture
def counter(owner: Api, context: Context, apns: Apns) -> StampsAndPushes:
    """Stand at the counter."""
    return StampsAndPushes(owner, context, apns)


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


def test_one_pass_keeps_a_bounded_number_of_phones(
    api: Api, owner: Api, counter: StampsAndPushes, clock: ManualClock, coffee: LoyaltyProgram
) -> None:
    card = enrol(owner, coffee)
    for number in range(5):
        Phone(api, name=f"phone-{number}", token=f"{number}" * 32).add(card)
        clock.advance(seconds=1)
    assert counter.stamp(card) == ["2" * 32, "3" * 32, "4" * 32]


@pytest.mark.parametrize(
    "body",
    [
        b'{"logs": ["one", 2, "\\u0000two"]}',
        b'{"logs": "text"}',
        b"[]",
        b"not json",
        b"x" * 100_000,
        b'{"logs": [' + b'"a",' * 10_000 + b'"a"]}',
    ],
)
def test_log_takes_anything_and_stays_bounded(
    api: Api, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    assert api.call("POST", f"{SERVICE}/log", content=body).status_code == 200
    assert len(caplog.records) <= 10
    assert not any("\x00" in record.getMessage() for record in caplog.records)


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


@pytest.fixture
def before_renewal(context: Context, clock: ManualClock) -> Iterator[Context]:
    """Build the same server with its certificate of before, which ends in a month."""
    ending = make_chain(ends=clock.now() + timedelta(days=30))
    old = replace(
        context.settings,
        apple_certificate=ending.certificate_pem,
        apple_private_key=ending.key_pem,
        apple_wwdr_certificate=ending.intermediate_pem,
    )
    with closing(build_context(old, clock=clock, ids=context.ids)) as built:
        yield built


def test_ended_certificate_hands_out_no_pass_and_says_so_once(
    before_renewal: Context,
    owner: Api,
    clock: ManualClock,
    coffee: LoyaltyProgram,
    caplog: pytest.LogCaptureFixture,
) -> None:
    card, wallets = enrol(owner, coffee), before_renewal.wallets.service
    token = card["public_url"].rsplit("/", 1)[1]
    with InProcess(create_app(before_renewal)) as api:
        phone = Phone(api)
        phone.add(card)
        clock.advance(days=31)

        assert wallets.links_for(token).apple is None
        assert api.get(f"/loyalty/cards/{token}/apple.pkpass").status_code == 404
        assert phone.fetch_raw(card["number"]).status_code == 503
    with before_renewal.database.read() as session:
        assert "ended on 2026-04-01" in wallets.status(session).faults["apple"]
    told = [one for one in caplog.records if "hands out no passes" in one.getMessage()]
    assert len(told) == 1


def test_new_certificate_wakes_the_phones_that_the_old_one_could_not(
    before_renewal: Context,
    context: Context,
    counter: StampsAndPushes,
    api: Api,
    alice: Shop,
    clock: ManualClock,
    coffee: LoyaltyProgram,
) -> None:
    phone, card = Phone(api), enrol(counter.owner, coffee)
    phone.add(card)
    phone.ask()
    clock.advance(days=31)
    still = replace(counter, owner=api.with_token(alice.token()), context=before_renewal)
    assert still.stamp(card) == []
    create_worker(before_renewal).do_work()

    renewed = create_worker(context)
    assert renewed.run_tasks()["wake_forgotten_phones"] == 1
    renewed.do_work()

    assert counter.apns.pushes == [phone.token]
    assert phone.ask() == [card["number"]]


def test_complaining_phones_take_nothing_from_those_who_enrol(
    api: Api, coffee: LoyaltyProgram, context: Context
) -> None:
    for _ in range(130):
        answer = api.call("POST", f"{SERVICE}/log", content=b'{"logs": ["x"]}')
        assert answer.status_code == 200
    assert context.wallets.apple.complaints == 6
    joined = api.post(f"/loyalty/programs/{coffee.slug}/enroll", json={"accept_terms": True})
    assert joined.status_code == 201


def test_what_phones_complain_of_is_counted(api: Api, context: Context) -> None:
    api.call("POST", f"{SERVICE}/log", content=b'{"logs": ["one", "two"]}')
    assert context.wallets.apple.complaints == 2
