"""A short name that was changed leads on, and is nobody else's."""

from collections.abc import Callable
from typing import Any

import pytest

from punchcard.accounts import vendor_service
from punchcard.accounts.errors import VendorSlugTaken
from punchcard.context import Context
from punchcard.loyalty.errors.programs import ProgramNotFound, ProgramSlugTaken
from punchcard.loyalty.models import LoyaltyCard, LoyaltyProgram
from punchcard.loyalty.programs import program_service
from tests.loyalty import shelf
from tests.support import cast
from tests.support.cast import Shop, by_operator
from tests.support.http import Api
from tests.support.pages import Visitor


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card, called cafe-karte, then treue."""
    program = shelf.program(alice, status="active", slug="cafe-karte")
    rename(alice, program, "treue")
    return program


@pytest.fixture
def bob(context: Context) -> Shop:
    """Open Boulangerie Bob."""
    return cast.open_shop(context, "boulangerie-bob", "Boulangerie Bob")


def rename(shop: Shop, program: LoyaltyProgram, slug: str) -> None:
    """Give a program another slug."""
    change(shop, program, slug=slug)


def change(shop: Shop, program: LoyaltyProgram, **fields: Any) -> None:
    """Change a program."""
    with shop.context.database.write() as session:
        program_service.update_program(
            session, by_operator(shop.context), shop.id, program.id, fields
        )


def test_the_old_address_leads_to_the_new_one(visitor: Visitor, coffee: LoyaltyProgram) -> None:
    answer = visitor.get("/join/cafe-karte?lang=de")

    assert (answer.status_code, answer.headers["location"]) == (308, "/join/treue?lang=de")
    # The address may be the right one again: no browser may keep that.
    assert answer.headers["cache-control"] == "no-store"
    assert visitor.get("/join/treue").status_code == 200


def test_a_form_that_was_opened_before_is_taken(
    visitor: Visitor, alice: Shop, coffee: LoyaltyProgram, context: Context
) -> None:
    visitor.get("/join/treue")
    rename(alice, coffee, "treue-2")

    assert visitor.post("/join/treue").status_code == 303
    with context.database.read() as session:
        assert session.query(LoyaltyCard).count() == 1


def test_software_with_the_old_slug_goes_on(api: Api, coffee: LoyaltyProgram) -> None:
    moved = api.get("/loyalty/programs/cafe-karte")
    assert moved.status_code == 308
    assert moved.headers["location"] == "/api/v1/loyalty/programs/treue"
    assert api.get("/loyalty/programs/Treue").headers["location"].endswith("/treue")
    assert api.post("/loyalty/programs/cafe-karte/enroll", {}).status_code == 201


def test_nobody_else_gets_a_slug_that_was_printed(coffee: LoyaltyProgram, bob: Shop) -> None:
    with pytest.raises(ProgramSlugTaken):
        shelf.program(bob, slug="cafe-karte")
    other = shelf.program(bob, slug="brot")
    with pytest.raises(ProgramSlugTaken):
        rename(bob, other, "cafe-karte")
    assert shelf.program(bob, name="Cafe Karte").slug == "cafe-karte-2"


def test_its_own_shop_may_use_it_again(
    visitor: Visitor, alice: Shop, coffee: LoyaltyProgram
) -> None:
    second = shelf.program(alice, status="active", slug="cafe-karte", name="Second")
    assert "Second" in visitor.get("/join/cafe-karte").text

    rename(alice, second, "second")
    assert visitor.get("/join/cafe-karte").headers["location"] == "/join/second"
    rename(alice, coffee, "cafe-karte")
    assert visitor.get("/join/cafe-karte").status_code == 200
    assert visitor.get("/join/treue").headers["location"] == "/join/cafe-karte"


def test_a_chain_of_names_leads_to_the_last(
    visitor: Visitor, alice: Shop, coffee: LoyaltyProgram
) -> None:
    rename(alice, coffee, "third")
    for former in ("cafe-karte", "treue"):
        assert visitor.get(f"/join/{former}").headers["location"] == "/join/third"


def test_a_program_that_is_closed_is_found_at_none_of_its_names(
    visitor: Visitor, alice: Shop, coffee: LoyaltyProgram
) -> None:
    change(alice, coffee, status="inactive")
    assert visitor.get("/join/cafe-karte").status_code == 404


def test_the_name_of_a_deleted_program_stays_its_shops(
    visitor: Visitor, alice: Shop, coffee: LoyaltyProgram, bob: Shop
) -> None:
    with alice.context.database.write() as session:
        program_service.delete_program(session, by_operator(alice.context), alice.id, coffee.id)
    for slug in ("cafe-karte", "treue"):
        assert visitor.get(f"/join/{slug}").status_code == 404
        with pytest.raises(ProgramSlugTaken):
            shelf.program(bob, slug=slug)
        shelf.program(alice, slug=slug)


def test_a_shops_former_name_finds_it_and_is_nobody_elses(alice: Shop, context: Context) -> None:
    with context.database.write() as session:
        vendor_service.update_vendor(session, by_operator(context), alice.id, {"slug": "alice"})
    with context.database.read() as session:
        assert vendor_service.get_vendor_by_slug(session, alice.slug).id == alice.id
    with pytest.raises(VendorSlugTaken):
        cast.open_shop(context, alice.slug, "Another")
    bob = cast.open_shop(context, "boulangerie-bob", "Boulangerie Bob")
    with pytest.raises(VendorSlugTaken), context.database.write() as session:
        vendor_service.update_vendor(session, by_operator(context), bob.id, {"slug": alice.slug})
    with context.database.write() as session:
        vendor_service.update_vendor(session, by_operator(context), alice.id, {"slug": alice.slug})
    with pytest.raises(VendorSlugTaken):
        cast.open_shop(context, "alice", "Another")


def test_a_slug_of_no_text_is_none(context: Context) -> None:
    from punchcard.loyalty.programs import public_service

    with context.database.read() as session, pytest.raises(ProgramNotFound):
        public_service.open_program(session, "a\0b", now=context.clock.now())


@pytest.mark.parametrize("cookie", ["x", "a" * 500, "é" * 30, '"quoted', ""])
def test_a_visitor_whose_cookie_was_mangled_gets_another(
    visitors: Callable[..., Visitor], coffee: LoyaltyProgram, cookie: str
) -> None:
    visitor = visitors()
    mangled = f"punchcard_visitor={cookie}".encode("latin-1")
    page = visitor.client.get("/join/treue", headers=[(b"cookie", mangled)])
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]

    answer = visitor.client.post("/join/treue", data={"csrf": csrf})

    assert answer.status_code == 303
