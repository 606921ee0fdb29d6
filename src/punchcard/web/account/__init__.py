"""One's own account: signing in, passwords, profile and sessions."""
