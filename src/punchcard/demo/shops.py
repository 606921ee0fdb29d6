"""The three shops of the demonstration: who works there, what they sell, what they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from punchcard.accounts.vocabulary import Role
from punchcard.demo.people import plain

PASSWORD: Final = "coffee and cake"  # noqa: S105 shown to anyone who starts the demonstration
ADMIN_EMAIL: Final = "admin@punchcard.example"


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone who signs in, or has a PIN, or both."""

    name: str
    role: Role | None = None
    pin: str | None = None
    location: int | None = None
    language: str | None = None


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A reward; its dates count from the day the history ends, in days."""

    fields: Mapping[str, Any]
    starts: int | None = None
    ends: int | None = None


@dataclass(frozen=True, kw_only=True)
class Trade:
    """How busy a shop is.

    `guests` join within `days`; `hours` weighs each hour of the day; `weekdays` each day, Monday
    first, 0 when closed. `basket_minor` is the least, the usual and the highest purchase.
    """

    guests: int
    hours: Mapping[int, float]
    weekdays: tuple[float, ...]
    visits_a_week: tuple[float, float]
    regulars: float
    anonymous: float
    quantities: tuple[float, ...] = ()
    basket_minor: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, kw_only=True)
class DemoShop:
    """One vendor with its program, of which the history is."""

    slug: str
    name: str
    language: str
    locations: tuple[tuple[str, str, str], ...]
    """Each one's name, its address, and what its terminal is called."""
    people: tuple[Person, ...]
    program: Mapping[str, Any]
    offers: tuple[Offer, ...]
    trade: Trade
    others: tuple[tuple[Mapping[str, Any], tuple[Offer, ...]], ...] = ()
    """Programs without a history, each with its rewards."""

    def email(self, person: Person) -> str:
        """Return the address that a person signs in with."""
        return f"{plain(person.name.split()[0])}@{self.slug}.example"


CAFE: Final = DemoShop(
    slug="cafe-alice",
    name="Café Alice",
    language="fr",
    locations=(
        ("Café Alice Ville-Haute", "12, rue du Curé, Luxembourg", "Comptoir Ville-Haute"),
        ("Café Alice Gare", "3, avenue de la Liberté, Luxembourg", "Comptoir Gare"),
    ),
    people=(
        Person(name="Alice Wagner", role=Role.OWNER, pin="4071"),
        Person(name="Hugo Santos", role=Role.MANAGER, pin="7305", location=1, language="en"),
        Person(name="Léa Muller", role=Role.STAFF, pin="2968", location=0),
        Person(name="Tiago Ferreira", pin="8143", location=1),
    ),
    program={
        "name": "Carte café",
        "slug": "cafe-alice",
        "card_name": "La carte d'Alice",
        "type": "stamps",
        "status": "active",
        "stamps_target": 10,
        "max_daily_stamps": 12,
        "cooldown_minutes": 15,
        "stamp_reward": {
            "name": "Une boisson chaude au choix",
            "description": "Du ristretto au grand chocolat, sur place ou à emporter.",
            "value_minor": 450,
        },
        "terms_text": "Un tampon par boisson chaude. La carte n'est ni échangeable ni payable.",
        "branding": {
            "background_color": "#3b2a20",
            "text_color": "#fff8ee",
            "accent_color": "#e0a458",
            "stamp_symbol": "coffee",
        },
        "texts": {
            "en": {
                "name": "Coffee card",
                "card_name": "Alice's card",
                "reward_name": "A hot drink of your choice",
                "reward_description": "From ristretto to large chocolate, to stay or to go.",
                "terms_text": "One stamp a hot drink. The card is neither exchanged nor paid out.",
            },
            "de": {
                "name": "Kaffeekarte",
                "card_name": "Alices Karte",
                "reward_name": "Ein Heißgetränk nach Wahl",
                "reward_description": "Vom Ristretto bis zur großen Schokolade.",
                "terms_text": "Ein Stempel je Heißgetränk. Keine Barauszahlung.",
            },
            "lb": {
                "name": "Kaffiskaart",
                "card_name": "Dem Alice seng Kaart",
                "reward_name": "E waarmt Gedrénks no Wiel",
                "reward_description": "Vum Ristretto bis bei de grousse Schockela.",
                "terms_text": "Ee Stempel pro waarmt Gedrénks. Keng Auszuelung.",
            },
        },
    },
    offers=(),
    trade=Trade(
        guests=220,
        hours={7: 5, 8: 9, 9: 6, 10: 4, 11: 3, 12: 5, 13: 7, 14: 4, 15: 4, 16: 4, 17: 3, 18: 1},
        weekdays=(1.0, 1.05, 1.05, 1.1, 1.15, 0.8, 0.0),
        visits_a_week=(0.15, 4.5),
        regulars=0.25,
        anonymous=0.35,
        quantities=(0.8, 0.16, 0.04),
    ),
)

