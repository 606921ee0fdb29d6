"""A platform where two shops are in full swing, made once; tests take copies of its database.

Both shops have one of everything. `Stock` holds the ids of one shop's things under the names that
the paths of the API use for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from punchcard.accounts.plans import plan_service
from punchcard.accounts.vocabulary import Role
from punchcard.context import Context
from punchcard.kit.ids import ProgramId
from punchcard.main import create_app
from punchcard.wallets.google.hero_pictures import picture_name
from tests.support import cast
from tests.support.cast import PASSWORD, Shop
from tests.support.http import Api, InProcess

LOYALTY = "/vendor/loyalty"
STAFF_PIN = "4711"
OTHER_PIN = "8205"

Stock = Mapping[str, str]
Tokens = Mapping[str, str]

SCOPES = ("loyalty:read", "loyalty:operate", "loyalty:manage")


@dataclass(frozen=True)
class World:
    """What there is: who may call with which token, and what each shop has."""

    admin: str
    alice: Tokens
    bob: Tokens
    alices: Stock
    bobs: Stock

    def callers(self) -> dict[str, str | None]:
        """Return everybody who calls Café Alice, with what they show."""
        return {
            "nobody": None,
            "card token": self.alices["token"],
            "admin": self.admin,
            "bob's owner": self.bob["owner"],
            **{name: self.alice[name] for name in ("owner", "manager", "staff", "device", *SCOPES)},
        }


def populate(context: Context) -> World:
    """Open both shops in an empty database, through the API."""
    admin = cast.make_admin(context)
    with InProcess(create_app(context)) as api:
        alice, alices = _open(context, api, cast.open_cafe_alice(context))
        bob, bobs = _open(context, api, cast.open_boulangerie_bob(context))
    return World(admin=admin, alice=alice, bob=bob, alices=alices, bobs=bobs)


def _open(context: Context, api: Api, shop: Shop) -> tuple[Tokens, Stock]:
    users = {role: shop.hire(Role(role)) for role in ("manager", "staff")}
    tokens = {role: shop.token(role) for role in ("owner", "manager", "staff")}
    tokens |= {scope: shop.api_key(scope) for scope in SCOPES}
    tokens |= {"device": shop.device(), "all scopes": shop.api_key(*SCOPES)}
    shop_floor = _Floor(api.with_token(tokens["owner"]), shop.slug)
    stock = {
        "vendor_id": shop.id,
        "owner_email": shop.email("owner"),
        "staff_email": shop.email("staff"),
        "user_id": users["staff"],
        # Nobody here has any.
        "passkey_id": "019cac1e-7b00-7000-8000-00000000000a",
        **shop_floor.places(),
        **(programs := shop_floor.programs()),
        **shop_floor.integration(programs["points_program_id"]),
        **shop_floor.staff(),
    }
    stock["picture"] = picture_name(
        context.wallets.google.picture_keys[0], ProgramId(stock["program_id"]), 3
    )
    stock |= shop_floor.cards(stock)
    stock["plan_id"] = _plan(context, shop)
    # On pages a key stands at the same name as any other.
    return tokens, stock | {"key_id": stock["receipt_key_id"]}


def _plan(context: Context, shop: Shop) -> str:
    """Make a plan that no vendor has."""
    with context.database.write() as session:
        fields = {"name": f"For {shop.slug}", "cards": 50_000}
        return plan_service.create_plan(session, cast.by_operator(context), fields).id


@dataclass(frozen=True)
class _Floor:
    """What the owner puts into a shop."""

    owner: Api
    slug: str

    def places(self) -> dict[str, str]:
        """Open a second location, pair a second device, make a key."""
        first = self.owner.get("/vendor/locations").json()["items"][0]["id"]
        second = self._post("/vendor/locations", {"name": "The kiosk"})["id"]
        pair = {"location_id": first}
        code = self._post("/vendor/devices/pairing-codes", pair)["code"]
        paired = self._post("/devices/pair", {"code": code, "name": "Till 2"})
        key = {"name": "Old software", "scopes": ["loyalty:read"]}
        return {
            "location_id": second,
            "first_location_id": first,
            "device_id": paired["device"]["id"],
            "pairing_code": self._post("/vendor/devices/pairing-codes", pair)["code"],
            "api_key_id": self._post("/vendor/api-keys", key)["id"],
            "archive_id": self._post("/vendor/loyalty/exports/archive", {}, status=202)["id"],
            "import_id": self._post(f"{LOYALTY}/imports/history", {"name": "Paper cards"})["id"],
            **self._webhooks(),
        }

    def _webhooks(self) -> dict[str, str]:
        """Have everything told to software of the shop's, which has not heard of a test yet."""
        made = self._post("/vendor/webhook-endpoints", {"url": f"https://{self.slug}.example/"})
        test = self._post(f"/vendor/webhook-endpoints/{made['id']}/test", {})
        return {"endpoint_id": made["id"], "delivery_id": test["id"]}

    def integration(self, program_id: str) -> dict[str, str]:
        """Connect a till, which has told of an order that no worker has seen yet."""
        path = "/vendor/integrations"
        made = self._post(path, {"program_id": program_id, "kind": "generic"})
        hook = made["url"].partition("/api/v1")[2]
        assert self.owner.post(hook, {"id": 1}).status_code == 200
        [event] = self.owner.get(f"{path}/{made['id']}/events").json()["items"]
        return {
            "integration_id": made["id"],
            "event_id": event["id"],
            "kind": "generic",
            "secret": hook.rpartition("/")[2],
        }

    def programs(self) -> dict[str, str]:
        """Make a stamp card, a points program with a reward, and a draft without cards."""
        coffee = self._program("coffee", type="stamps")
        points = self._program("points", type="points")
        strict = self._program("strict", type="stamps", pin_policy="required", pin_max_attempts=3)
        empty = self._program("empty", type="stamps", status="draft")
        cake = {"name": "A cake", "points_required": 100}
        reward = self._post(f"{LOYALTY}/programs/{points['id']}/rewards", cake)
        double = {"name": "Double points", "effect": {"kind": "multiply", "factor": "2.000"}}
        promotion = self._post(f"{LOYALTY}/programs/{points['id']}/promotions", double)
        regular = {"trigger": "nth_visit", "when": {"visits": 10}, "action": "points", "points": 5}
        automation = self._post(f"{LOYALTY}/programs/{points['id']}/automations", regular)
        return {
            "program_id": coffee["id"],
            "slug": coffee["slug"],
            "points_program_id": points["id"],
            "strict_program_id": strict["id"],
            "empty_program_id": empty["id"],
            "reward_id": reward["id"],
            "promotion_id": promotion["id"],
            "automation_id": automation["id"],
            "card_import_id": self._import(coffee["id"]),
        }

    def staff(self) -> dict[str, str]:
        """Give two people PINs, and one of them a staff token."""
        anna = {"name": "Anna", "staff_id": f"anna-{self.slug}", "pin": STAFF_PIN}
        ben = {"name": "Ben", "pin": OTHER_PIN}
        pin = self._post(f"{LOYALTY}/pins", anna)
        token = self._post(f"{LOYALTY}/pins/verify", {"pin": STAFF_PIN}, status=200)
        return {
            "pin_id": pin["id"],
            "staff_id": anna["staff_id"],
            "other_pin_id": self._post(f"{LOYALTY}/pins", ben)["id"],
            "staff_token": token["staff_token"],
        }

    def cards(self, stock: Stock) -> dict[str, str]:
        """Open cards with something on them."""
        customer = {"name": "Chloé", "email": f"chloe@{self.slug}.example", "locale": "fr"}
        card = self._card(ProgramId(stock["program_id"]), customer)
        points_card = self._card(ProgramId(stock["points_program_id"]), customer)
        stamp = {"card": card["id"], "quantity": 12}
        full = self._post(f"{LOYALTY}/stamp", stamp)["transaction"]
        earn = {"card": points_card["id"], "amount_minor": 50_000, "reference": "bill 1"}
        earned = self._post(f"{LOYALTY}/points/earn", earn)["transaction"]
        give = {"card": points_card["id"], "reward_id": stock["reward_id"], "reason": "apology"}
        set_aside = {"card": points_card["id"], "points": 1}
        receipt = {"program_id": stock["points_program_id"], "amount_minor": 1250}
        printed = {"program_id": stock["program_id"], "stamps": 1, "reference": "receipt 2"}
        key = {"name": "Till 1", "program_id": stock["points_program_id"]}
        return {
            "receipt_key_id": self._post(f"{LOYALTY}/receipt-keys", key)["id"],
            "claim_id": self._post(f"{LOYALTY}/claims", {**receipt, "reference": "receipt 1"})[
                "id"
            ],
            "claim_code": self._post(f"{LOYALTY}/claims", printed)["code"],
            "grant_id": self._post(f"{LOYALTY}/grants", give)["id"],
            "reservation_id": self._post(f"{LOYALTY}/reservations", set_aside)["id"],
            "card_id": card["id"],
            "found_card_id": self._card(ProgramId(stock["program_id"]), None)["id"],
            "number": card["number"],
            "public_url": card["public_url"],
            "token": card["public_url"].rsplit("/", 1)[-1],
            "customer_email": customer["email"],
            "points_card_id": points_card["id"],
            "strict_card_id": self._card(ProgramId(stock["strict_program_id"]), None)["id"],
            "transaction_id": full["id"],
            "points_transaction_id": earned["id"],
        }

    def _import(self, program_id: str) -> str:
        """Bring a file along and try it."""
        file = b"email,stamps\nmia@home.example,3\n"
        path = f"{LOYALTY}/imports"
        answer = self.owner.call("POST", path, params={"program_id": program_id}, content=file)
        assert answer.status_code == 201, answer.text
        import_id: str = answer.json()["id"]
        said = {"balance": "set"}
        self._post(f"{path}/{import_id}/preview", said, status=200)
        return import_id

    def _program(self, name: str, **fields: Any) -> dict[str, Any]:
        given = {
            "name": f"The {name} of {self.slug}",
            "slug": f"{name}-{self.slug}",
            "status": "active",
            "pin_policy": "off",
            "cooldown_minutes": 0,
            "max_daily_stamps": 50,
            "stamp_reward": {"name": "A coffee"},
            **fields,
        }
        return self._post(f"{LOYALTY}/programs", given)

    def _card(self, program_id: ProgramId, customer: Any) -> dict[str, Any]:
        return self._post(f"{LOYALTY}/cards", {"program_id": program_id, "customer": customer})

    def _post(self, path: str, body: Any, *, status: int = 201) -> dict[str, Any]:
        answer = self.owner.post(path, body)
        assert answer.status_code == status, answer.text
        made: dict[str, Any] = answer.json()
        return made


def credentials(stock: Stock) -> dict[str, str]:
    """Return what the shop's staff sign in with."""
    return {"email": stock["staff_email"], "password": PASSWORD}
