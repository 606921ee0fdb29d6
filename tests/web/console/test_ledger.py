"""The ledger in the console: narrowed down, each entry to be looked at, all of it verified."""

import re
from collections.abc import Callable

import httpx
import pytest
from sqlalchemy import update

from punchcard.context import Context
from punchcard.kit.clock import ManualClock
from punchcard.loyalty.tables import ENTRIES
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.loyalty.words import ENTERED_BY
from punchcard.web.console.ledger.verification import CARDS_AT_ONCE
from tests.support.cast import Shop
from tests.support.damage import behind_the_triggers
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor, markup_of, text_of
from tests.web.test_own_domains import path_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
_STATE = re.compile(r'name="state" value="([^"]*)"')


def test_entries_stand_newest_first_with_who_and_whose(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open("Marie Schmit")
    counter.stamp(card_id, 2)
    counter.earn(card_id, 1250)
    text = text_of(owner.get("/console/ledger"))
    assert text.index("€12.50") < text.index("+2")
    assert text.count("Marie Schmit") == 3
    assert "Anna" in text


def test_the_ledger_narrows_to_type_person_program_and_days(
    visitors: Callable[..., Visitor], alice: Shop, counter: PagesDriver, clock: ManualClock
) -> None:
    counter.stamp(counter.open("Early Bird"))
    clock.advance(days=40)
    late = counter.open("Late Guest")
    counter.stamp(late)
    owner = visitors(alice, "owner")

    def rows(**wanted: str) -> int:
        return owner.get("/console/ledger", params=wanted).text.count("<tr>")

    assert rows() == 2  # of the last 30 days
    assert rows(**{"from": "2026-01-01"}) == 4
    assert rows(**{"from": "2026-01-01", "to": "2026-03-02"}) == 2
    assert rows(**{"from": "2026-01-01", "type": "stamp_earned"}) == 2
    assert rows(staff_pin_id=counter.anna.id) == 1
    assert rows(program_id=counter.program.id) == 2
    assert rows(**{"from": "nonsense", "to": "9999-99-99", "type": "x", "location_id": "x"}) == 2


@on_sqlite
def test_more_entries_than_fit_go_on_over_pages(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    for _ in range(50):
        counter.stamp(card_id)
    first = owner.get("/console/ledger")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = owner.get(following[1].replace("&amp;", "&"))
    assert "Card opened" in second.text
    assert "Card opened" not in first.text.partition("<tbody>")[2]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ("+1 stamp ", "+1 point ", "+2 stamps ", "−2 stamps ", "+12 points ")),
        ("fr", ("+1 tampon ", "+1 point ", "+2 tampons ", "−2 tampons ", "+12 points ")),
        ("de", ("+1 Stempel ", "+1 Punkt ", "+2 Stempel ", "−2 Stempel ", "+12 Punkte ")),
        ("lb", ("+1 Stempel ", "+1 Punkt ", "+2 Stempelen ", "−2 Stempelen ", "+12 Punkten ")),
    ],
)
def test_one_stamp_and_one_point_are_told_as_one(
    owner: Visitor, counter: PagesDriver, language: str, told: tuple[str, ...]
) -> None:
    card_id = counter.open()
    counter.stamp(card_id)
    entry_id = counter.stamp(card_id, 2).entry["id"]
    counter.earn(card_id, 100)
    counter.earn(card_id, 1250)
    owner.get("/console/members")
    owner.post(f"/console/members/{card_id}/entries/{entry_id}/void", void_reason="wrong card")

    card = path_of(counter.shop.context, card_id)
    for page in ("/console", "/console/ledger", f"/console/members/{card_id}", f"{card}/history"):
        shown = text_of(owner.get(f"{page}?lang={language}"))
        for words in told:
            assert words in shown, page


def test_an_entry_shows_all_that_is_kept_of_it(owner: Visitor, counter: PagesDriver) -> None:
    receipt = counter.stamp(
        counter.open("Marie Schmit"), 2, idempotency_key="scan-1", fingerprint=bytes(32)
    )
    text = text_of(owner.get(f"/console/ledger/{receipt.entry['id']}"))
    for told in (
        "Marie Schmit",
        "Anna",
        "scan-1",
        "+2 → 2",
        "version 1",
        receipt.entry["hash"].hex(),
        receipt.entry["previous_hash"].hex(),
    ):
        assert told in text
    assert "Verified just now" in text


