"""What is typed into a field is judged the same by every face, and kept in the same form."""

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import pytest
from starlette.types import ASGIApp

from punchcard.accounts.models import Customer, Vendor
from punchcard.context import Context
from punchcard.kit.i18n import translate
from punchcard.loyalty.models import LoyaltyProgram
from tests.loyalty import shelf
from tests.support import cast, typed
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api, InProcess
from tests.support.pages import Visitor, text_of

_CARDS = "/vendor/loyalty/cards"
_SENTENCES = {
    "email": "Must be an e-mail address such as name@example.com.",
    "phone": "Must be a phone number such as +352 621 123 456.",
}
_CONTACTS = [
    *(("email", text, kept) for text, kept in typed.EMAILS.items()),
    *(("phone", text, kept) for text, kept in typed.PHONES.items()),
]

Kept = str | None
Face = Callable[[str, str], Kept]
"""Takes a field and what is typed into it; returns what was kept, None if it was refused."""


class Faces:
    """Every way by which a customer's contact comes in; each call is a new customer."""

    def __init__(self, context: Context, shop: Shop, api: Api, let_in: Callable[..., Visitor]):
        self.context = context
        self.shop = shop
        self.api = api
        self.let_in = let_in
        self.program: LoyaltyProgram = shelf.program(shop, status="active", pin_policy="off")

    @cached_property
    def owner(self) -> Api:
        """Call as the shop's owner."""
        return self.api.with_token(self.shop.token())

    @cached_property
    def till(self) -> Api:
        """Call as a paired terminal."""
        return self.api.with_token(self.shop.device())

    @cached_property
    def console(self) -> Visitor:
        """Look at pages as the shop's owner."""
        return self.let_in(self.shop)

    @cached_property
    def stranger(self) -> Visitor:
        """Look at pages as anybody, in French."""
        return self.let_in(language="fr")

    def vendor_api(self, field: str, text: str) -> Kept:
        """Enrol as the shop's software does."""
        return self._enrol(self.owner, field, text)

    def terminal(self, field: str, text: str) -> Kept:
        """Enrol as a paired terminal does."""
        return self._enrol(self.till, field, text)

    def public_api(self, field: str, text: str) -> Kept:
        """Enrol as a customer's app does."""
        path = f"/loyalty/programs/{self.program.slug}/enroll"
        return self._asked("POST", path, {"customer": {field: text}}, self.api, field)

    def api_change(self, field: str, text: str) -> Kept:
        """Change an anonymous card."""
        card = self.owner.post(_CARDS, {"program_id": self.program.id}).json()
        path = f"{_CARDS}/{card['id']}"
        return self._asked("PATCH", path, {"customer": {field: text}}, self.owner, field)

    def join_page(self, field: str, text: str) -> Kept:
        """Join as a customer does with their phone."""
        path = f"/join/{self.program.slug}"
        return self._sent(self.stranger, path, field, text, "fr")

    def console_new(self, field: str, text: str) -> Kept:
        """Enrol in the console."""
        return self._sent(
            self.console, "/console/members/new", field, text, program_id=self.program.id
        )

    def console_edit(self, field: str, text: str) -> Kept:
        """Change an anonymous card in the console."""
        card = self.owner.post(_CARDS, {"program_id": self.program.id}).json()
        return self._sent(self.console, f"/console/members/{card['id']}/edit", field, text)

    def _enrol(self, api: Api, field: str, text: str) -> Kept:
        body = {"program_id": self.program.id, "customer": {field: text}}
        return self._asked("POST", _CARDS, body, api, field)

    def _asked(self, method: str, path: str, body: Any, api: Api, field: str) -> Kept:
        answer = api.call(method, path, body, headers={"Accept-Language": "fr"})
        if answer.is_success:
            return self._newest(field)
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert error["loc"] == ["body", "customer", field]
        assert error["message"] == translate(_SENTENCES[field], "fr")
        return None

    def _sent(
        self,
        visitor: Visitor,
        path: str,
        field: str,
        text: str,
        language: str = "en",
        **more: str,
    ) -> Kept:
        visitor.get(path)
        answer = visitor.post(path, **{field: text}, **more)
        if answer.status_code == 303:
            return self._newest(field)
        assert answer.status_code == 422
        assert translate(_SENTENCES[field], language) in text_of(answer)
        return None

    def _newest(self, field: str) -> Kept:
        with self.context.database.read() as session:
            customer = session.query(Customer).order_by(Customer.id.desc()).first()
            kept: Kept = getattr(customer, field)
            return kept


@pytest.fixture
def api(app: ASGIApp) -> Iterator[Api]:
    """Call the API as nobody."""
    with InProcess(app) as caller:
        yield caller


@pytest.fixture
def faces(context: Context, alice: Shop, api: Api, visitors: Callable[..., Visitor]) -> Faces:
    """Stand before Café Alice, in Luxembourg."""
    return Faces(context, alice, api, visitors)


@pytest.mark.parametrize(
    "face",
    [
        "vendor_api",
        "terminal",
        "public_api",
        "api_change",
        "join_page",
        "console_new",
        "console_edit",
    ],
)
def test_a_contact_is_taken_or_refused_alike_by_every_face(faces: Faces, face: str) -> None:
    type_into: Face = getattr(faces, face)
    kept = {(field, text): type_into(field, text) for field, text, _ in _CONTACTS}
    assert kept == {(field, text): wanted for field, text, wanted in _CONTACTS}


