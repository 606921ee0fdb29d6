"""What a shop does for its customers by itself: automations, above the cards and their ledger."""
