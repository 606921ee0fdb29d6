"""How people and programs get in: sign-in, sessions, credentials, passwords and their limits."""
