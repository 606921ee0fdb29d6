"""What anyone who starts the demonstration is told: addresses, logins, PINs, keys, a few cards."""

from contextlib import closing
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from punchcard.accounts import vendor_service
from punchcard.accounts.subjects import SCOPES
from punchcard.db.database import open_database
from punchcard.demo.boutique_claire import BOUTIQUE
from punchcard.demo.demo_shop import ADMIN_EMAIL, PASSWORD, DemoShop
from punchcard.demo.folder import DemoFolder
from punchcard.demo.phone import PHONE_PATH
from punchcard.demo.shops import SHOPS
from punchcard.demo.web_shop import WEB_SHOP_PATH, WebShopKeys
from punchcard.kit.ids import as_card_token
from punchcard.kit.settings import Settings
from punchcard.loyalty.cards import card_service
from punchcard.loyalty.cards.card_view import CardView
from punchcard.loyalty.cards.links import CardLinks, card_sealer
from punchcard.loyalty.vocabulary import CardStatus, ProgramType

_LOOKED_AT = 200
_WIDEST = 1000


def print_welcome(console: Console, folder: DemoFolder, settings: Settings) -> None:
    """Print everything that is needed to try the demonstration out."""
    console.print()
    console.rule("[bold]Punchcard: a demonstration[/] (invented shops, public passwords)")
    base, keys = settings.base_url, folder.keys()
    _print(console, "Addresses", ("", ""), _addresses(base))
    _print(console, f"Everybody's password is: {PASSWORD}", _PEOPLE, _people())
    _print(
        console,
        f"API keys ({', '.join(SCOPES)})",
        ("Shop", "Key"),
        [(shop.name, keys[shop.slug]) for shop in SHOPS],
    )
    cards = _cards(settings)
    _print(console, "A few customers' cards", ("Shop", "Shows", "Address"), cards)
    _print(console, _WALLETS, ("", ""), _wallets(base, cards[0][2] if cards else None))
    console.print(f"\n[bold]{_MAILS}[/]")
    if (web_shop := folder.web_shop()) is not None:
        _print(console, _WEB_SHOP, ("", ""), _orders(base, web_shop))


_WALLETS = "Wallets: stand-ins for Apple and Google; nothing leaves this machine"
_MAILS = "Mails are not sent: each stands in the lines below, with its links"
_WEB_SHOP = f"A web shop of {BOUTIQUE.name}: an order arrives by itself with each start"
_PEOPLE = ("Shop", "Who", "Role", "Signs in as", "PIN")


def _print(
    console: Console, title: str, columns: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    """Print a table whose cells are never cut: what stands in them is there to be copied."""
    table = Table(*columns, box=None, pad_edge=False, show_header=any(columns))
    for row in rows:
        table.add_row(*row)
    console.print(f"\n[bold]{title}[/]")
    Console(file=console.file, width=_WIDEST).print(table)


def _addresses(base: str) -> list[tuple[str, ...]]:
    return [
        ("Console, for a shop's people", f"{base}/console"),
        ("Terminal, for the counter (pair it in the console)", f"{base}/terminal"),
        ("Join Café Alice, as a customer", f"{base}/join/{SHOPS[0].program['slug']}"),
        ("Admin, for the operator", f"{base}/admin"),
        ("API reference", f"{base}/docs"),
        ("Alive?", f"{base}/healthz"),
        ("Ready?", f"{base}/readyz"),
        ("Figures for Prometheus", f"{base}/metrics"),
    ]


def _wallets(base: str, card: str | None) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("A pretended iPhone: its passes, and pushes as they arrive", f"{base}{PHONE_PATH}")
    ]
    if card is not None:
        links = f"{base}/api/v1/loyalty/cards/{as_card_token(card)}"
        rows += [
            ("Put the first card into that iPhone (in a browser)", f"{links}/apple.pkpass"),
            ("Put it into a wallet like Google's", f"{links}/google"),
        ]
    return rows


def _orders(base: str, web_shop: WebShopKeys) -> list[tuple[str, ...]]:
    return [
        ("Buy in it, and see points arrive", f"{base}{WEB_SHOP_PATH}"),
        ("What came of its orders", f"{base}/console/integrations/{web_shop.integration_id}"),
    ]


def _people() -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("(platform)", "Admin", "admin", ADMIN_EMAIL, "")]
    for shop in SHOPS:
        rows += [
            (
                shop.name,
                person.name,
                person.role or "till only",
                shop.email(person) if person.role else "",
                person.pin or "",
            )
            for person in shop.people
        ]
    return rows


def _cards(settings: Settings) -> list[tuple[str, ...]]:
    links = CardLinks(lambda _vendor_id: settings.base_url.rstrip("/"), card_sealer(settings))
    rows: list[tuple[str, ...]] = []
    with closing(open_database(settings)) as database, database.read() as session:
        for shop in SHOPS:
            for card in _chosen(session, shop):
                address = links.public_url(card.id, card.token_sealed, card.vendor_id)
                if address is not None:
                    rows.append((shop.name, _balance(shop, card), address))
    return rows


def _chosen(session: Session, shop: DemoShop) -> list[CardView]:
    """Return the card of the shop's most faithful guest, and a full one if there is any."""
    vendor = vendor_service.get_vendor_by_slug(session, shop.slug)
    cards = card_service.list_cards(
        session, vendor.id, now=datetime.now(UTC), limit=_LOOKED_AT, status=CardStatus.ACTIVE
    )
    if not cards:
        return []
    faithful = max(cards, key=lambda card: (card.lifetime_rewards, card.id))
    # The oldest of them, so that an order that arrives meanwhile changes nothing about it.
    ready = (card for card in reversed(cards) if card.rewards_ready and card.customer)
    full = next((card for card in ready if card is not faithful), None)
    return [faithful, full] if full is not None else [faithful]


def _balance(shop: DemoShop, card: CardView) -> str:
    said = []
    if shop.program["type"] != ProgramType.POINTS:
        said.append(f"{card.stamps} of {card.stamps_target} stamps")
    if shop.program["type"] != ProgramType.STAMPS:
        said.append(f"{card.points} points")
    return ", ".join(said)
