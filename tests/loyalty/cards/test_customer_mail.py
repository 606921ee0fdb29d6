"""What customers are written to, and what their answer changes."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from punchcard.accounts import vendor_service
from punchcard.accounts.errors import AddressHeldElsewhere, LinkInvalid
from punchcard.accounts.mail.mail_messages import Mail
from punchcard.accounts.models import Customer, OutgoingMail
from punchcard.context import Context, build_context
from punchcard.db.database import Database
from punchcard.kit.clock import ManualClock
from punchcard.kit.ids import ProgramId, SystemIds
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_changes, customer_service
from punchcard.loyalty.cards.card_changes import CardChange
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.operations import (
    Actor,
    AddStamp,
    CardKey,
    CardRef,
    NewCustomer,
    OpenCard,
)
from punchcard.loyalty.programs import program_service
from punchcard.loyalty.vocabulary import ActorKind
from punchcard.main import create_worker
from tests.support import cast
from tests.support.cast import Shop, by_operator
from tests.support.post import Post

EMAIL = "anna@example.com"


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def context(
    database: Database, settings: Settings, clock: ManualClock, ids: SystemIds, post: Post
) -> Iterator[Context]:
    """Build a context whose letters are kept in `post`."""
    mailing = replace(settings, base_url="https://punch.example/")
    with closing(
        build_context(mailing, clock=clock, ids=ids, database=database, mailer=post)
    ) as built:
        yield built


def a_program(context: Context, shop: Shop, name: str = "Coffee") -> ProgramId:
    """Open a stamp program."""
    reward = {"name": "A coffee"}
    fields: dict[str, Any] = {
        "name": name,
        "type": "stamps",
        "status": "active",
        "stamp_reward": reward,
    }
    fields["texts"] = {"lb": {"card_name": "Kaffiskaart"}}
    with context.database.write() as session:
        return program_service.create_program(session, by_operator(context), shop.id, fields).id


def enrol(
    context: Context, shop: Shop, program_id: ProgramId, *, by_shop: bool = False, **told: Any
) -> CardView:
    customer = NewCustomer(**{"email": EMAIL, **told})
    operation = OpenCard(
        vendor_id=shop.id,
        actor=Actor(ActorKind.PUBLIC, None),
        program_id=program_id,
        customer=customer,
        is_vouched=by_shop,
        locale=told.get("locale"),
    )
    return context.loyalty.till.submit(operation).card


def work(context: Context) -> None:
    """Let the worker do everything there is."""
    worker = create_worker(context)
    while worker.do_work():
        pass


def confirm_link(message: Any) -> str:
    found = [line for line in message.text.splitlines() if "/verify-email?token=" in line]
    assert len(found) == 1
    return str(found[0].partition("?token=")[2])


def confirm(context: Context, message: Any) -> None:
    with context.database.write() as session:
        context.loyalty.customer_mail.confirm(session, by_operator(context), confirm_link(message))


def customers(context: Context) -> list[Customer]:
    with context.database.read() as session:
        return list(session.scalars(select(Customer).order_by(Customer.id)))


def test_customers_answer_the_shop_at_the_address_it_has_set(
    context: Context, alice: Shop, bob: Shop, post: Post
) -> None:
    with context.database.write() as session:
        changes = {"reply_to": " Info@Cafe-Alice.example "}
        vendor_service.update_vendor(session, by_operator(context), alice.id, changes)
    for shop in (alice, bob):
        enrol(context, shop, a_program(context, shop))
    work(context)

    told = {message.sender_name: message.reply_to for message in post.messages}
    assert told == {"Café Alice": "info@cafe-alice.example", "Boulangerie Bob": None}


def test_a_new_customer_is_welcomed_with_their_card_in_its_language(
    context: Context, alice: Shop, post: Post
) -> None:
    enrol(context, alice, a_program(context, alice), locale="lb")
    work(context)

    [message] = post.messages
    assert (message.to, message.language, message.sender_name) == (EMAIL, "lb", "Café Alice")
    assert message.subject == "Är Kaart bei Café Alice"
    assert "Hei ass Är Kaart: Kaffiskaart." in message.text
    assert "https://punch.example/c/" in message.text
    assert "https://punch.example/verify-email?token=" in message.text
    with context.database.read() as session:
        assert session.scalars(select(OutgoingMail)).all() == []


def test_a_card_without_an_address_brings_no_mail(
    context: Context, alice: Shop, post: Post
) -> None:
    enrol(context, alice, a_program(context, alice), email=None, name="Anna")
    work(context)

    assert post.messages == []


def test_a_name_a_stranger_typed_is_not_carried_to_an_address(
    context: Context, alice: Shop, post: Post
) -> None:
    program = a_program(context, alice)
    enrol(context, alice, program, name="Buy at http://evil.example")
    enrol(context, alice, program, by_shop=True, name="Anna", email="other@example.com")
    work(context)

    by_stranger, by_shop = post.messages
    assert "evil" not in by_stranger.text + by_stranger.html + by_stranger.subject
    assert by_shop.text.startswith("Bonjour Anna,")


def test_the_link_makes_the_address_the_customers(
    context: Context, alice: Shop, post: Post
) -> None:
    enrol(context, alice, a_program(context, alice), marketing_consent=True)
    work(context)
    [before] = customers(context)
    assert (before.is_verified, before.accepts_news) == (False, False)

    confirm(context, post.messages[0])
    confirm(context, post.messages[0])

    [after] = customers(context)
    assert after.is_verified
    assert after.email_verified_at == context.clock.now()
    assert after.accepts_news


def test_news_need_a_wish_as_well_as_the_link(context: Context, alice: Shop, post: Post) -> None:
    enrol(context, alice, a_program(context, alice), locale="en")
    work(context)
    assert "news" not in post.messages[0].text

    confirm(context, post.messages[0])

    assert not customers(context)[0].accepts_news


def test_a_link_proves_no_telephone_number_beside_the_address(
    context: Context, alice: Shop, post: Post
) -> None:
    card = enrol(context, alice, a_program(context, alice), phone="+352621000001")
    work(context)
    confirm(context, post.messages[0])
    assert not customers(context)[0].is_verified

    # The shop vouches for the number; the address has its own proof.
    change = CardChange(customer={"phone": "+352621000001"})
    with context.database.write() as session:
        card_changes.update_card(session, by_operator(context), alice.id, card.id, change)

    assert customers(context)[0].is_verified


def test_an_address_that_is_another_customers_leaves_both_as_they_are(
    context: Context, alice: Shop, post: Post
) -> None:
    program = a_program(context, alice)
    enrol(context, alice, program, by_shop=True)
    enrol(context, alice, program)
    work(context)
    before = [(one.is_verified, one.email_verified_at) for one in customers(context)]

    with pytest.raises(AddressHeldElsewhere):
        confirm(context, post.messages[1])

    assert [(one.is_verified, one.email_verified_at) for one in customers(context)] == before


def test_the_same_address_at_another_shop_is_another_matter(
    context: Context, alice: Shop, post: Post
) -> None:
    bob = cast.open_boulangerie_bob(context)
    enrol(context, alice, a_program(context, alice))
    enrol(context, bob, a_program(context, bob, "Bread"))
    work(context)

    for message in post.messages:
        confirm(context, message)

    assert [one.is_verified for one in customers(context)] == [True, True]


def test_nobody_is_flooded_by_strangers_who_type_their_address(
    context: Context, alice: Shop, post: Post
) -> None:
    program = a_program(context, alice)
    for _ in range(context.settings.mails_per_address + 3):
        enrol(context, alice, program)
        work(context)

    assert len(post.messages) == context.settings.mails_per_address


def test_an_address_that_changed_is_asked_again_and_the_old_link_is_dead(
    context: Context, alice: Shop, post: Post
) -> None:
    card = enrol(context, alice, a_program(context, alice))
    work(context)
    change = CardChange(customer={"email": "new@example.com"})
    with context.database.write() as session:
        card_changes.update_card(session, by_operator(context), alice.id, card.id, change)
    work(context)

    old, new = post.messages
    assert new.to == "new@example.com"
    with pytest.raises(LinkInvalid):
        confirm(context, old)
    confirm(context, new)
    assert customers(context)[0].email_verified_at is not None


def test_a_forgotten_customer_can_no_longer_be_confirmed(
    context: Context, alice: Shop, post: Post
) -> None:
    card = enrol(context, alice, a_program(context, alice))
    work(context)
    opened = context.loyalty.card_sealer.open(card.token_sealed, card.id)
    assert opened is not None
    with context.database.write() as session:
        former = context.loyalty.former_contacts
        customer_service.erase_customer(session, by_operator(context), opened.decode(), former)

    with pytest.raises(LinkInvalid):
        confirm(context, post.messages[0])


def test_a_welcome_that_would_come_days_late_is_not_sent(
    context: Context, alice: Shop, post: Post, clock: ManualClock
) -> None:
    enrol(context, alice, a_program(context, alice))
    clock.advance(days=2)
    work(context)

    assert post.messages == []


def test_a_link_ends_after_its_days(
    context: Context, alice: Shop, post: Post, clock: ManualClock
) -> None:
    enrol(context, alice, a_program(context, alice))
    work(context)
    clock.advance(hours=context.settings.email_verification_hours)

    with pytest.raises(LinkInvalid):
        confirm(context, post.messages[0])


def test_a_customer_who_confirmed_is_not_asked_again(
    context: Context, alice: Shop, post: Post
) -> None:
    enrol(context, alice, a_program(context, alice), by_shop=True)
    work(context)
    confirm(context, post.messages[0])
    enrol(context, alice, a_program(context, alice, "Lunch"), by_shop=True)
    work(context)

    assert "/verify-email" not in post.messages[1].text
    assert "https://punch.example/c/" in post.messages[1].text


def test_mails_say_nothing_of_shop_or_address_in_the_database(
    context: Context, alice: Shop
) -> None:
    with context.database.write() as session:
        mail = Mail(kind="customer_welcome", to=EMAIL, language="en", facts={})
        context.accounts.mail_queue.enqueue(session, mail)
    with context.database.read() as session:
        [row] = session.scalars(select(OutgoingMail))
    assert EMAIL.encode() not in row.content_sealed


def stamp(context: Context, shop: Shop, card: CardView, quantity: int) -> None:
    """Put stamps on a card, as somebody with a PIN does."""
    operation = AddStamp(
        vendor_id=shop.id,
        actor=Actor(ActorKind.PUBLIC, None),
        card=CardRef(CardKey.ID, card.id),
        quantity=quantity,
    )
    context.loyalty.till.submit(operation)


def a_quick_program(context: Context, shop: Shop) -> ProgramId:
    """Open a stamp program that asks for no PIN."""
    program_id = a_program(context, shop)
    free = {"pin_policy": "off", "cooldown_minutes": 0}
    with context.database.write() as session:
        program_service.update_program(session, by_operator(context), shop.id, program_id, free)
    return program_id


def test_who_joins_again_is_led_to_the_card_that_has_the_stamps(
    context: Context, alice: Shop, post: Post
) -> None:
    program = a_quick_program(context, alice)
    first = enrol(context, alice, program, locale="en")
    stamp(context, alice, first, 3)
    again = enrol(context, alice, program, locale="en")
    work(context)

    by_address = {message.text: message for message in post.messages}
    [told] = [text for text in by_address if "You already have a card here" in text]
    assert "Coffee, with 3 stamps." in told
    links = [line.rpartition("/")[2] for line in told.splitlines() if "/c/" in line]
    tokens = [
        context.loyalty.card_links.token(card.id, card.token_sealed) for card in (first, again)
    ]
    assert links == tokens


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("de", "Sie haben hier schon eine Karte: Coffee, mit 1 Stempel."),
        ("fr", "Vous avez déjà une carte ici\u00a0: Coffee, avec 1 tampon."),
        ("lb", "Dir hutt hei schonn eng Kaart: Kaffiskaart, mat 1 Stempel."),
    ],
)
def test_what_is_on_the_card_is_told_in_its_language(
    context: Context, alice: Shop, post: Post, language: str, said: str
) -> None:
    program = a_quick_program(context, alice)
    stamp(context, alice, enrol(context, alice, program, by_shop=True), 1)
    enrol(context, alice, program, locale=language)
    work(context)

    assert said in post.messages[-1].text


def test_another_program_shop_or_an_empty_card_is_no_card_to_be_led_to(
    context: Context, alice: Shop, bob: Shop, post: Post
) -> None:
    program, other = a_quick_program(context, alice), a_quick_program(context, bob)
    enrol(context, alice, program)
    stamp(context, bob, enrol(context, bob, other), 2)
    enrol(context, alice, program)
    work(context)

    assert len(post.messages) == 3
    assert not any("déjà une carte" in message.text for message in post.messages)


def test_of_two_cards_the_one_of_a_verified_customer_comes_first(
    context: Context, alice: Shop, post: Post
) -> None:
    program = a_quick_program(context, alice)
    by_stranger = enrol(context, alice, program)
    stamp(context, alice, by_stranger, 4)
    vouched = enrol(context, alice, program, by_shop=True)
    stamp(context, alice, vouched, 1)
    enrol(context, alice, program, locale="en")
    work(context)

    assert "Coffee, with 1 stamp." in post.messages[-1].text
