"""Asking other servers, within a time and a size."""
