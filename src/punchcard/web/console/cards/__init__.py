"""Members and their cards: the list, one card, and what can be done with it."""