BOUTIQUE: Final = DemoShop(
    slug="boutique-claire",
    name="Boutique Claire",
    language="fr",
    locations=(("Boutique Claire", "27, Grand-Rue, Luxembourg", "Caisse"),),
    people=(
        Person(name="Claire Schmit", role=Role.OWNER, pin="5296"),
        Person(name="Nora Kieffer", role=Role.MANAGER, pin="3714", language="de"),
        Person(name="Inès Pereira", role=Role.STAFF, pin="9052"),
    ),
    program={
        "name": "Club Claire",
        "slug": "club-claire",
        "card_name": "Club Claire",
        "type": "points",
        "status": "active",
        "points_per_currency_unit": 2,
        "minimum_purchase_minor": 500,
        "minimum_redemption_points": 100,
        "welcome_points": 50,
        "void_policy": "clamp",
        "terms_text": "Deux points par euro dès 5 €. Les points ne sont pas payables en espèces.",
        "branding": {
            "background_color": "#f3e9ec",
            "text_color": "#3c1f2b",
            "accent_color": "#a63d5f",
        },
        "texts": {
            "en": {
                "name": "Club Claire",
                "terms_text": "Two points a euro from €5. Points are not paid out.",
            },
            "de": {
                "name": "Club Claire",
                "terms_text": "Zwei Punkte je Euro ab 5 €. Keine Barauszahlung.",
            },
            "lb": {
                "name": "Club Claire",
                "terms_text": "Zwee Punkten den Euro vu 5 € un. Keng Auszuelung.",
            },
        },
    },
    offers=(
        Offer(
            fields={
                "name": "Bon de 5 €",
                "points_required": 150,
                "value_minor": 500,
                "texts": {
                    "en": {"name": "€5 voucher"},
                    "de": {"name": "Gutschein über 5 €"},
                    "lb": {"name": "Bong vu 5 €"},
                },
            },
        ),
        Offer(
            fields={
                "name": "Foulard en soie",
                "description": "Imprimé à Lyon, trois couleurs.",
                "points_required": 600,
                "value_minor": 3900,
                "stock_left": 40,
                "texts": {
                    "en": {"name": "Silk scarf", "description": "Printed in Lyon, three colours."},
                    "de": {"name": "Seidentuch", "description": "In Lyon bedruckt, drei Farben."},
                    "lb": {"name": "Seidentuch", "description": "Zu Lyon gedréckt, dräi Faarwen."},
                },
            },
        ),
        Offer(
            fields={
                "name": "Retouche offerte",
                "points_required": 200,
                "value_minor": 1500,
                "per_card_limit": 1,
                "texts": {
                    "en": {"name": "A free alteration"},
                    "de": {"name": "Eine Änderung gratis"},
                    "lb": {"name": "Eng Ännerung gratis"},
                },
            },
        ),
        Offer(
            fields={
                "name": "Soirée privée",
                "description": "La nouvelle collection, un soir avant tout le monde.",
                "points_required": 300,
                "stock_left": 30,
                "per_card_limit": 1,
                "texts": {
                    "en": {
                        "name": "Private evening",
                        "description": "The new collection, an evening before everybody else.",
                    },
                    "de": {
                        "name": "Privater Abend",
                        "description": "Die neue Kollektion, einen Abend vor allen anderen.",
                    },
                    "lb": {
                        "name": "Privaten Owend",
                        "description": "Déi nei Kollektioun, en Owend virun allen aneren.",
                    },
                },
            },
            starts=-45,
            ends=21,
        ),
    ),
    trade=Trade(
        guests=150,
        hours={10: 4, 11: 6, 12: 6, 13: 4, 14: 5, 15: 6, 16: 7, 17: 8, 18: 3},
        weekdays=(0.0, 0.8, 0.9, 0.9, 1.2, 2.1, 0.0),
        visits_a_week=(0.2, 1.3),
        regulars=0.3,
        anonymous=0.1,
        basket_minor=(600, 4900, 28000),
    ),
    others=(
        (
            {
                "name": "Cercle Déco",
                "slug": "cercle-deco",
                "card_name": "Cercle Déco",
                "type": "points",
                "status": "active",
                "points_per_currency_unit": 1,
                "points_per_amount_minor": 1000,
                "terms_text": "Un point tous les 10 €. Les points ne sont pas payables en espèces.",
                "branding": {
                    "background_color": "#e8efe9",
                    "text_color": "#1f3a2d",
                    "accent_color": "#3f7a5a",
                },
                "texts": {
                    "en": {
                        "name": "Interior circle",
                        "card_name": "Interior circle",
                        "terms_text": "One point for every €10. Points are not paid out.",
                    },
                    "de": {
                        "name": "Wohnzirkel",
                        "card_name": "Wohnzirkel",
                        "terms_text": "Ein Punkt je 10 €. Keine Barauszahlung.",
                    },
                    "lb": {
                        "name": "Wunnkrees",
                        "card_name": "Wunnkrees",
                        "terms_text": "Ee Punkt pro 10 €. Keng Auszuelung.",
                    },
                },
            },
            (
                Offer(
                    fields={
                        "name": "Un coussin brodé",
                        "points_required": 40,
                        "value_minor": 3500,
                        "texts": {
                            "en": {"name": "An embroidered cushion"},
                            "de": {"name": "Ein besticktes Kissen"},
                            "lb": {"name": "E gestéckte Këssen"},
                        },
                    },
                ),
            ),
        ),
    ),
)

