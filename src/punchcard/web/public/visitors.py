"""How often strangers may come."""

from punchcard.accounts.rate_limit import counted_address
from punchcard.web.visits import Visit


def address_of(visit: Visit) -> str:
    """Return the network address a visitor is counted by."""
    return counted_address(visit.address)


def count_look(visit: Visit) -> None:
    """Count one look at a public page. Raises TooManyRequests."""
    visit.context.limits.reads.take(address_of(visit))
