"""Joining writes to addresses that strangers type: seldom for one visitor, never without bound."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.models import LoyaltyProgram
from punchcard.main import create_worker
from tests.loyalty import shelf
from tests.support.cast import Shop
from tests.support.http import Api
from tests.support.pages import Visitor, text_of
from tests.support.post import Post

PAUSED = "Very many people joined with an e-mail address within this hour"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds, post: Post
) -> Iterator[Context]:
    """Write to three people a minute from one address, and to four of a shop an hour."""
    mailing = replace(settings, mail_requests_per_minute=3, enrolment_mails_per_shop_and_hour=4)
    with closing(
        build_context(mailing, clock=clock, ids=ids, database=database, mailer=post)
    ) as built:
        yield built


@pytest.fixture
def coffee(alice: Shop) -> LoyaltyProgram:
    """Open Café Alice's stamp card."""
    return shelf.program(alice, status="active", pin_policy="off")


def join_by_api(api: Api, program: LoyaltyProgram, email: str | None) -> None:
    told = {"customer": {"email": email}} if email else {}
    answer = api.post(f"/loyalty/programs/{program.slug}/enroll", {**told, "accept_terms": True})
    assert answer.status_code == 201, answer.text


def join_by_page(visitor: Visitor, program: LoyaltyProgram, email: str) -> None:
    visitor.get(f"/join/{program.slug}?another=yes")
    answer = visitor.post(f"/join/{program.slug}", email=email, another="yes")
    assert answer.status_code == 303, answer.text


def written_to(context: Context, post: Post) -> set[str]:
    """Let the worker do everything there is; return to whom it has written."""
    worker = create_worker(context)
    while worker.do_work():
        pass
    return {message.to for message in post.messages}


@pytest.mark.parametrize("face", ["api", "page"])
def test_one_address_causes_few_mails_and_its_cards_open_all_the_same(
    api: Api,
    visitor: Visitor,
    context: Context,
    post: Post,
    coffee: LoyaltyProgram,
    clock: ManualClock,
    face: str,
) -> None:
    def join(email: str) -> None:
        if face == "api":
            join_by_api(api, coffee, email)
        else:
            join_by_page(visitor, coffee, email)

    for number in range(6):
        join(f"victim{number}@example.com")
    assert written_to(context, post) == {f"victim{number}@example.com" for number in range(3)}
    clock.advance(seconds=20)
    join("later@example.com")
    assert "later@example.com" in written_to(context, post)


def test_joining_without_an_address_uses_nothing_up(
    api: Api, context: Context, post: Post, coffee: LoyaltyProgram
) -> None:
    for _ in range(5):
        join_by_api(api, coffee, None)
    join_by_api(api, coffee, "ana@example.com")
    assert written_to(context, post) == {"ana@example.com"}


def test_a_shops_mails_to_strangers_are_bounded_by_the_hour_and_the_shop_is_told(
    api: Api,
    context: Context,
    post: Post,
    alice: Shop,
    coffee: LoyaltyProgram,
    clock: ManualClock,
    visitors: Callable[..., Visitor],
) -> None:
    owner = visitors(alice, "owner")
    for number in range(6):
        clock.advance(minutes=1)
        join_by_api(api, coffee, f"guest{number}@example.com")
        written_to(context, post)
        told = PAUSED in text_of(owner.get("/console/mails"))
        assert told is (number >= 3)
    assert written_to(context, post) == {f"guest{number}@example.com" for number in range(4)}
    assert PAUSED in text_of(owner.get("/console"))
    assert "11:00" in text_of(owner.get("/console/mails"))

    # Those whom the shop enrols itself are written to, and the next hour begins anew.
    enrolled = api.with_token(alice.token()).post(
        "/vendor/loyalty/cards",
        {"program_id": coffee.id, "customer": {"email": "regular@example.com"}},
    )
    assert enrolled.status_code == 201
    assert "regular@example.com" in written_to(context, post)
    clock.advance(hours=1)
    assert PAUSED not in text_of(owner.get("/console"))
    join_by_api(api, coffee, "tomorrow@example.com")
    assert "tomorrow@example.com" in written_to(context, post)
