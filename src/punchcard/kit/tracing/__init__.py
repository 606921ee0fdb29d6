"""Traces: what one request caused, from the answer to the push; nothing at all while it is off."""
