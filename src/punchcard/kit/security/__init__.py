"""Secrets that are too weak, how secrets are spelt in texts, and who a request came from."""
