"""Sets of rows: found by many keys and written in as few turns to the database as it allows."""
