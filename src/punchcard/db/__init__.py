"""The database: where transactions begin and end, and how SQLite and PostgreSQL differ."""
