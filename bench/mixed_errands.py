"""What people, tills, software and customers of three shops ask a server for, all at once."""

import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from html import unescape
from itertools import cycle, islice
from typing import Any, Final

import httpx

from bench.client import UnexpectedAnswer
from punchcard.accounts.vocabulary import Role
from punchcard.demo.demo_shop import ADMIN_EMAIL, PASSWORD, DemoShop
from punchcard.demo.shops import SHOPS
from punchcard.kit.i18n import LANGUAGES

Errand = Callable[[], None]

_PAGES: Final = 150
_OF_A_SHAPE: Final = 2
_CARDS: Final = 100
_ALONE: Final = 300
_LISTS: Final = 40
_LIST_SIZE: Final = 50
_REPORTS: Final = 40
_TIMEOUT_SECONDS: Final = 120.0

_PASSWORD: Final = {"password": PASSWORD}
_CSRF: Final = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_LINK: Final = re.compile(r'href="([^"#]+)"')
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


def sign_in(port: int) -> list[httpx.Cookies]:
    """Return what the browsers keep of the three owners and of the operator, signed in."""
    emails = [*(owner_of(shop) for shop in SHOPS), ADMIN_EMAIL]
    return [_signed_in(f"http://127.0.0.1:{port}", email) for email in emails]


def errands(
    port: int, keys: list[str], signed_in: Sequence[httpx.Cookies], turn: str
) -> list[Errand]:
    """Return what is to be asked for at once; `turn` names it, so that nothing is a repetition.

    Each is for a thread of its own.
    """
    address = f"http://127.0.0.1:{port}"
    first, *others, operator = signed_in
    return [
        *(_Walk(address, first, language, "/console") for language in LANGUAGES),
        *(
            _Walk(address, owner, language, "/console")
            for owner, language in zip(others, LANGUAGES, strict=False)
        ),
        _Walk(address, operator, LANGUAGES[0], "/admin"),
        *(_Till(address, key, shop, turn) for key, shop in zip(keys, SHOPS, strict=True)),
        *(_Software(address, key) for key in keys),
        *(_Customers(address, key) for key in keys),
    ]


def owner_of(shop: DemoShop) -> str:
    """Return the address that a shop's owner signs in with."""
    return shop.email(next(person for person in shop.people if person.role == Role.OWNER))


def _signed_in(address: str, email: str) -> httpx.Cookies:
    with httpx.Client(base_url=address, timeout=_TIMEOUT_SECONDS) as browser:
        csrf = _CSRF.search(browser.get("/sign-in").text)
        assert csrf is not None
        answer = browser.post("/sign-in", data={"csrf": csrf[1], "email": email, **_PASSWORD})
        if answer.status_code != 303:
            raise UnexpectedAnswer(f"signing in answered {answer.status_code}")
        return browser.cookies


class _Walk:
    """Someone opens what is linked: two of each kind of page, and every list."""

    def __init__(self, address: str, cookies: httpx.Cookies, language: str, home: str) -> None:
        self._address = address
        self._cookies = cookies
        self._language = language
        self._home = home

    def __call__(self) -> None:
        with httpx.Client(
            base_url=self._address, timeout=_TIMEOUT_SECONDS, cookies=self._cookies
        ) as browser:
            ahead, seen = deque([self._home]), {self._home}
            shapes: Counter[str] = Counter()
            for _ in range(_PAGES):
                if not ahead:
                    return
                page = _good(browser.get(_in_language(ahead.popleft(), self._language)))
                if not page.headers["content-type"].startswith("text/html"):
                    continue
                for link in self._links(page.text):
                    shape = _ID.sub("{}", link).partition("?")[0]
                    if link not in seen and shapes[shape] < _OF_A_SHAPE:
                        shapes[shape] += 1
                        seen.add(link)
                        ahead.append(link)

    def _links(self, page: str) -> list[str]:
        found = (unescape(link) for link in _LINK.findall(page))
        return [link for link in found if link.startswith(self._home)]


class _Till:
    """A till of a shop: stamps or purchases one by one, then in lists."""

    def __init__(self, address: str, key: str, shop: DemoShop, turn: str) -> None:
        self._address = address
        self._api_key = key
        self._pin = next(person.pin for person in shop.people if person.pin)
        self._path, self._what = (
            ("/stamp", {})
            if shop.program["type"] == "stamps"
            else ("/points/earn", {"amount_minor": 1250})
        )
        self._turn = turn
        self._count = 0

    def __call__(self) -> None:
        with _api(self._address, self._api_key) as api:
            verified = _good(api.post("/pins/verify", json={"pin": self._pin})).json()
            operations = (
                {"card": card["number"], "staff_token": verified["staff_token"], **self._what}
                for card in cycle(_cards(api))
            )
            for one in islice(operations, _ALONE):
                answer = api.post(self._path, json=one, headers={"Idempotency-Key": self._key()})
                # A stamp that comes too soon is refused, and has been worked on all the same.
                if answer.status_code not in (201, 409, 422):
                    _good(answer)
            op = "earn" if self._what else "stamp"
            for _ in range(_LISTS):
                listed = [
                    {"op": op, "idempotency_key": self._key(), **one}
                    for one in islice(operations, _LIST_SIZE)
                ]
                _good(api.post("/operations", json={"operations": listed}))

    def _key(self) -> str:
        self._count += 1
        return f"{self._turn}-{self._count:06d}"


class _Software:
    """A shop's own software: figures, reports, lists of cards and look-ups."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._api_key = key

    def __call__(self) -> None:
        with _api(self._address, self._api_key) as api:
            programs = [one["id"] for one in _good(api.get("/programs")).json()["items"]]
            for card in islice(cycle(_cards(api)), _REPORTS):
                for path in ("/dashboard", "/staff-report", "/cards", "/transactions"):
                    _good(api.get(path))
                for program in programs:
                    _good(api.get(f"/programs/{program}/stats"))
                    _good(api.get(f"/programs/{program}/liability"))
                _good(api.get("/cards/lookup", params={"code": card["number"]}))


class _Customers:
    """Customers of a shop: each looks at card, history and data, in one language after another."""

    def __init__(self, address: str, key: str) -> None:
        self._address = address
        self._api_key = key

    def __call__(self) -> None:
        with _api(self._address, self._api_key) as api:
            cards = _cards(api)
        with httpx.Client(base_url=self._address, timeout=_TIMEOUT_SECONDS) as browser:
            for card, language in zip(cards, cycle(LANGUAGES), strict=False):
                path = httpx.URL(card["public_url"]).path
                for below in ("", "/history", "/data", "/proof", "/card.webmanifest", "/icon.png"):
                    _good(browser.get(_in_language(path + below, language)))


def _api(address: str, key: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{address}/api/v1/vendor/loyalty",
        headers={"Authorization": f"Bearer {key}"},
        timeout=_TIMEOUT_SECONDS,
    )


def _cards(api: httpx.Client) -> list[dict[str, Any]]:
    found = _good(api.get("/cards", params={"limit": _CARDS})).json()["items"]
    return [card for card in found if card["status"] == "active"]


def _in_language(path: str, language: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={language}"


def _good(answer: httpx.Response) -> httpx.Response:
    if answer.status_code != 200:
        raise UnexpectedAnswer(f"{answer.request.url} answered {answer.status_code}")
    return answer
