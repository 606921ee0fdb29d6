"""The ledger's pages: its entries, one entry, and verifying the whole."""
