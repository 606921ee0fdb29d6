"""Makers: one small module for each system, from the bytes it sends to what they tell."""
