"""Café Alice, two coffee bars in the city of Luxembourg: a stamp a hot drink."""

from typing import Final

from punchcard.accounts.vocabulary import Role
from punchcard.demo.demo_shop import DemoShop, Offer, Person, Trade

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
        "stamp_rewards": [
            {
                "at": 5,
                "name": "Un cookie maison",
                "value_minor": 220,
                "texts": {
                    "en": {"name": "A home-made cookie"},
                    "de": {"name": "Ein hausgemachter Keks"},
                    "lb": {"name": "En hausgemaachte Cookie"},
                },
            },
            {
                "at": 10,
                "name": "Une boisson chaude au choix",
                "description": "Du ristretto au grand chocolat, sur place ou à emporter.",
                "value_minor": 450,
                "texts": {},
            },
        ],
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
    offers=(
        Offer(
            fields={
                "name": "Une part de gâteau",
                "description": "Celui du jour, au comptoir.",
                "points_required": None,
                "value_minor": 520,
                "texts": {
                    "en": {"name": "A slice of cake", "description": "Today's, at the counter."},
                    "de": {
                        "name": "Ein Stück Kuchen",
                        "description": "Der von heute, an der Theke.",
                    },
                    "lb": {"name": "E Stéck Kuch", "description": "Dee vun haut, um Comptoir."},
                },
            },
        ),
    ),
    growth={
        "referral": {
            "referrer": {"stamps": 2},
            "friend": {"stamps": 1},
            "hold_days": 14,
            "limit_per_year": 5,
        },
    },
    automations=(
        {
            "name": "Un gâteau pour l'anniversaire",
            "trigger": "birthday",
            "action": "grant",
            "reward_id": "Une part de gâteau",
            "valid_days": 30,
            "quiet_hours": {"from": "20:00", "to": "08:00"},
        },
        {
            "name": "Trois semaines sans café",
            "trigger": "lapsed",
            "when": {"days": 21},
            "action": "stamps",
            "stamps": 1,
            "hold_out_percent": 20,
            "quiet_hours": {"from": "20:00", "to": "08:00"},
        },
    ),
    trade=Trade(
        guests=220,
        hours={7: 5, 8: 9, 9: 6, 10: 4, 11: 3, 12: 5, 13: 7, 14: 4, 15: 4, 16: 4, 17: 3, 18: 1},
        weekdays=(1.0, 1.05, 1.05, 1.1, 1.15, 0.8, 0.0),
        visits_a_week=(0.15, 4.5),
        regulars=0.25,
        anonymous=0.35,
        brought=0.12,
        quantities=(0.8, 0.16, 0.04),
    ),
)
