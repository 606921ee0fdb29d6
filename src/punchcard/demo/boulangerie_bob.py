"""Boulangerie Bob, a bakery in Esch-sur-Alzette: stamps and points on one card."""

from typing import Final

from punchcard.accounts.vocabulary import Role
from punchcard.demo.demo_shop import DemoShop, Offer, Person, Trade

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
                "name": "E Kaffi gratis",
                "points_required": None,
                "value_minor": 290,
                "texts": {
                    "en": {"name": "A free coffee"},
                    "fr": {"name": "Un café offert"},
                    "de": {"name": "Ein Kaffee gratis"},
                },
            },
        ),
        Offer(
            fields={
                "name": "E Frühstück fir zwee",
                "description": "Broutkuerf, Gebeess, zwee Kaffien.",
                "points_required": None,
                "value_minor": 1800,
                "texts": {
                    "en": {
                        "name": "Breakfast for two",
                        "description": "A basket of bread, jam, two coffees.",
                    },
                    "fr": {
                        "name": "Un petit-déjeuner pour deux",
                        "description": "Corbeille de pains, confiture, deux cafés.",
                    },
                    "de": {
                        "name": "Ein Frühstück für zwei",
                        "description": "Brotkorb, Marmelade, zwei Kaffees.",
                    },
                },
            },
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
    promotions=(
        Offer(
            fields={
                "name": "Happy Hour",
                "effect": {"kind": "multiply", "factor": "2.000"},
                "windows": [{"weekdays": [2], "from": "16:00", "to": "18:00"}],
                "budget": {"points": 5000},
            },
        ),
        Offer(
            fields={
                "name": "Eng roueg Woch",
                "effect": {"kind": "add_points", "points": 5},
                "minimum_purchase_minor": 1000,
                "limit": {"times": 1, "per": "day"},
                "texts": {
                    "en": {"name": "A quiet week"},
                    "fr": {"name": "Une semaine calme"},
                    "de": {"name": "Eine ruhige Woche"},
                },
            },
            starts=14,
            ends=20,
        ),
    ),
    growth={
        "tiers": [
            {
                "key": "guest",
                "name": "Gaascht",
                "threshold": 0,
                "texts": {
                    "en": {"name": "Guest"},
                    "fr": {"name": "Invité"},
                    "de": {"name": "Gast"},
                },
            },
            {
                "key": "regular",
                "name": "Stammgaascht",
                "threshold": 10_000,
                "earn_factor": "1.250",
                "grants": ["E Kaffi gratis"],
                "texts": {
                    "en": {"name": "Regular"},
                    "fr": {"name": "Fidèle"},
                    "de": {"name": "Stammgast"},
                },
            },
            {
                "key": "friend",
                "name": "Frënd vum Haus",
                "threshold": 25_000,
                "earn_factor": "1.500",
                "grants": ["E Frühstück fir zwee"],
                "branding": {
                    "background_color": "#4a3418",
                    "text_color": "#fdf6e9",
                    "accent_color": "#e3b04b",
                },
                "texts": {
                    "en": {"name": "Friend of the house"},
                    "fr": {"name": "Ami de la maison"},
                    "de": {"name": "Freund des Hauses"},
                },
            },
        ],
        "tier_basis": "spend_minor",
        "tier_window": "calendar_year",
        "tier_holds_months": 12,
        "tier_grace_days": 0,
        "tier_downgrade": "one_down",
    },
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
