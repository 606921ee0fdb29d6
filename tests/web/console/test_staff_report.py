"""The staff report in the console: figures in plain words, and no verdicts."""

import pytest

from tests.support.cast import Shop
from tests.support.drivers.pages import PagesDriver
from tests.support.pages import Visitor, text_of

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def words(visitor: Visitor, path: str = "/console/staff-report") -> str:
    return " ".join(text_of(visitor.get(path)).split())


def test_a_card_that_gets_most_of_the_stamps_stands_out_with_the_reason(
    owner: Visitor, counter: PagesDriver
) -> None:
    friend, guest = counter.open("A friend"), counter.open("A guest")
    counter.stamp(friend, 20)
    counter.stamp(guest, 5)
    page = owner.get("/console/staff-report")
    text = " ".join(text_of(page).split())
    assert "Worth a second look" in text
    assert "80% of their stamps went to one card. A friend" in text
    assert "Figures, not verdicts" in text
    link = f"/console/ledger?from=2026-02-01&amp;to=2026-03-02&amp;staff_pin_id={counter.anna.id}"
    assert link in page.text
    assert owner.get(link.replace("&amp;", "&")).text.count("<tr>") == 2


def test_what_is_usual_is_called_so(owner: Visitor, counter: PagesDriver) -> None:
    for place in range(4):
        counter.stamp(counter.open(f"Guest {place}"), 2)
    text = words(owner)
    assert "Nothing stands out in this period." in text
    assert "Anna stamped on 1 day 8" in text


@on_sqlite
def test_a_period_and_a_program_can_be_chosen(owner: Visitor, counter: PagesDriver) -> None:
    counter.stamp(counter.open())
    assert "No activity in this period" in words(owner, "/console/staff-report?to=2026-02-01")
    assert "Anna" in words(owner, f"/console/staff-report?program_id={counter.program.id}")


@on_sqlite
@pytest.mark.parametrize("query", ["from=2025-01-01", "from=2026-03-02&to=2026-03-01"])
def test_a_period_that_cannot_be_is_refused_in_words(owner: Visitor, query: str) -> None:
    answer = owner.get(f"/console/staff-report?{query}")
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@on_sqlite
def test_another_shop_s_program_is_taken_for_all(
    owner: Visitor, counter: PagesDriver, bob: Shop
) -> None:
    theirs = PagesDriver(bob)
    theirs.stamp(theirs.open())
    page = owner.get(f"/console/staff-report?program_id={theirs.program.id}")
    assert "No activity in this period" in text_of(page)


@on_sqlite
def test_staff_do_not_read_about_one_another(staff: Visitor) -> None:
    assert staff.get("/console/staff-report").status_code == 403
