"""Every system there is a module for."""

from collections.abc import Mapping
from typing import Final

from punchcard.connect.integrations.makers.generic import GENERIC
from punchcard.connect.integrations.makers.loyverse import LOYVERSE
from punchcard.connect.integrations.makers.maker import Maker
from punchcard.connect.integrations.makers.odoo import ODOO
from punchcard.connect.integrations.makers.shopify import SHOPIFY
from punchcard.connect.integrations.makers.square import SQUARE
from punchcard.connect.integrations.makers.woocommerce import WOOCOMMERCE
from punchcard.connect.integrations.makers.zettle import ZETTLE
from punchcard.connect.integrations.vocabulary import IntegrationKind

MAKERS: Final[Mapping[IntegrationKind, Maker]] = {
    IntegrationKind.GENERIC: GENERIC,
    IntegrationKind.WOOCOMMERCE: WOOCOMMERCE,
    IntegrationKind.SHOPIFY: SHOPIFY,
    IntegrationKind.SQUARE: SQUARE,
    IntegrationKind.LOYVERSE: LOYVERSE,
    IntegrationKind.ZETTLE: ZETTLE,
    IntegrationKind.ODOO: ODOO,
}
