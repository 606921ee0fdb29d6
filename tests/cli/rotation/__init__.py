"""Keys that take the place of others."""
