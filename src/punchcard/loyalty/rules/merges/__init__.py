"""Two cards of one person become one, and apart again: what moves, and what comes back."""
