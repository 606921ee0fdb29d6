"""Stamp cards with several rewards, stamps with dates, items that give stamps, visits. Pure."""
