"""Staff PINs in the console: given, changed, unlocked, retired; never shown again."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from punchcard.kit.clock import ManualClock
from punchcard.loyalty.errors.staff import StaffPinInvalid, StaffPinLocked
from punchcard.loyalty.models.staff import StaffPin
from punchcard.loyalty.rules.pin_rules import is_too_simple
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.drivers.pages import ANNAS_PIN, PagesDriver
from tests.support.pages import Visitor, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def at_the_till(counter: PagesDriver, pin: str) -> str:
    """Stamp a card from the console with a PIN; returns what the till says."""
    context = counter.shop.context
    subject = context.accounts.credentials.resolve(counter.shop.token("owner"))
    try:
        return context.loyalty.pin_verifier.verify(subject, pin).name
    except (StaffPinInvalid, StaffPinLocked) as refusal:
        return refusal.code


def test_a_person_gets_a_pin_that_works_and_is_shown_for_ten_minutes(
    owner: Visitor, counter: PagesDriver, clock: ManualClock
) -> None:
    owner.get("/console/pins")
    answer = owner.post("/console/pins", name="Léa", pin="2968", staff_id="7")
    page = owner.follow(answer)
    assert "Léa has a PIN." in page.text
    assert '<strong class="given-pin">2968</strong>' in page.text
    clock.advance(minutes=10)
    assert "2968" not in owner.get("/console/pins").text
    assert at_the_till(counter, "2968") == "Léa"


@on_sqlite
def test_the_drawn_pin_is_not_a_simple_one(owner: Visitor) -> None:
    drawn = re.search(
        r"Random suggestion for the next person: ([0-9]{4})", owner.get("/console/pins").text
    )
    assert drawn is not None
    assert not is_too_simple(drawn[1])


@on_sqlite
@pytest.mark.parametrize("pin", ["1234", "12", "abcd", "", "123456789", ANNAS_PIN])
def test_a_pin_that_is_simple_or_taken_is_refused(
    owner: Visitor, counter: PagesDriver, pin: str
) -> None:
    owner.get("/console/pins")
    answer = owner.post("/console/pins", name="Léa", pin=pin)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_who_typed_too_many_pins_that_are_in_use_gives_one_that_is_drawn(
    owner: Visitor, counter: PagesDriver, alice: Shop
) -> None:
    owner.get("/console/pins")
    taken = [owner.post("/console/pins", name="Léa", pin=ANNAS_PIN) for _ in range(6)]
    assert "Too many wrong PINs" in text_of(taken[-1])
    assert owner.post("/console/pins", name="Léa", pin="482913").status_code == 422

    assert owner.post("/console/pins", name="", draw="on").status_code == 422
    given = owner.follow(owner.post("/console/pins", name="Léa", pin="", draw="on"))

    shown = re.search('given-pin">([0-9]{6})<', given.text)
    assert shown is not None
    till = shelf.till(alice)
    assert alice.context.loyalty.pin_verifier.verify(till, shown[1]).name == "Léa"


def test_a_changed_pin_works_at_once_and_the_old_one_no_more(
    owner: Visitor, counter: PagesDriver
) -> None:
    here = f"/console/pins/{counter.anna.id}"
    assert 'value="Anna"' in owner.get(here).text
    assert owner.post(here, name="Anna B.", pin="8205").status_code == 303
    assert at_the_till(counter, "8205") == "Anna B."
    assert at_the_till(counter, ANNAS_PIN) == "staff_pin_invalid"


def test_a_locked_person_is_shown_as_such_and_unlocked(
    owner: Visitor, counter: PagesDriver, clock: ManualClock
) -> None:
    context = counter.shop.context
    subject = context.accounts.credentials.resolve(counter.shop.token("owner"))
    anna = counter.anna.staff_id
    assert anna is None
    owner.get(f"/console/pins/{counter.anna.id}")
    owner.post(f"/console/pins/{counter.anna.id}", name="Anna", staff_id="anna")
    for _ in range(5):
        with pytest.raises((StaffPinInvalid, StaffPinLocked)):
            context.loyalty.pin_verifier.verify(subject, "9753", "anna")
    text = " ".join(text_of(owner.get("/console/pins")).split())
    assert "locked until 10:30" in text.replace("\u202f", " ")
    assert "in 30 minutes" in text
    answer = owner.post(f"/console/pins/{counter.anna.id}/unlock")
    assert "Anna can stamp again." in owner.follow(answer).text
    assert at_the_till(counter, ANNAS_PIN) == "Anna"


def test_a_retired_pin_stops_working_and_its_name_stays(
    owner: Visitor, counter: PagesDriver
) -> None:
    entry_id = counter.stamp(counter.open()).entry["id"]
    owner.get("/console/pins")
    answer = owner.post(f"/console/pins/{counter.anna.id}/retire")
    assert "The PIN of Anna is retired." in owner.follow(answer).text
    assert at_the_till(counter, ANNAS_PIN) == "staff_pin_invalid"
    assert "Anna" in owner.get("/console/pins?retired=1").text
    assert "Anna" in text_of(owner.get(f"/console/ledger/{entry_id}"))


@on_sqlite
def test_another_shop_s_pin_is_not_there(owner: Visitor, counter: PagesDriver, bob: Shop) -> None:
    theirs = PagesDriver(bob).anna.id
    owner.get("/console/pins")
    assert owner.get(f"/console/pins/{theirs}").status_code == 404
    for verb in ("unlock", "retire"):
        assert owner.post(f"/console/pins/{theirs}/{verb}").status_code == 404


@on_sqlite
def test_a_lock_is_told_to_the_first_full_minute_at_which_the_pin_works(
    owner: Visitor, alice: Shop, clock: ManualClock
) -> None:
    owner.get("/console/pins")
    owner.post("/console/pins", name="Léa", pin="2968")
    ends = datetime(2026, 3, 2, 9, 15, 40, tzinfo=UTC)
    clock.set(ends - timedelta(minutes=10))
    with alice.context.database.write() as session:
        session.execute(update(StaffPin).where(StaffPin.name == "Léa").values(locked_until=ends))
    for page in ("/console/pins", "/console"):
        told = text_of(owner.get(page))
        assert "until 10:16" in told
        assert "10:15" not in told
