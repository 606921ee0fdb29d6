"""Whose an address is: nobody learns of other shops' people, and nobody takes an address away."""

from dataclasses import replace

import pytest

from punchcard.accounts import user_service
from punchcard.accounts.access.opening.session_opener import SignedIn, SignInOrigin
from punchcard.accounts.access.people import CLAIMS_LIMIT
from punchcard.accounts.errors import CredentialsInvalid, EmailTaken, TooManyRequests
from punchcard.accounts.user_service import NewUser
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.ids import UserId, VendorId
from punchcard.kit.settings import Settings
from tests.support import cast
from tests.support.cast import PASSWORD, Shop, by_operator
from tests.support.outgoing_mail import mails

HERS = "marie@somewhere.example"
GIVEN = "a first sentence of %s"


@pytest.fixture
def server_settings(settings: Settings) -> Settings:
    """Write mails to the log."""
    return replace(settings, smtp_url="log:")


def add(context: Context, shop: Shop, email: str = HERS) -> UserId:
    """Add somebody as an owner does, with a first password of the shop's own."""
    person = NewUser(
        email=email,
        name="Marie",
        role=Role.STAFF,
        password_hash=context.accounts.sign_in.hash_password(GIVEN % shop.slug),
    )
    with context.database.write() as session:
        return user_service.create_user(session, by_operator(context), shop.id, person).id


def enters(context: Context, password: str, email: str = HERS) -> VendorId | None:
    """Return whose shop a password opens."""
    origin = SignInOrigin(network=f"home of {password}", user_agent=None, request_id=None)
    return context.accounts.sign_in.sign_in(email, password, origin=origin).subject.vendor_id


def from_one_place(
    context: Context, email: str, password: str, known: str | None = None
) -> SignedIn:
    """Sign in from the one network that others guess from as well."""
    origin = SignInOrigin(network="192.0.2.7", user_agent=None, request_id=None, known=known)
    return context.accounts.sign_in.sign_in(email, password, origin=origin)


def follow(context: Context, email: str, password: str) -> None:
    """Choose a password by the link of the latest mail to an address."""
    [*_, mail] = [one for one in mails(context) if one.to == email and "link" in one.facts]
    token = mail.facts["link"].partition("token=")[2]
    context.accounts.password_reset.reset(token, password, asked_from="192.0.2.9", request_id=None)


def invite(context: Context, shop: Shop, user_id: UserId) -> None:
    with context.database.write() as session:
        row = user_service.get_user(session, shop.id, user_id)
        context.accounts.password_reset.invite(session, row)


@pytest.mark.parametrize("whose", ["another owner", "an admin", "nobody"])
def test_adding_somebody_tells_nothing_of_other_shops(
    context: Context, alice: Shop, bob: Shop, whose: str
) -> None:
    cast.make_admin(context)
    email = {"another owner": bob.email("owner"), "an admin": "admin@platform.example"}.get(
        whose, HERS
    )
    add(context, alice, email)

    assert enters(context, GIVEN % alice.slug, email) == alice.id
    with pytest.raises(EmailTaken):
        add(context, alice, email)


def test_whoever_had_the_address_goes_on_signing_in(
    context: Context, alice: Shop, bob: Shop
) -> None:
    add(context, alice, bob.email("owner"))

    assert enters(context, PASSWORD, bob.email("owner")) == bob.id


def test_two_shops_add_the_same_person_and_each_first_password_opens_its_own(
    context: Context, alice: Shop, bob: Shop
) -> None:
    add(context, alice)
    add(context, bob)

    assert enters(context, GIVEN % alice.slug) == alice.id
    assert enters(context, GIVEN % bob.slug) == bob.id
    with pytest.raises(CredentialsInvalid):
        enters(context, "neither of them")


def test_a_squatted_address_does_not_stop_its_holder_from_opening_a_shop(
    context: Context, alice: Shop
) -> None:
    add(context, alice, "owner@chez-carla.example")

    carla = cast.open_shop(context, "chez-carla", "Chez Carla")

    assert enters(context, PASSWORD, carla.email("owner")) == carla.id


