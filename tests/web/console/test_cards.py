"""The page of one card: its history and proof, its holder, and everything done with it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markupsafe import escape
from sqlalchemy import update

from punchcard.kit.ids import CardId
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.tables import ENTRIES
from tests.loyalty import shelf
from tests.support.cast import Shop, by_operator
from tests.support.damage import behind_the_triggers
from tests.support.drivers.pages import ANNAS_PIN, PagesDriver
from tests.support.pages import Visitor, markup_of, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def page_of(card_id: CardId) -> str:
    return f"/console/members/{card_id}"


def do(visitor: Visitor, card_id: CardId, verb: str, **fields: str) -> Any:
    visitor.get(page_of(card_id))
    return visitor.post(f"{page_of(card_id)}/{verb}", **fields)


def test_the_page_shows_holder_history_and_that_the_chain_holds(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open("Marie Schmit", email="marie@example.lu")
    receipt = counter.stamp(card_id, 2)

    text = text_of(owner.get(page_of(card_id)))

    assert "Marie Schmit" in text
    assert "marie@example.lu" in text
    assert "Chain verified" in text
    assert "Anna" in text
    assert receipt.entry["hash"].hex()[:8] in text


def test_a_changed_entry_shows_on_the_page_of_its_card(
    owner: Visitor, counter: PagesDriver, database_url: str
) -> None:
    card_id = counter.open()
    counter.stamp(card_id)
    with behind_the_triggers(database_url) as connection:
        connection.execute(
            update(ENTRIES).where(ENTRIES.c.card_id == card_id).values(actor_id="else")
        )
    text = text_of(owner.get(page_of(card_id)))
    assert "The chain of this card is damaged" in text
    assert "Chain verified" not in text


def test_a_blocked_card_takes_no_stamp_until_it_is_unblocked(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open()
    assert do(owner, card_id, "block").status_code == 303
    page = owner.get(page_of(card_id))
    assert "This card cannot be used now" in page.text
    assert f'action="{page_of(card_id)}/stamp"' not in page.text
    assert owner.post(f"{page_of(card_id)}/stamp", quantity="1").status_code == 422
    assert do(owner, card_id, "unblock").status_code == 303
    assert do(owner, card_id, "stamp", quantity="2").status_code == 303
    assert counter.card(card_id).stamps == 2


def test_a_replaced_card_has_another_number_and_the_same_balance(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open()
    counter.stamp(card_id, 3)
    before = counter.card(card_id)
    assert "stop working at once" in owner.get(page_of(card_id)).text
    answer = do(owner, card_id, "replace")
    assert "new number and link" in text_of(owner.follow(answer))
    after = counter.card(card_id)
    assert after.number != before.number
    assert after.stamps == 3


def test_a_wrong_entry_is_taken_back_with_a_reason(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    entry_id = counter.stamp(card_id, 2).entry["id"]
    verb = f"entries/{entry_id}/void"
    refused = do(owner, card_id, verb, void_reason=" ")
    assert refused.status_code == 422
    assert "Please fill this in." in refused.text
    refused = do(owner, card_id, verb, void_reason="wrong card <b>", staff_pin="9999")
    assert refused.status_code == 422
    assert 'value="wrong card &lt;b&gt;"' in refused.text
    answer = do(owner, card_id, verb, void_reason="wrong card <b>", staff_pin=ANNAS_PIN)
    page = owner.follow(answer)
    assert counter.card(card_id).stamps == 0
    assert "wrong card &lt;b&gt;" in page.text
    assert "taken back" in text_of(page)
    assert do(owner, card_id, verb, void_reason="again").status_code == 422


@pytest.mark.parametrize(
    ("pin", "told"), [("12", "Staff PIN: Must be 4 to 8 digits."), ("9999", "This PIN is wrong.")]
)
def test_a_pin_that_is_refused_is_told_with_the_focus(
    owner: Visitor, counter: PagesDriver, pin: str, told: str
) -> None:
    card_id = counter.open()
    entry_id = counter.stamp(card_id, 2).entry["id"]
    verb = f"entries/{entry_id}/void"
    page = markup_of(do(owner, card_id, verb, void_reason="wrong card", staff_pin=pin))
    notice = re.search(
        r'<p class="notice bad" role="alert" tabindex="-1" autofocus>(.*?)</p>', page
    )
    assert notice is not None
    assert told in notice[1]
    assert page.count("autofocus") == 1
    assert 'value="wrong card"' in page


def test_an_entry_is_taken_back_only_from_the_page_of_its_card(
    owner: Visitor, counter: PagesDriver
) -> None:
    one, other = counter.open("One"), counter.open("Other")
    entry_id = counter.stamp(one).entry["id"]
    answer = do(owner, CardId(other), f"entries/{entry_id}/void", void_reason="odd")
    assert answer.status_code == 404
    assert counter.card(CardId(one)).stamps == 1


def test_a_full_card_is_redeemed_and_only_then_offered(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open()
    counter.stamp(card_id, 4)
    assert "Hand out the reward" not in owner.get(page_of(card_id)).text
    counter.stamp(card_id)
    assert "Hand out the reward" in owner.get(page_of(card_id)).text
    assert do(owner, card_id, "redeem").status_code == 303
    assert counter.card(card_id).stamps == 0


def test_a_reward_on_the_way_is_handed_out_by_its_stamps(
    owner: Visitor, counter: PagesDriver
) -> None:
    shop = counter.shop
    rewards = [{"at": 2, "name": "A cookie"}, {"at": 5, "name": "A coffee"}]
    with shop.context.database.write() as session:
        program_service.update_program(
            session,
            by_operator(shop.context),
            shop.id,
            counter.program.id,
            {"stamp_rewards": rewards},
        )
    card_id = counter.open()
    counter.stamp(card_id, 2)
    assert "A cookie" in text_of(owner.get(page_of(card_id)))
    assert do(owner, card_id, "redeem", at="2").status_code == 303
    assert counter.card(card_id).stamps == 2
    assert "Hand out the reward" not in owner.get(page_of(card_id)).text
    assert do(owner, card_id, "redeem", at="2").status_code == 422
    counter.stamp(card_id, 3)
    assert do(owner, card_id, "redeem", at="5").status_code == 303
    assert counter.card(card_id).stamps == 0


def test_points_come_from_purchases_and_buy_rewards(owner: Visitor, counter: PagesDriver) -> None:
    cake = shelf.reward(counter.shop, counter.program.id, points_required=10, name="A cake")
    shelf.reward(counter.shop, counter.program.id, points_required=5000, name="A year of cake")
    card_id = counter.open()
    assert do(owner, card_id, "earn", amount="12,50").status_code == 303
    assert counter.card(card_id).points == 12
    page = owner.get(page_of(card_id)).text
    for_points = page.partition("/redeem-points")[2].partition("</form>")[0]
    assert "A cake" in for_points
    assert "A year of cake" not in for_points
    assert do(owner, card_id, "redeem-points", reward_id=cake.id).status_code == 303
    assert counter.card(card_id).points == 2
    assert do(owner, card_id, "redeem-points", reward_id=cake.id).status_code == 422
    assert do(owner, card_id, "earn", amount="much").status_code == 422


def test_ten_times_the_usual_purchase_is_asked_about_before_it_counts(
    owner: Visitor, counter: PagesDriver
) -> None:
    """As at the terminal: "did you mean €12.50, not €1,250?"; a yes is to that amount alone."""
    card_id = counter.open()
    assert do(owner, card_id, "earn", amount="1000").status_code == 303
    asked = do(owner, card_id, "earn", amount="1250")
    assert asked.status_code == 422
    assert "€1,250.00 is far more than usual. Is it right?" in text_of(asked)
    assert 'value="125000"' in asked.text
    assert 'value="1250"' in asked.text
    other = do(owner, card_id, "earn", amount="12500", sure_of_minor="125000")
    assert other.status_code == 422
    assert counter.card(card_id).points == 1000
    assert do(owner, card_id, "earn", amount="1250", sure_of_minor="125000").status_code == 303
    assert counter.card(card_id).points == 2250


@pytest.mark.parametrize(
    ("delta", "reason", "status"),
    [("50", "sorry", 303), ("-20", "typo", 303), ("5", "", 422), ("0", "no", 422), ("x", "a", 422)],
)
def test_points_are_corrected_within_bounds_and_with_a_reason(
    owner: Visitor, counter: PagesDriver, delta: str, reason: str, status: int
) -> None:
    card_id = counter.open()
    counter.earn(card_id, 3000)
    answer = do(owner, card_id, "adjust", points_delta=delta, reason=reason)
    assert answer.status_code == status
    assert counter.card(card_id).points == 30 + (int(delta) if status == 303 else 0)


def test_a_correction_is_not_offered_to_be_taken_back(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    purchase = counter.earn(card_id, 3000).entry["id"]
    assert do(owner, card_id, "adjust", points_delta="50", reason="sorry").status_code == 303

    offered = re.findall(r"entries/([0-9a-f-]+)/void", owner.get(page_of(card_id)).text)
    assert set(offered) == {purchase}


@on_sqlite
def test_a_correction_has_its_limit(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    limit = counter.shop.context.settings.adjustment_limit_points
    answer = do(owner, card_id, "adjust", points_delta=str(limit + 1), reason="too much")
    assert answer.status_code == 422


def test_a_program_that_asks_for_pins_does_so_in_the_console_too(
    owner: Visitor, alice: Shop
) -> None:
    counter = PagesDriver(alice, pin_policy="required")
    card_id = counter.open()
    assert do(owner, card_id, "stamp", quantity="1").status_code == 422
    wrong = do(owner, card_id, "stamp", quantity="1", staff_pin="9999")
    assert wrong.status_code == 422
    assert 'role="alert"' in wrong.text
    assert do(owner, card_id, "stamp", quantity="1", staff_pin=ANNAS_PIN).status_code == 303
    assert "Anna" in text_of(owner.get(page_of(card_id)))


def test_what_is_known_about_the_holder_is_changed(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open("Marie", email="marie@example.lu")
    assert 'value="marie@example.lu"' in owner.get(f"{page_of(card_id)}/edit").text
    answer = owner.post(
        f"{page_of(card_id)}/edit",
        name="Marie Weber",
        email="weber@example.lu",
        birthday_day="3",
        birthday_month="7",
        marketing_consent="on",
    )
    assert answer.status_code == 303
    holder = counter.card(card_id).customer or {}
    assert (holder["name"], holder["email"]) == ("Marie Weber", "weber@example.lu")
    assert (holder["birthday"], holder["marketing_consent"]) == ("07-03", True)
    wrong = owner.post(f"{page_of(card_id)}/edit", email="no address")
    assert wrong.status_code == 422


def test_an_anonymous_card_gets_a_holder(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open(None)
    owner.get(f"{page_of(card_id)}/edit")
    owner.post(f"{page_of(card_id)}/edit", name="Ana")
    assert (counter.card(card_id).customer or {})["name"] == "Ana"


def test_the_holder_is_forgotten_and_the_ledger_stays_sound(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open("Marie Schmit", email="marie@example.lu")
    counter.stamp(card_id, 2)
    answer = do(owner, card_id, "erase")
    text = text_of(owner.follow(answer))
    assert "Marie" not in text
    assert "marie@example.lu" not in text
    assert "Chain verified" in text
    assert counter.card(card_id).stamps == 2


@on_sqlite
def test_staff_work_with_cards_but_neither_correct_points_nor_forget_people(
    staff: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open("Marie")
    page = staff.get(page_of(card_id)).text
    assert "Correct the points" not in page
    assert "want their data deleted" not in page
    assert do(staff, card_id, "stamp", quantity="1").status_code == 303
    assert do(staff, card_id, "adjust", points_delta="5", reason="a").status_code == 403
    assert do(staff, card_id, "erase").status_code == 403


@on_sqlite
@pytest.mark.parametrize("end", ["", "/edit", "/hand-over"])
def test_another_shop_s_card_is_not_there(
    owner: Visitor, counter: PagesDriver, bob: Shop, end: str
) -> None:
    theirs = CardId(PagesDriver(bob).open())
    assert owner.get(f"{page_of(theirs)}{end}").status_code == 404
    assert owner.get(f"{page_of(CardId('nonsense'))}{end}").status_code == 404


@on_sqlite
@pytest.mark.parametrize(
    "verb", ["block", "unblock", "replace", "erase", "stamp", "redeem", "earn"]
)
def test_nothing_is_done_with_another_shop_s_card(
    owner: Visitor, counter: PagesDriver, bob: Shop, verb: str
) -> None:
    theirs = PagesDriver(bob)
    card_id = CardId(theirs.open())
    owner.get("/console/members")
    answer = owner.post(f"{page_of(card_id)}/{verb}", quantity="1", amount="10")
    assert answer.status_code == 404
    assert (theirs.card(card_id).status, theirs.card(card_id).stamps) == ("active", 0)


@on_sqlite
def test_an_odd_place_in_the_history_is_no_trouble(owner: Visitor, counter: PagesDriver) -> None:
    card_id = counter.open()
    assert owner.get(f"{page_of(card_id)}?before=nonsense").status_code == 200


@on_sqlite
@pytest.mark.parametrize("language", ["fr", "de", "lb"])
def test_the_page_opens_in_every_language(
    visitors: Callable[..., Visitor], alice: Shop, counter: PagesDriver, language: str
) -> None:
    visitor = visitors(alice, "owner", language=language)
    page = visitor.get(f"{page_of(counter.open())}?lang={language}")
    assert f'<html lang="{language}">' in page.text


_NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=120
).filter(lambda name: name.strip() == name)


@on_sqlite
@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=_NAMES | st.sampled_from(["<b>&amp;</b>", "\u202eAna", "👩🏽‍🍳", "{{ 7*7 }}", '"><x']))
def test_every_name_stands_whole_on_the_page_the_list_and_the_ledger(
    owner: Visitor, counter: PagesDriver, name: str
) -> None:
    card_id = counter.open(name)
    for path in (page_of(card_id), "/console/members", "/console/ledger"):
        page = owner.get(path)
        assert name in text_of(page), path
        if "<" in name:
            assert str(escape(name)) in page.text