def test_an_entry_that_moved_nothing_shows_the_balance_alone(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open("Marie Schmit")
    counter.stamp(card_id, 2)
    receipt = counter.earn(card_id, 1250)
    text = text_of(owner.get(f"/console/ledger/{receipt.entry['id']}"))
    assert "Stamps 2 Points +12 → 12" in text


def test_whoever_asks_for_entries_is_called_by_a_name() -> None:
    assert set(ENTERED_BY) == set(ActorKind)


def test_an_entry_and_the_one_that_takes_it_back_lead_to_one_another(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open()
    entry_id = counter.stamp(card_id).entry["id"]
    owner.get("/console/members")
    owner.post(f"/console/members/{card_id}/entries/{entry_id}/void", void_reason="wrong card")
    page = owner.get(f"/console/ledger/{entry_id}").text
    link = re.search(r"This entry was taken back\..*?href=\"([^\"]+)\"", page, re.DOTALL)
    assert link is not None
    back = owner.get(link[1]).text
    assert f'href="/console/ledger/{entry_id}"' in back
    assert "wrong card" in back


def test_a_changed_entry_is_found_and_named(
    owner: Visitor, counter: PagesDriver, database_url: str
) -> None:
    card_id = counter.open()
    entry_id = counter.stamp(card_id).entry["id"]
    with behind_the_triggers(database_url) as connection:
        connection.execute(update(ENTRIES).where(ENTRIES.c.id == entry_id).values(stamps_delta=9))

    assert "its hash does not match what it says" in owner.get(f"/console/ledger/{entry_id}").text
    owner.get("/console/ledger/verify")
    answer = owner.post("/console/ledger/verify")
    assert "Damage found" in answer.text
    assert f'href="/console/ledger/{entry_id}"' in answer.text


def test_a_sound_ledger_says_so(manager: Visitor, counter: PagesDriver) -> None:
    counter.stamp(counter.open())
    assert "Verify now" in text_of(manager.get("/console/ledger/verify"))
    text = text_of(manager.post("/console/ledger/verify"))
    assert "The ledger is sound. Entries: 2. Cards: 1." in text


@on_sqlite
def test_the_page_says_since_when_and_up_to_when_the_ledger_is_anchored(
    manager: Visitor, counter: PagesDriver, context: Context, clock: ManualClock
) -> None:
    counter.stamp(counter.open())
    assert "Anchored up to" not in text_of(manager.get("/console/ledger/verify"))
    context.loyalty.checkpoint_maker.make()
    clock.advance(hours=2)
    counter.open()
    context.loyalty.checkpoint_maker.make()
    told = text_of(manager.get("/console/ledger/verify"))
    anchored = re.search(r"Anchored up to (.+?), since (.+?): whoever keeps", told)
    assert anchored is not None
    assert anchored[1] != anchored[2]


@on_sqlite
def test_a_long_ledger_is_verified_a_part_at_a_time(
    owner: Visitor, counter: PagesDriver, bob: Shop, visitors: Callable[..., Visitor]
) -> None:
    for _ in range(CARDS_AT_ONCE + 1):
        counter.open(None)
    owner.get("/console/ledger/verify")
    first = owner.post("/console/ledger/verify")
    assert f"{CARDS_AT_ONCE} of {CARDS_AT_ONCE + 1} cards" in text_of(first)
    assert "<noscript> <button>Continue</button> </noscript>" in markup_of(first)

    state = state_of(first)
    elsewhere = visitors(bob, "owner")
    elsewhere.get("/console/ledger/verify")
    theirs = elsewhere.post("/console/ledger/verify", state=state)
    assert str(CARDS_AT_ONCE) not in text_of(theirs)

    for forged in (state[:-3] + "abc", "nonsense"):
        anew = owner.post("/console/ledger/verify", state=forged)
        assert f"{CARDS_AT_ONCE} of" in text_of(anew)
    last = owner.post("/console/ledger/verify", state=state)
    assert f"The ledger is sound. Entries: {CARDS_AT_ONCE + 1}." in text_of(last)


@on_sqlite
def test_the_page_s_script_gets_only_the_progress(owner: Visitor, counter: PagesDriver) -> None:
    owner.get("/console/ledger/verify")
    csrf = re.search(r'name="csrf" value="([^"]+)"', owner.get("/console/ledger/verify").text)
    assert csrf is not None
    answer = owner.client.post(
        "/console/ledger/verify", data={"csrf": csrf[1]}, headers={"hx-request": "true"}
    )
    assert '<div id="verification"' in answer.text
    assert "<html" not in answer.text


@on_sqlite
def test_another_shop_s_entry_is_not_there(owner: Visitor, counter: PagesDriver, bob: Shop) -> None:
    theirs = PagesDriver(bob)
    entry_id = theirs.stamp(theirs.open()).entry["id"]
    assert owner.get(f"/console/ledger/{entry_id}").status_code == 404
    assert owner.get("/console/ledger/nonsense").status_code == 404


@on_sqlite
def test_staff_read_the_ledger_but_neither_verify_it_nor_take_it_along(
    staff: Visitor, counter: PagesDriver
) -> None:
    counter.stamp(counter.open())
    page = staff.get("/console/ledger").text
    assert "/console/exports/" not in page
    assert "/console/ledger/verify" not in page
    assert staff.get("/console/ledger/verify").status_code == 403


def state_of(answer: httpx.Response) -> str:
    found = _STATE.search(markup_of(answer))
    assert found is not None
    return found[1]


def test_a_refund_leads_to_its_purchase_by_the_receipt_and_hides_numbers_of_tills(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open("Marie Schmit")
    bought = counter.earn(card_id, 1250, reference="R-2041").entry["id"]
    number = "6f1c7a52-9a0e-4a63-8f0b-6a1d1f0a7c11"
    page = f"/console/members/{card_id}"
    owner.get(page)
    answer = owner.post(
        f"{page}/entries/{bought}/refund", refund_amount="2.50", refund_reference=number
    )
    assert answer.status_code == 303, text_of(answer)
    rows = owner.get("/console/ledger", params={"type": "points_refunded"}).text
    refund = re.search(r'/console/ledger/([0-9a-f-]{36})"', rows)
    assert refund is not None
    shown = markup_of(owner.get(f"/console/ledger/{refund[1]}"))
    assert f'<a href="/console/ledger/{bought}" id="purchase">R-2041</a> (€12.50)' in shown
    facts, proof = shown.split("<h2>Proof</h2>")
    assert number not in facts
    assert number in proof
    assert "<dt>Reference</dt> <dd> R-2041 </dd>" in markup_of(
        owner.get(f"/console/ledger/{bought}")
    )