def test_an_address_counts_for_whoever_follows_the_link_first(
    context: Context, alice: Shop, bob: Shop
) -> None:
    at_alice, at_bob = add(context, alice), add(context, bob)
    invite(context, alice, at_alice)
    follow(context, HERS, "her own sentence")
    assert enters(context, "her own sentence") == alice.id

    invite(context, bob, at_bob)
    with pytest.raises(EmailTaken):
        follow(context, HERS, "another sentence")
    with pytest.raises(EmailTaken):
        cast.make_admin(context, HERS)


def test_a_forgotten_password_is_mailed_for_whom_the_address_counts(
    context: Context, alice: Shop, bob: Shop
) -> None:
    add(context, alice, bob.email("owner"))

    context.accounts.password_reset.request(
        bob.email("owner"), asked_from="192.0.2.1", language="en"
    )

    [mail] = mails(context)
    assert mail.facts["shop"] == "Boulangerie Bob"


def test_an_address_that_only_one_claims_gets_its_link(context: Context, alice: Shop) -> None:
    add(context, alice)
    context.accounts.password_reset.request(HERS, asked_from="192.0.2.1", language="en")
    follow(context, HERS, "her own sentence")

    assert enters(context, "her own sentence") == alice.id


@pytest.mark.parametrize("claims", [0, 1])
@pytest.mark.parametrize("is_held", [True, False])
def test_a_sign_in_costs_two_hashes_whoever_has_the_address(
    context: Context, alice: Shop, bob: Shop, claims: int, is_held: bool
) -> None:
    email = bob.email("owner") if is_held else HERS
    if claims:
        add(context, alice, email)
    hasher = context.accounts.password_hasher
    before = hasher.checked

    with pytest.raises(CredentialsInvalid):
        enters(context, "neither of them", email)

    assert hasher.checked - before == 2


@pytest.mark.parametrize("is_held", [True, False])
def test_whoever_adds_an_address_guesses_at_it_no_longer_than_others(
    context: Context, alice: Shop, bob: Shop, is_held: bool
) -> None:
    email = bob.email("owner") if is_held else HERS
    if not is_held:
        add(context, bob, email)
    add(context, alice, email)
    theirs = from_one_place(context, email, GIVEN % alice.slug)

    for _ in range(context.settings.sign_in_attempts - 1):
        with pytest.raises(CredentialsInvalid):
            from_one_place(context, email, "a guess", known=theirs.known)
        assert from_one_place(context, email, GIVEN % alice.slug, known=theirs.known)
    with pytest.raises(CredentialsInvalid):
        from_one_place(context, email, "the last guess", known=theirs.known)

    for password in ("one guess more", GIVEN % alice.slug):
        with pytest.raises(TooManyRequests):
            from_one_place(context, email, password, known=theirs.known)


def test_signing_in_again_and_again_beside_the_holder_counts_as_no_guess(
    context: Context, alice: Shop, bob: Shop
) -> None:
    email = bob.email("owner")
    add(context, alice, email)

    for _ in range(context.settings.sign_in_attempts + 2):
        assert from_one_place(context, email, GIVEN % alice.slug).subject.vendor_id == alice.id


def test_a_crowd_of_claims_costs_a_bounded_time(context: Context, alice: Shop) -> None:
    shops = [cast.open_shop(context, f"shop-{n}", f"Shop {n}") for n in range(CLAIMS_LIMIT + 2)]
    for shop in shops:
        add(context, shop)
    before = context.accounts.password_hasher.checked

    with pytest.raises(CredentialsInvalid):
        enters(context, "neither of them")

    assert context.accounts.password_hasher.checked - before == CLAIMS_LIMIT + 1


def test_a_removed_persons_address_is_free_again(context: Context, alice: Shop) -> None:
    user_id = add(context, alice)
    with context.database.write() as session:
        user_service.remove_user(session, by_operator(context), alice.id, user_id)

    add(context, alice)
    assert enters(context, GIVEN % alice.slug) == alice.id
