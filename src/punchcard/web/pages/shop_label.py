"""Whose name a page carries: at its own domain the shop's, alone where its plan says so."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy.orm import Session
from starlette.types import Scope

from punchcard.accounts.domains.shop_addresses import ShopAtHost
from punchcard.accounts.plans.plan_service import is_white_label
from punchcard.kit.ids import VendorId

_IN_SCOPE: Final = "shop_label"


@dataclass(frozen=True, slots=True)
class ShopLabel:
    """The shop that a page is of; `is_white_label`: the page does not name this software.

    `is_at_home`: it is asked for at the shop's own domain, where "/" is the shop's front page. A
    suspended shop has none, and its visitors have nothing to do at ours.
    """

    vendor_id: VendorId
    name: str
    is_white_label: bool
    is_at_home: bool = False


def label_of(scope: Scope) -> ShopLabel | None:
    """Return whose name the page of a request carries; None for ours."""
    label = scope.get(_IN_SCOPE)
    return label if isinstance(label, ShopLabel) else None


def labelled(scope: Scope, shop: ShopAtHost) -> Scope:
    """Return the scope of a request that was made at a shop's own domain."""
    label = ShopLabel(shop.vendor_id, shop.name, shop.is_white_label, is_at_home=shop.is_open)
    return {**scope, _IN_SCOPE: label}


def show_as(scope: Scope, session: Session, vendor_id: VendorId, name: str) -> None:
    """Let the page of a request carry a shop's name alone, if its plan says so."""
    if label_of(scope) is None and is_white_label(session, vendor_id):
        scope[_IN_SCOPE] = ShopLabel(vendor_id, name, is_white_label=True)
