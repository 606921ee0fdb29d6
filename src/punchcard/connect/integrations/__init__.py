"""Integrations: orders of web shops and tills come in, and earn on the cards of those who paid."""
