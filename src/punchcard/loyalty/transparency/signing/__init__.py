"""Checkpoints: their text, their signature, and where they are sent."""
