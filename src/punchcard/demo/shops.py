"""The three shops of the demonstration."""

from typing import Final

from punchcard.demo.boulangerie_bob import BAKERY
from punchcard.demo.boutique_claire import BOUTIQUE
from punchcard.demo.cafe_alice import CAFE

SHOPS: Final = (CAFE, BOUTIQUE, BAKERY)
