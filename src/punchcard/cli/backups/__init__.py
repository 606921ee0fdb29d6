"""Backups: made, kept, put back and tried out."""
