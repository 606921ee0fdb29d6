"""Text as search compares it."""


def fold_name(name: str | None) -> str | None:
    """Return a name as search compares it: without case."""
    return name.casefold() if name else None
