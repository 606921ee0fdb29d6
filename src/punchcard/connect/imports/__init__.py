"""Imports: cards and balances from a file that another system wrote, tried, run and undone."""
