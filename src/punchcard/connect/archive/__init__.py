"""What leaves as a whole: a database for another one, with the same ids, secrets and hashes."""
