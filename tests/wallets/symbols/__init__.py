"""Stamps and what they bear."""
