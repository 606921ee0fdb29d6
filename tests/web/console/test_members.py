"""The list of members: found by little, narrowed down, a page at a time; and enrolling by hand."""

import re
from collections.abc import Callable

import pytest

from punchcard.kit.clock import ManualClock
from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize("query", ["schm", "SCHMIT", "marie@", "621 123", "+352621"])
def test_a_member_is_found_by_a_part_of_what_is_known(
    owner: Visitor, counter: PagesDriver, query: str
) -> None:
    counter.open("Marie Schmit", email="marie@example.lu", phone="+352621123456")
    counter.open("Jang Weber")

    page = owner.get("/console/members", params={"query": query})

    assert "Marie Schmit" in page.text
    assert "Jang Weber" not in page.text


def test_a_member_is_found_by_the_beginning_of_the_number(
    owner: Visitor, counter: PagesDriver
) -> None:
    card_id = counter.open(None)
    number = counter.card(card_id).number
    assert card_id in owner.get("/console/members", params={"query": number[:6]}).text


def test_a_number_in_the_list_goes_onto_two_lines_between_its_groups_only(
    owner: Visitor, counter: PagesDriver
) -> None:
    number = counter.card(counter.open("Marie")).number
    told = f"<small>{number[:4]} {number[4:8]} {number[8:]}</small>"
    assert told in owner.get("/console/members").text


def test_the_list_narrows_to_status_program_and_last_visit(
    visitors: Callable[..., Visitor], alice: Shop, counter: PagesDriver, clock: ManualClock
) -> None:
    early = counter.open("Early Bird")
    counter.stamp(early)
    clock.advance(days=40)
    late = counter.open("Late Guest")
    counter.stamp(late)
    owner = visitors(alice, "owner")
    owner.get("/console/members")
    owner.post(f"/console/members/{late}/block")

    def names(**wanted: str) -> set[str]:
        text = owner.get("/console/members", params=wanted).text
        return {name for name in ("Early Bird", "Late Guest") if name in text}

    assert names() == {"Early Bird", "Late Guest"}
    assert names(status="blocked") == {"Late Guest"}
    assert names(visit="last30") == {"Late Guest"}
    assert names(visit="not30") == {"Early Bird"}
    assert names(program_id=counter.program.id, status="active") == {"Early Bird"}
    assert names(status="nonsense", visit="nonsense", program_id="nonsense") == names()


@on_sqlite
def test_more_members_than_fit_go_on_over_pages_and_back_to_the_first(
    owner: Visitor, counter: PagesDriver
) -> None:
    for place in range(52):
        counter.open(f"Guest {place:02}")
    first = owner.get("/console/members?query=Guest")
    following = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert following is not None
    second = owner.get(following[1].replace("&amp;", "&"))
    assert "Guest 51" in first.text
    assert [name in second.text for name in ("Guest 00", "Guest 01", "Guest 02")] == [
        True,
        True,
        False,
    ]
    assert 'href="/console/members?query=Guest"' in second.text


@on_sqlite
def test_the_page_s_script_gets_only_the_list(owner: Visitor, counter: PagesDriver) -> None:
    counter.open()
    part = owner.get("/console/members?part=rows&query=marie").text
    assert part.lstrip().startswith('<div id="rows"')
    assert "<search" not in part


@on_sqlite
def test_an_empty_list_says_how_members_come(owner: Visitor) -> None:
    assert "Print the poster" in text_of(owner.get("/console/members"))
    assert "No matching member" in text_of(owner.get("/console/members?query=nobody"))


@on_sqlite
@pytest.mark.parametrize("query", ["before=x", "query=%00", "program_id=%00", "query=" + "x" * 500])
def test_odd_addresses_are_no_trouble(owner: Visitor, query: str) -> None:
    assert owner.get(f"/console/members?{query}").status_code == 200


def test_a_member_enrolled_by_hand_is_shown_with_the_link_to_hand_over(
    staff: Visitor, counter: PagesDriver
) -> None:
    staff.get("/console/members/new")
    answer = staff.post(
        "/console/members/new",
        program_id=counter.program.id,
        name="Ana Silva",
        email="ana@example.lu",
        locale="de",
    )
    assert answer.status_code == 303
    page = staff.follow(answer)
    assert "The card is open." in page.text
    # Not the card's own address, which is its customer's: a link that works once.
    assert "/c/" not in page.text
    link = re.search(r'value="http[^"]+(/h/[^"]+)"', page.text)
    assert link is not None
    assert "<svg" in page.text
    assert "Ana Silva" not in staff.get(link[1]).text
    assert "Ana Silva" in staff.follow(staff.post(link[1])).text
    assert "no longer works" in staff.get(link[1]).text


@on_sqlite
@pytest.mark.parametrize(
    "wrong",
    [{"email": "nobody"}, {"phone": "12"}, {"program_id": ""}, {"marketing_consent": "on"}],
)
def test_what_is_wrong_stands_beside_its_field(
    owner: Visitor, counter: PagesDriver, wrong: dict[str, str]
) -> None:
    owner.get("/console/members/new")
    answer = owner.post("/console/members/new", **{"program_id": counter.program.id, **wrong})
    assert answer.status_code == 422
    assert 'class="fault"' in answer.text


@on_sqlite
def test_one_contact_gets_one_card_of_a_program(owner: Visitor, counter: PagesDriver) -> None:
    counter.open("Marie", email="marie@example.lu")
    owner.get("/console/members/new")
    answer = owner.post(
        "/console/members/new", program_id=counter.program.id, email="marie@example.lu"
    )
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_members_of_another_shop_are_not_in_the_list(
    owner: Visitor, counter: PagesDriver, bob: Shop
) -> None:
    PagesDriver(bob).open("Bob's guest")
    assert "Bob&#39;s guest" not in owner.get("/console/members").text


@on_sqlite
def test_a_visit_long_ago_is_told_in_words(
    visitors: Callable[..., Visitor], alice: Shop, counter: PagesDriver, clock: ManualClock
) -> None:
    counter.stamp(counter.open())
    clock.advance(days=3)
    assert "3 days ago" in visitors(alice, "owner").get("/console/members").text


def test_a_ready_reward_is_called_as_the_reader_speaks(owner: Visitor, alice: Shop) -> None:
    reward = {"name": "A hot drink"}
    in_german = {"de": {"reward_name": "Ein Heißgetränk"}}
    fields = {"stamp_reward": reward, "texts": in_german, "stamps_target": 1}
    counter = PagesDriver(alice, **fields)
    counter.stamp(counter.open("Marie"))
    assert "Reward ready: A hot drink" in text_of(owner.get("/console/members?lang=en"))
    assert "Prämie bereit: Ein Heißgetränk" in text_of(owner.get("/console/members?lang=de"))
