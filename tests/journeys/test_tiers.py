"""A guest reaches a tier while their page lies open beside the till."""

import pytest
from playwright.sync_api import expect

from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.journeys.test_customer import join, open_program
from tests.support.cast import Shop
from tests.support.http import Api

TIERS = [
    {"key": "regular", "name": "Regular", "threshold": 0},
    {
        "key": "gold",
        "name": "Gold",
        "texts": {"fr": {"name": "Or"}},
        "threshold": 100,
        "earn_factor": "1.500",
    },
]


@pytest.fixture
def till(api: Api, alice: Shop) -> Api:
    """Stand at Café Alice's till."""
    return api.with_token(alice.token())


def earn(till: Api, token: str, euros: int) -> None:
    answer = till.post("/vendor/loyalty/points/earn", {"card": token, "amount_minor": euros * 100})
    assert answer.status_code == 201, answer.text


def test_a_guest_sees_a_tier_arrive_on_their_page(visits: Visits, till: Api) -> None:
    slug = open_program(till, name="Bread", type="points", stamp_reward=None, tiers=TIERS)
    page = visits.open(width=360)
    token = join(page, slug, name="Ana")
    way = page.locator("#tier")
    expect(way).to_contain_text("Your tier: Regular")
    earn(till, token, 40)
    expect(way).to_contain_text("60 points to Gold")
    expect(way.locator("progress")).to_have_attribute("value", "40")
    earn(till, token, 60)
    expect(way).to_contain_text("Your tier: Gold")
    expect(page.locator(".card-face")).to_contain_text("Gold")
    expect(way.locator("progress")).to_have_count(0)
    earn(till, token, 10)
    expect(page.locator(".card-face .big")).to_have_text("115")
    assert_no_axe_violations(page)