BAKERY: Final = DemoShop(
    slug="boulangerie-bob",
    name="Boulangerie Bob",
    language="lb",
    locations=(("Boulangerie Bob", "5, rue de l'Alzette, Esch-sur-Alzette", "Keess"),),
    people=(
        Person(name="Bob Weber", role=Role.OWNER, pin="6180", language="lb"),
        Person(name="Sophie Klein", role=Role.MANAGER, pin="3527", language="fr"),
        Person(name="Max Becker", role=Role.STAFF, pin="7492", language="de"),
        Person(name="Marta Gomes", pin="5863"),
    ),
    program={
        "name": "Beim Bob",
        "slug": "beim-bob",
        "card_name": "Dem Bob seng Kaart",
        "type": "hybrid",
        "status": "active",
        "stamps_target": 8,
        "max_daily_stamps": 4,
        "cooldown_minutes": 30,
        "stamp_reward": {
            "name": "E Brout gratis",
            "description": "Egal wéi eent aus dem Regal.",
            "value_minor": 480,
        },
        "points_per_currency_unit": 1,
        "minimum_redemption_points": 20,
        "welcome_stamps": 1,
        "welcome_points": 10,
        "branding": {
            "background_color": "#f7ecd7",
            "text_color": "#4a3418",
            "accent_color": "#b5762a",
            "stamp_symbol": "croissant",
        },
        "texts": {
            "en": {
                "name": "At Bob's",
                "card_name": "Bob's card",
                "reward_name": "A loaf for free",
                "reward_description": "Whichever you like from the shelf.",
            },
            "fr": {
                "name": "Chez Bob",
                "card_name": "La carte de Bob",
                "reward_name": "Un pain offert",
                "reward_description": "Au choix dans le rayon.",
            },
            "de": {
                "name": "Bei Bob",
                "card_name": "Bobs Karte",
                "reward_name": "Ein Brot gratis",
                "reward_description": "Ganz gleich welches aus dem Regal.",
            },
        },
    },
    offers=(
        Offer(
            fields={
                "name": "Croissant",
                "points_required": 20,
                "value_minor": 160,
                "texts": {"fr": {"name": "Croissant"}, "de": {"name": "Croissant"}},
            },
        ),
        Offer(
            fields={
                "name": "Quetschentaart",
                "points_required": 120,
                "value_minor": 1450,
                "stock_left": 150,
                "texts": {
                    "en": {"name": "Plum tart"},
                    "fr": {"name": "Tarte aux quetsches"},
                    "de": {"name": "Zwetschgenkuchen"},
                },
            },
            starts=-60,
            ends=30,
        ),
        Offer(
            fields={
                "name": "Stofftut",
                "description": "Fir d'Brout, aus Bio-Kotteng.",
                "points_required": 90,
                "value_minor": 700,
                "stock_left": 60,
                "per_card_limit": 1,
                "texts": {
                    "en": {"name": "Cloth bag", "description": "For bread, organic cotton."},
                    "fr": {"name": "Sac à pain", "description": "En coton biologique."},
                    "de": {"name": "Brotbeutel", "description": "Aus Bio-Baumwolle."},
                },
            },
        ),
    ),
    trade=Trade(
        guests=150,
        hours={6: 5, 7: 9, 8: 8, 9: 5, 10: 4, 11: 4, 12: 6, 15: 2, 16: 4, 17: 6, 18: 3},
        weekdays=(0.0, 0.9, 0.9, 0.9, 1.0, 1.5, 1.3),
        visits_a_week=(0.2, 3.0),
        regulars=0.25,
        anonymous=0.3,
        quantities=(0.85, 0.15),
        basket_minor=(180, 720, 4200),
    ),
)

SHOPS: Final = (CAFE, BOUTIQUE, BAKERY)
