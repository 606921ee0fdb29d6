"""Integrations: orders of web shops and tills come in and earn, once, whatever their order."""
