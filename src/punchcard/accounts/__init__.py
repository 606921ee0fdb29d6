"""Vendors, the people and programs that act for them, their customers, and who is calling."""
