"""Journeys of owners, staff, customers and admins, in a real browser."""
