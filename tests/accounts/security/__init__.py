"""Security events: counted, kept, and told to the log."""
