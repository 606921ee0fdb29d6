"""Wallets: what a card looks like on a phone, and how the phone hears of each change."""
