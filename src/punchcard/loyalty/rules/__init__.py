"""The rules of the shop: pure functions, tested by the thousand without a database."""

from punchcard.loyalty.rules.decide import decide

__all__ = ["decide"]
