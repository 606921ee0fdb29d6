"""At whose own domain the request that is being worked on was made: others' things are not there.

Looked at where a card, a program or a link is found, so that no page and no route can forget it.
"""

from contextvars import ContextVar

from punchcard.kit.ids import VendorId

domain_vendor: ContextVar[VendorId | None] = ContextVar("domain_vendor", default=None)
"""The vendor whose domain it is; None at the server's own address, and in work of its own."""


def is_elsewhere(vendor_id: VendorId) -> bool:
    """Return whether the request came to another vendor's domain than that of `vendor_id`."""
    asked = domain_vendor.get()
    return asked is not None and asked != vendor_id
