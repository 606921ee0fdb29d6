"""What the till looks up: of a card's past, and beside its locks."""
