"""Programs and rewards: their forms, the preview of the card, posters and wallets."""
