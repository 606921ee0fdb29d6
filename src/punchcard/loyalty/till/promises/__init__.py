"""The till's part in promises: what it looks up for them, and what it writes beside the ledger."""
