"""Google Wallet: classes and objects, and Google's own word on who holds a card."""
