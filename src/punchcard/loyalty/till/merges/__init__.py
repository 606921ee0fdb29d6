"""The till's part in merges: two cards moved at once, and what is written beside the ledger."""
