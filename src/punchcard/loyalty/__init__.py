"""Programs, cards, stamps, points, PINs, the till that moves balances and the ledger behind it."""
