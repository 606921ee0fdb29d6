"""Punchcard: a loyalty server with a ledger anyone can verify."""

__version__ = "0.1.0"
