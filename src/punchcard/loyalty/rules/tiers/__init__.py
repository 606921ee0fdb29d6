"""Tiers: which one a card is in, what counts towards them, and until when one is kept."""
