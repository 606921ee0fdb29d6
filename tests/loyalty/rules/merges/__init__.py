"""Merges, by the rules alone."""
