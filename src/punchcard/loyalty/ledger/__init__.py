"""The ledger: how an entry is hashed and chained, how entries are read and verified."""
