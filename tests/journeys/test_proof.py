"""A customer's own browser checks the card, and notices a past that is another one."""

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select, update

from punchcard.context import Context
from punchcard.kit.i18n import translate
from punchcard.loyalty.ledger.entry import entry_hash
from punchcard.loyalty.tables import CARDS, ENTRIES
from tests.journeys.support.axe import assert_no_axe_violations
from tests.journeys.support.visits import Visits
from tests.journeys.test_customer import join, open_program, stamp
from tests.support.cast import Shop
from tests.support.damage import behind_the_triggers
from tests.support.http import Api

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

SOUND = (
    "The entries of your card have the contents they were recorded with, follow one another"
    " without a gap, and add up to your balance."
)
SIGNED_LIST = "They are in the list of all entries that this server signed."
SIGNED = "The signature is right."
FIRST = (
    "It is the first time that this browser checks: next time it will notice if anything of today"
    " was changed."
)
SAME = (
    "It is by the same key as the last time you checked here, and what you saw then is still there."
)
NEWER = "Some are so new that no signed list holds them yet. Within an hour one will."
FAULTY = (
    "Something is not right: what the server shows now does not fit together, or not with what this"
    " browser saw before. Save the file and ask the shop."
)


@pytest.fixture
def till(api: Api, alice: Shop) -> Api:
    return api.with_token(alice.token())


def check(page: Page, language: str, *sentences: str) -> None:
    page.get_by_role("button", name=translate("Check now", language)).click()
    shown = [translate(sentence, language) for sentence in sentences]
    expect(page.locator("#found li")).to_have_text(shown)


@ON_SQLITE
@pytest.mark.parametrize("language", ["en", "fr", "de", "lb"])
def test_a_customer_checks_the_card_in_the_browser(
    visits: Visits, till: Api, context: Context, language: str
) -> None:
    page = visits.open(width=360, locale=language)
    token = join(page, open_program(till), "Zoé", language)
    stamp(till, token)
    context.loyalty.checkpoint_maker.make()

    page.goto(f"/c/{token}/history")
    page.get_by_role("link", name=translate("Check that nothing was changed", language)).click()
    check(page, language, SOUND, SIGNED_LIST, SIGNED, FIRST)
    assert_no_axe_violations(page)
    sheet, item = page.locator("#proof"), page.locator("#found li").first
    inner = "element => parseFloat(getComputedStyle(element).paddingLeft)"
    edge = _left_of(sheet) + float(sheet.evaluate(inner))
    assert _left_of(item) >= edge + 12, "the dot of a list stands where text may stand"

    stamp(till, token, 2)
    page.reload()
    check(page, language, SOUND, SIGNED_LIST, NEWER, SIGNED, SAME)


def _left_of(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["x"]


@ON_SQLITE
def test_a_browser_that_has_checked_before_notices_another_past(
    visits: Visits, till: Api, context: Context, database_url: str
) -> None:
    page = visits.open()
    token = join(page, open_program(till))
    stamp(till, token)
    context.loyalty.checkpoint_maker.make()
    page.goto(f"/c/{token}/proof")
    check(page, "en", SOUND, SIGNED_LIST, SIGNED, FIRST)

    # The last entry says something else, and its chain was written anew.
    with behind_the_triggers(database_url) as connection:
        rows = connection.execute(select(ENTRIES).order_by(ENTRIES.c.sequence.desc())).mappings()
        forged = dict(next(iter(rows)))
        forged["actor_id"] = "somebody else"
        new = {"actor_id": "somebody else", "hash": entry_hash(forged)}
        connection.execute(update(ENTRIES).where(ENTRIES.c.id == forged["id"]).values(**new))
        connection.execute(update(CARDS).values(head_hash=new["hash"]))

    page.reload()
    check(page, "en", FAULTY)


@ON_SQLITE
def test_a_server_that_does_not_answer_proves_nothing(visits: Visits, till: Api) -> None:
    page = visits.open()
    visits.watch.allow("answered 503")
    token = join(page, open_program(till))
    page.route("**/proof?**", lambda route: route.fulfill(status=503))
    page.goto(f"/c/{token}/proof")
    check(page, "en", "The proof could not be loaded. Please try again later.")
