"""The terminal: the page that a shop stamps with, and the texts its program speaks."""
