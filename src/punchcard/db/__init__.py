"""The database: where transactions begin and end, and what differs between SQLite and PostgreSQL."""
