"""The terminal: its shell, its worker, its sentences."""
