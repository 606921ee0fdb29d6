"""Webhooks: what happened at a vendor, sent to addresses of its choice until they have taken it."""
