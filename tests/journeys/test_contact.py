"""A customer's new address, from their own page to the mail that takes the change back."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import expect

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.main import create_worker
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.clocks import FlowingClock
from tests.journeys.support.visits import Visits
from tests.journeys.test_customer import open_program, stamp
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.post import Post
from tests.support.waiting import wait_until

OLD, NEW = "ana@example.com", "ana@new.example"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: FlowingClock, ids: SystemIds, post: Post
) -> Iterator[Context]:
    """Build a context whose mails are kept in `post`, with its worker at work."""
    with closing(
        build_context(settings, clock=clock, ids=ids, database=database, mailer=post)
    ) as built:
        worker = create_worker(built)
        worker.start()
        yield built
        worker.stop()


@pytest.fixture
def till(api: Api, alice: Shop) -> Api:
    """Stand at Café Alice's till."""
    return api.with_token(alice.token())


def link_to(post: Post, address: str, button: str) -> str:
    """Wait for the mail to an address with a link of this name; return where it leads."""
    found: list[str] = []

    def has_come() -> bool:
        texts = [one.text.splitlines() for one in list(post.messages) if one.to == address]
        found[:] = [
            lines[lines.index(f"{button}:") + 1] for lines in texts if f"{button}:" in lines
        ]
        return bool(found)

    wait_until(has_come)
    return found[-1]


def test_an_address_is_changed_by_its_new_reader_and_put_back_by_the_old_one(
    visits: Visits, till: Api, post: Post
) -> None:
    slug = open_program(till)
    page = visits.open(width=360)
    page.goto(f"/join/{slug}")
    page.locator("#name").fill("Ana")
    page.locator("#email").fill(OLD)
    page.get_by_role("button", name="Get my card").click()
    card = page.url.split("?")[0]
    page.goto(link_to(post, OLD, "Confirm this address"))
    page.get_by_role("button", name="Confirm my address").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()

    page.goto(f"{card}/data")
    page.get_by_role("button", name="Continue").click()
    page.goto(link_to(post, OLD, "Open my data"))
    page.get_by_label("New e\u2011mail address").fill(NEW)
    page.get_by_role("button", name="Send the link").click()
    expect(page.locator("#new-contact")).to_contain_text(NEW)
    assert_no_axe_violations(page)
    page.goto(link_to(post, NEW, "Confirm this address"))
    page.get_by_role("button", name="Confirm my address").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert till.get("/vendor/loyalty/cards", params={"query": NEW}).json()["items"]

    page.goto(link_to(post, OLD, "Put my old contact details back"))
    assert_no_axe_violations(page)
    page.get_by_role("button", name="Put them back").click()
    expect(page.get_by_role("heading", name="are back")).to_be_visible()
    assert till.get("/vendor/loyalty/cards", params={"query": OLD}).json()["items"]
    assert not till.get("/vendor/loyalty/cards", params={"query": NEW}).json()["items"]


def test_two_cards_of_one_person_become_one(visits: Visits, till: Api, post: Post) -> None:
    slug = open_program(till)
    page = visits.open(width=360)
    cards = []
    for email, stamps in ((OLD, 1), (NEW, 2)):
        page.goto(f"/join/{slug}?another=shared")
        page.locator("#name").fill("Ana")
        page.locator("#email").fill(email)
        page.get_by_role("button", name="Get my card").click()
        expect(page.locator("#front")).to_be_visible()
        cards.append(page.url.split("?")[0])
        stamp(till, cards[-1].rsplit("/", 1)[1], stamps)
        page.goto(link_to(post, email, "Confirm this address"))
        page.get_by_role("button", name="Confirm my address").click()
        expect(page.get_by_role("heading", name="Thank you")).to_be_visible()

    page.goto(f"{cards[0]}/data")
    page.get_by_role("button", name="Continue").click()
    page.goto(link_to(post, OLD, "Open my data"))
    page.get_by_label("Number or link of the other card").fill(cards[1])
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("we have sent a link there")).to_be_visible()

    page.goto(link_to(post, NEW, "Look at both cards"))
    expect(page.locator("#both-cards")).to_contain_text("3 stamps")
    assert_no_axe_violations(page)
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Merge the cards").click()
    expect(page.get_by_text("Your cards are one now.")).to_be_visible()
    expect(page.locator(".card-face")).to_contain_text("3")
    page.goto(cards[1])
    assert page.locator(".card-face").is_visible(), "the other link leads on"
