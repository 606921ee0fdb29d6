"""How a key of the server takes the place of another, without anything being lost."""