@pytest.mark.parametrize("name", ["two\nlines", "x" * 121, "bell\x07", "\u2028a"])
def test_a_name_is_refused_by_the_api_and_by_pages_in_the_same_words(
    faces: Faces, name: str
) -> None:
    answer = faces.owner.post(
        _CARDS, {"program_id": faces.program.id, "customer": {"name": f"a{name}"}}
    )
    [error] = answer.json()["errors"]
    visitor = faces.let_in()
    visitor.get(f"/join/{faces.program.slug}")
    page = visitor.post(f"/join/{faces.program.slug}", name=f"a{name}")
    assert page.status_code == 422
    assert error["message"] in text_of(page)


@pytest.mark.parametrize("field", sorted(typed.VENDOR_FIELDS))
def test_a_vendors_field_is_taken_or_refused_alike_by_api_and_page(
    context: Context, api: Api, visitors: Callable[..., Visitor], alice: Shop, field: str
) -> None:
    admin = api.with_token(cast.make_admin(context))
    visitor = visitors()
    visitor.sign_in("admin@platform.example", PASSWORD)
    page, path = f"/admin/vendors/{alice.id}", f"/admin/vendors/{alice.id}"
    before = {
        "name": "Café Alice",
        "slug": "cafe-alice",
        "currency": "EUR",
        "timezone": "Europe/Luxembourg",
        "language": "fr",
        "country": "LU",
    }

    def kept(is_taken: bool) -> Kept:
        with context.database.read() as session:
            found: Kept = getattr(session.get_one(Vendor, alice.id), field)
        assert (found != before[field]) == is_taken
        return found if is_taken else None

    for text, wanted in typed.VENDOR_FIELDS[field].items():
        assert admin.patch(path, before).status_code == 200
        answer = admin.patch(path, {field: text})
        assert kept(answer.status_code == 200) == wanted, text
        assert admin.patch(path, before).status_code == 200
        visitor.get(page)
        sent = visitor.post(page, **{**before, field: text})
        assert kept(sent.status_code == 303) == wanted, text
        if wanted is None:
            [error] = answer.json()["errors"]
            assert error["loc"] == ["body", field]
            assert error["message"] in text_of(sent)


@pytest.mark.parametrize(
    ("country", "phone", "codes"),
    [
        ("LU", "+352621111001", ["621111001", "0621111001", "621 111 001", "+352 (0)621 111 001"]),
        ("HU", "+36301234567", ["06 30 123 4567", "30 123 4567", "0036 30 123 4567"]),
        ("GB", "+442079460958", ["020 7946 0958", "(020) 7946\u00a00958", "+44 020 7946 0958"]),
    ],
)
def test_a_number_dialled_as_in_the_shops_country_finds_its_customer(
    faces: Faces, country: str, phone: str, codes: list[str]
) -> None:
    owner = faces.owner
    assert owner.patch("/vendor", {"country": country}).json()["country"] == country
    body = {"program_id": faces.program.id, "customer": {"name": "Anna", "phone": codes[0]}}
    card = owner.post(_CARDS, body).json()
    assert card["customer"]["phone"] == phone

    till, console = faces.till, faces.console
    for code in [*codes, phone]:
        found = till.get(f"{_CARDS}/lookup", params={"code": code}).json()["items"]
        assert [one["id"] for one in found] == [card["id"]], code
        listed = owner.get(_CARDS, params={"query": code}).json()["items"]
        assert [one["id"] for one in listed] == [card["id"]], code
        assert "Anna" in text_of(console.get("/console/members", params={"query": code})), code


def test_an_address_finds_its_customer_however_it_is_typed(faces: Faces) -> None:
    owner = faces.owner
    body = {"program_id": faces.program.id, "customer": {"email": "info@bücher.lu"}}
    card = owner.post(_CARDS, body).json()
    for code in ("INFO@BÜCHER.LU", "info@xn--bcher-kva.lu", "\u202ainfo@bücher.lu\u202c"):
        found = owner.get(f"{_CARDS}/lookup", params={"code": code}).json()["items"]
        assert [one["id"] for one in found] == [card["id"]], code


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("José", ["Jose", "JOSÉ", "jose\u0301"]),
        ("Jose\u0301 Silva", ["jose", "josé", "silva"]),
        ("Müller", ["Muller", "müller"]),
        ("Zoë", ["zoe"]),
        ("İpek", ["ipek", "İPEK"]),
        ("Łukasz", ["lukasz"]),
        ("Nguyễn", ["nguyen"]),
    ],
)
def test_a_name_is_found_without_its_accents(faces: Faces, name: str, queries: list[str]) -> None:
    owner, console = faces.owner, faces.console
    for customer in (name, "Somebody Else"):
        body = {"program_id": faces.program.id, "customer": {"name": customer}}
        assert owner.post(_CARDS, body).status_code == 201
    for query in queries:
        listed = owner.get(_CARDS, params={"query": query}).json()["items"]
        assert [one["customer"]["name"] for one in listed] == [name], query
        shown = console.get("/console/members", params={"query": query}).text
        assert name in shown, query
        assert "Somebody Else" not in shown, query


@pytest.mark.parametrize(
    ("country", "hint"),
    [
        ("LU", "As one dials it here, or with the country code."),
        (None, "With its country code, such as +352 621 123 456."),
    ],
)
def test_the_hint_says_what_is_taken(
    visitors: Callable[..., Visitor], alice: Shop, country: str | None, hint: str
) -> None:
    program = shelf.program(alice, status="active", pin_policy="off")
    with alice.context.database.write() as session:
        session.get_one(Vendor, alice.id).country = country
    owner = visitors(alice)
    pages = (
        "/console/members/new",
        f"/join/{program.slug}",
        f"/console/programs/{program.id}/links",
    )
    for path in pages:
        assert hint in text_of(owner.get(path, headers={"Accept-Language": "en"})), path
