"""Plans and what they limit."""
