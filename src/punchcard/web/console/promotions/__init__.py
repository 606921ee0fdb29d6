"""Promotions in the console: happy hours and what else purchases earn for a while."""
