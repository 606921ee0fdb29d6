"""Commands for people who work on Punchcard itself; not part of what is installed."""
