"""Boutique Claire, a fashion shop in the city of Luxembourg: points, and a second program."""

from typing import Final

from punchcard.accounts.vocabulary import Role
from punchcard.demo.demo_shop import DemoShop, Offer, Person, Trade

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
        # Short, so that ninety days of history show points that end.
        "points_expiry": {"kind": "fixed", "months": 3, "round_to": "month_end"},
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
