"""The poster scanned again opens the card this browser has, and nobody else's."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.types import ASGIApp

from punchcard.context import Context
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.main import create_app
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import InProcess
from tests.support.pages import Visitor, text_of

Visitors = Callable[..., Visitor]
ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active")


def joined(visitor: Visitor, program: LoyaltyProgram, **fields: str) -> str:
    """Take a card; returns its path."""
    visitor.get(f"/join/{program.slug}")
    answer = visitor.post(f"/join/{program.slug}", **fields)
    assert answer.status_code == 303
    return str(answer.headers["location"]).split("?")[0]


def scanned(visitor: Visitor, program: LoyaltyProgram) -> str:
    """Scan the poster; returns where it leads to, "" for the page of joining."""
    answer = visitor.get(f"/join/{program.slug}")
    if answer.status_code == 200:
        return ""
    return str(answer.headers["location"]).split("?")[0]


def cookie_of(program: LoyaltyProgram) -> str:
    return f"punchcard_card_{program.id[-12:]}"


def cards_of(context: Context) -> int:
    with context.database.read() as session:
        return session.query(LoyaltyCard).count()


def test_the_poster_scanned_again_opens_the_card_of_this_browser(
    visitor: Visitor, coffee: LoyaltyProgram
) -> None:
    path = joined(visitor, coffee)
    again = visitor.get(f"/join/{coffee.slug}")
    assert again.headers["location"] == f"{path}?again=1"
    page = text_of(visitor.follow(again))
    assert "this is the card you already have" in page
    assert "Not yours? Get another card." in page


def test_another_browser_gets_a_card_of_its_own(
    visitor: Visitor, visitors: Visitors, coffee: LoyaltyProgram
) -> None:
    path = joined(visitor, coffee)
    other = visitors()
    assert scanned(other, coffee) == ""
    assert joined(other, coffee) != path


def test_who_goes_back_and_sends_the_form_again_has_one_card(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    path = joined(visitor, coffee)
    again = visitor.post(f"/join/{coffee.slug}")
    assert again.headers["location"] == f"{path}?welcome=1"
    assert cards_of(context) == 1


def test_who_tells_the_same_again_has_one_card_and_who_tells_another_name_two(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    path = joined(visitor, coffee, name="Ana", email="ana@example.com")
    same = visitor.post(f"/join/{coffee.slug}", name="Ana", email="ANA@example.com")
    assert same.headers["location"] == f"{path}?welcome=1"
    other = visitor.post(f"/join/{coffee.slug}", name="Jos")
    assert path not in other.headers["location"]
    assert cards_of(context) == 2


def test_a_tablet_on_the_counter_keeps_nobodys_card(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    page = f"/join/{coffee.slug}?another=shared"
    for _ in range(2):
        assert visitor.get(page).status_code == 200
        made = visitor.post(f"/join/{coffee.slug}", another="shared")
        assert "Here is your card" in text_of(visitor.follow(made))
        assert "/c/" not in visitor.get(page).text
    assert cards_of(context) == 2
    assert scanned(visitor, coffee) == ""


def test_somebody_else_at_this_browser_can_have_a_card_too(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    path = joined(visitor, coffee)
    page = visitor.get(f"/join/{coffee.slug}?another=yes")
    assert page.status_code == 200
    assert path in page.text
    made = visitor.post(f"/join/{coffee.slug}", another="yes", name="Ana")
    other = made.headers["location"].split("?")[0]
    assert other != path
    assert cards_of(context) == 2
    assert scanned(visitor, coffee) == other


def test_every_shop_and_program_has_its_own_card(
    visitor: Visitor, alice: Shop, bob: Shop, coffee: LoyaltyProgram
) -> None:
    bread = shelf.program(bob, status="active", slug="bread")
    tea = shelf.program(alice, status="active", slug="tea")
    paths = [joined(visitor, program) for program in (coffee, bread, tea)]
    assert len(set(paths)) == 3
    assert [scanned(visitor, program) for program in (coffee, bread, tea)] == paths


def test_a_card_opened_by_its_link_is_the_one_the_poster_opens(
    visitor: Visitor, visitors: Visitors, coffee: LoyaltyProgram
) -> None:
    old = joined(visitor, coffee)
    other = visitors()
    joined(other, coffee)
    other.get(old)
    assert scanned(other, coffee) == old


def test_staff_who_look_at_a_customers_card_do_not_have_it(
    visitor: Visitor, visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    path = joined(visitor, coffee)
    owner = visitors(alice)
    assert owner.get(path).status_code == 200
    assert scanned(owner, coffee) == ""


def test_a_card_that_was_replaced_is_no_more_this_browsers(
    visitor: Visitor, app: ASGIApp, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    joined(visitor, coffee)
    with context.database.read() as session:
        card_id = session.query(LoyaltyCard).one().id
    with InProcess(app) as api:
        till = api.with_token(alice.token())
        assert till.post(f"/vendor/loyalty/cards/{card_id}/replace").status_code == 200
    assert scanned(visitor, coffee) == ""


def test_a_browser_forgets_its_card_when_asked(visitor: Visitor, coffee: LoyaltyProgram) -> None:
    path = joined(visitor, coffee)
    visitor.get(f"{path}/data")
    answer = visitor.post(f"{path}/forget-here")
    assert "has forgotten the card" in text_of(visitor.follow(answer))
    assert scanned(visitor, coffee) == ""


@ON_SQLITE
def test_the_cookie_goes_to_the_pages_of_joining_alone_and_tells_nothing(
    visitor: Visitor, coffee: LoyaltyProgram
) -> None:
    path = joined(visitor, coffee)
    (cookie,) = [one for one in visitor.client.cookies.jar if one.name == cookie_of(coffee)]
    assert cookie.path == "/join"
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert path.rsplit("/", 1)[1] not in str(cookie.value)


@ON_SQLITE
@pytest.mark.parametrize("value", ["", "x", "%00", "AAAA" * 500, "e30.e30", "ÿ", "AAAA", "A" * 60])
def test_a_cookie_of_nobody_is_none(visitor: Visitor, coffee: LoyaltyProgram, value: str) -> None:
    header = f"{cookie_of(coffee)}={value}".encode()
    answer = visitor.client.get(f"/join/{coffee.slug}", headers=[(b"cookie", header)])
    assert answer.status_code == 200


@ON_SQLITE
def test_a_cookie_sealed_for_another_program_opens_nothing(
    visitor: Visitor, visitors: Visitors, alice: Shop, coffee: LoyaltyProgram
) -> None:
    tea = shelf.program(alice, status="active", slug="tea")
    joined(visitor, coffee)
    (cookie,) = [one for one in visitor.client.cookies.jar if one.name == cookie_of(coffee)]
    sent = {"cookie": f"{cookie_of(tea)}={cookie.value}"}
    assert visitors().client.get(f"/join/{tea.slug}", headers=sent).status_code == 200


@ON_SQLITE
def test_a_new_secret_key_forgets_and_breaks_nothing(
    visitor: Visitor, coffee: LoyaltyProgram, context: Context
) -> None:
    joined(visitor, coffee)
    other_key = replace(context, settings=replace(context.settings, secret_key="k" * 64))
    sent = {"cookie": "; ".join(f"{c.name}={c.value}" for c in visitor.client.cookies.jar)}
    with Visitor(create_app(other_key)) as other:
        assert other.client.get(f"/join/{coffee.slug}", headers=sent).status_code == 200
