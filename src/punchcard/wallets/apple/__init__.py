"""Apple Wallet: passes, the phones that hold them, and the pushes that wake those."""
