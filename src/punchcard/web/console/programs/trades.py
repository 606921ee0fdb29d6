"""What a card may look like in a trade: colours, a symbol and a first reward, all to be changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from punchcard.kit.folding import fold_name
from punchcard.kit.i18n import LANGUAGES, N_, translate
from punchcard.wallets.symbols.stamp_symbols import StampSymbol


@dataclass(frozen=True, slots=True)
class TradeLook:
    """A beginning for one trade; `label` and `reward` are sentences of the catalogues."""

    label: str
    symbol: StampSymbol
    background: str
    ink: str
    accent: str
    reward: str

    @property
    def branding(self) -> dict[str, str]:
        """Return how its cards look."""
        return {
            "background_color": self.background,
            "text_color": self.ink,
            "accent_color": self.accent,
            "stamp_symbol": self.symbol,
        }


TRADES: Final[Mapping[str, TradeLook]] = {
    "cafe": TradeLook(
        N_("Café"), "coffee", "#3b2a20", "#fff8ee", "#e0a458", N_("A hot drink of your choice")
    ),
    "bakery": TradeLook(
        N_("Bakery"), "croissant", "#f7ecd7", "#4a3418", "#a8651f", N_("A loaf of bread")
    ),
    "pastry": TradeLook(
        N_("Pastry shop"), "cake", "#f6e3e6", "#4c1f2e", "#b03a5b", N_("A piece of cake")
    ),
    "ice_cream": TradeLook(
        N_("Ice cream parlour"),
        "ice_cream",
        "#e3f3f4",
        "#133c46",
        "#c2417a",
        N_("A scoop of ice cream"),
    ),
    "restaurant": TradeLook(
        N_("Restaurant"), "cutlery", "#22352b", "#f7f4ea", "#d9b45b", N_("A dessert")
    ),
    "pizzeria": TradeLook(N_("Pizzeria"), "pizza", "#8c1c13", "#fff6e6", "#ffc857", N_("A pizza")),
    "bar": TradeLook(N_("Bar"), "wine", "#2b1630", "#f6edf7", "#e58fb1", N_("A drink")),
    "hairdresser": TradeLook(
        N_("Hairdresser"), "scissors", "#26262b", "#f5f2ee", "#d9b08c", N_("A haircut")
    ),
    "beauty": TradeLook(
        N_("Beauty salon"), "sparkles", "#efe4ee", "#43243f", "#8f4a87", N_("A treatment")
    ),
    "flowers": TradeLook(
        N_("Flower shop"), "flower", "#1d5136", "#f4f9f2", "#f2a7b5", N_("A bunch of flowers")
    ),
    "bookshop": TradeLook(
        N_("Bookshop"), "book", "#1f3558", "#f4f1e8", "#e9c46a", N_("A paperback")
    ),
    "fashion": TradeLook(
        N_("Fashion"), "shirt", "#ecebe7", "#26241f", "#7a5a3a", N_("A pair of socks")
    ),
    "pets": TradeLook(
        N_("Pet shop"), "paw", "#2d4a53", "#f3f7f6", "#f4a259", N_("A bag of treats")
    ),
    "gym": TradeLook(
        N_("Fitness"), "dumbbell", "#16181d", "#f2f4f5", "#9be564", N_("A training day")
    ),
    "bicycles": TradeLook(
        N_("Bicycle shop"),
        "bicycle",
        "#14425a",
        "#f1f6f9",
        "#ffb347",
        N_("A bicycle check"),
    ),
    "car_wash": TradeLook(N_("Car wash"), "car", "#0f4c81", "#f2f8fc", "#7fd1f0", N_("A car wash")),
}


_ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "cafe": ("coffee", "kaffee"),
    "bakery": ("bäckerei", "bäcker", "boulanger", "baker"),
    "pastry": ("konditorei", "pâtisserie", "confiserie"),
    "ice_cream": ("eisdiele", "eiscafé", "gelateria", "glacier", "ice cream"),
    "restaurant": ("brasserie", "bistro", "gasthaus"),
    "pizzeria": ("pizza",),
    "hairdresser": ("friseur", "coiffeur", "coiffure", "barber", "haarstudio"),
    "beauty": ("kosmetik", "beauté", "beauty", "institut"),
    "flowers": ("blumen", "fleur", "florist", "flower"),
    "bookshop": ("buchhandlung", "librairie", "bücher", "books"),
    "fashion": ("mode", "boutique"),
    "gym": ("fitness", "gym"),
    "bicycles": ("fahrrad", "vélo", "bike"),
    "car_wash": ("lavage auto", "autowäsche", "waschstraße"),
}
"""What shops of a trade call themselves beside its label, in the languages of the catalogues."""


def trade_of(shop_name: str) -> str | None:
    """Return the trade that a shop's name tells, in whichever language; None if it tells none.

    Of several the one with the longest word: an ice cream café is no café.
    """
    name = f" {fold_name(shop_name)} "
    found = [
        (len(word), trade)
        for trade, look in TRADES.items()
        for spelt in (
            *(translate(look.label, language) for language in LANGUAGES),
            *_ALSO_CALLED.get(trade, ()),
        )
        if (word := fold_name(spelt))
        # Short words begin a word of the name: "bar" is in "Barbara" and "Lebar" by chance.
        and (f" {word} " in name if len(word) < 5 else word in name)
    ]
    return max(found)[1] if found else None


def suggested_reward(branding: Mapping[str, Any]) -> str | None:
    """Return the first reward, a sentence, of the trade whose look a program began with."""
    for trade in TRADES.values():
        if trade.symbol == branding.get("stamp_symbol"):
            return trade.reward
    return None
